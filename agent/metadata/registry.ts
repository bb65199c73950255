// The clouds, one line each. To add one: a file in clouds/ that exports a Provider, a folder of recordings with the same name below
// test/fixtures/metadata, its name in ProviderName (model/instance.ts), and a line in this list. The contract tests then run
// over it by themselves.
import type { ProviderName } from '../model/instance.ts';
import { alibaba } from './clouds/alibaba.ts';
import { aws } from './clouds/aws.ts';
import { jdcloud } from './clouds/jdcloud.ts';
import type { Provider } from './provider.ts';

export const providers: readonly Provider[] = [alibaba, aws, jdcloud];

export function providerNamed(name: ProviderName): Provider {
  return providers.find(p => p.name === name)!;
}
