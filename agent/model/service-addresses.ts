// Where each cloud's metadata service is. No ENI may have such an address, nor a subnet or a prefix around one: a route to it would cut
// the agent off from the service, and with it every later repair.
import { type Ip, parseIp } from './address.ts';
import type { ProviderName } from './instance.ts';

const ips = (...texts: readonly string[]): readonly Ip[] => texts.map(text => parseIp(text) as Ip);

/**
 * By cloud, because one cloud's service is another one's ordinary address: 100.64.0.0/10, which has Alibaba's, is a usual secondary
 * range of VPCs on AWS, where the big clusters of Kubernetes put their pods.
 */
export const serviceAddresses: Readonly<Record<ProviderName, readonly Ip[]>> = {
  alibaba: ips('100.100.100.200'),
  aws: ips('169.254.169.254', 'fd00:ec2::254'),
  jdcloud: ips('169.254.169.254'),
};
