// Where the metadata was asked, as an address: the way to it is part of the primary's picture.
import { endpointsOf, type InstanceReading } from '../metadata/read-instance.ts';
import { providerNamed } from '../metadata/registry.ts';
import { type Ip, parseIp } from '../model/address.ts';
import type { Settings } from '../model/settings.ts';

/** Of the endpoint that answered, which by IPv6 alone is the second one. */
export function metadataAddressOf(
  { instance, endpoint }: Pick<InstanceReading, 'instance' | 'endpoint'>,
  settings: Settings,
): Ip | undefined {
  const [first] = endpointsOf(providerNamed(instance.provider), settings.metadata.url);
  return parseIp(new URL(endpoint ?? first).hostname.replace(/^\[|\]$/g, ''));
}
