// Which cloud this is, from the firmware's DMI strings alone. The network is no help here: AWS, JD Cloud, GCP, Azure and others
// share 169.254.169.254, and a dozen services copy the EC2 tree, so an answer proves nothing. Pure.
import { AgentError } from '../errors.ts';
import type { Dmi } from '../model/host.ts';
import type { Provider } from './provider.ts';
import { providers } from './registry.ts';
import { quote } from './scalars.ts';

export interface Detection {
  readonly provider: Provider;
  /** What said so, e.g. `sys_vendor is "Amazon EC2"`. */
  readonly evidence: string;
}

/** The one provider whose DMI rule fits. Throws `provider-unknown` with all that was seen if none or several fit. */
export function detectProvider(dmi: Dmi): Detection {
  const found = providers.flatMap(provider => {
    const evidence = provider.matches(dmi);
    return evidence === undefined ? [] : [{ provider, evidence }];
  });
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    const claims = found.map(d => `${d.provider.name} (${d.evidence})`).join(' and ');
    throw new AgentError('provider-unknown', `the DMI data matches several clouds: ${claims}`);
  }
  const seen = Object.entries(dmi).filter(([, text]) => text.trim() !== '');
  const list = seen.map(([field, text]) => `${snake(field)} ${quote(text)}`).join(', ');
  throw new AgentError(
    'provider-unknown',
    `the DMI data matches no known cloud: ${list === '' ? 'all of it is empty' : list}`,
  );
}

/** The name of the file below /sys/class/dmi/id, which is what a person would look at. */
function snake(field: string): string {
  return field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}
