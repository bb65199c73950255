// Secondary addresses that the cloud has for the primary and the link lacks: no distribution configures them.
import { listed } from '../../model/listed.ts';
import type { Inspection } from '../../pass/inspect.ts';
import { type Finding, ok } from '../finding.ts';

const check = 'primary addresses';

/** No finding where nothing is known of the primary. */
export function primaryAddresses({
  primaryLink,
  cloud,
  onPrimary: { kept, lacking: missing },
}: Inspection): readonly Finding[] {
  if (primaryLink === undefined || cloud === undefined) return [];
  if (missing.length === 0) return [ok(check, `${primaryLink} has all that the cloud lists for it`)];
  const saw = `${primaryLink} lacks ${listed(missing)}, which the cloud lists for it`;
  if (kept)
    return [{ check, verdict: 'warning', saw, hint: 'run "eni-agent once" as root, which adds them' }];
  return [ok(check, `${saw}; "primary-addresses = yes" in [agent] adds them`)];
}
