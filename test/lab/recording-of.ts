// What the cloud's metadata service would say about the ENIs of a lab VPC: a recording, made from the same data as the
// router's routes, so that metadata and network never disagree unless a test wants it. Source of the forms: the clouds' own pages.

import type { Recording } from '../../agent/metadata/recording.ts';
import { type Cidr, type Ip, netmaskOf, prefixLengthOf } from '../../agent/model/address.ts';
import type { ProviderName } from '../../agent/model/instance.ts';
import type { SubnetPort, VpcEni } from './vpc-spec.ts';

type Answers = Record<string, string>;

/** The recording for these ENIs, primary first. JD Cloud's carries no subnet, gateway, IPv6 or secondary address, as in reality. */
export function recordingOf(provider: ProviderName, enis: readonly VpcEni[]): Recording {
  const answersOf = { aws: awsAnswers, alibaba: alibabaAnswers, jdcloud: jdcloudAnswers }[provider];
  return {
    provider,
    token: provider === 'aws' ? 'required' : 'optional',
    about: { source: 'made from a VPC of the lab', values: 'composed' },
    responses: answersOf(enis),
  };
}

function awsAnswers(enis: readonly VpcEni[]): Answers {
  const answers: Answers = { '/latest/meta-data/instance-id': 'i-0lab0000000000001' };
  if (enis[0] !== undefined) answers['/latest/meta-data/mac'] = enis[0].mac;
  enis.forEach((eni, index) => {
    put(answers, `/latest/meta-data/network/interfaces/macs/${eni.mac}/`, {
      'device-number': String(index),
      'interface-id': `eni-0lab${hex(eni, 12)}`,
      'ipv4-prefix': prefixes(eni, 4).join('\n'),
      'ipv6-prefix': prefixes(eni, 6).join('\n'),
      ipv6s: addresses(eni, 6).join('\n'),
      'local-ipv4s': addresses(eni, 4).join('\n'),
      mac: eni.mac,
      'subnet-id': `subnet-0lab${hex(eni, 12)}`,
      'subnet-ipv4-cidr-block': subnets(eni, 4)[0]?.subnet ?? '',
      'subnet-ipv6-cidr-blocks': subnets(eni, 6)
        .map(subnet => subnet.subnet)
        .join('\n'),
      'vpc-id': 'vpc-0lab0000000000001',
    });
  });
  return answers;
}

function alibabaAnswers(enis: readonly VpcEni[]): Answers {
  const answers: Answers = { '/latest/meta-data/instance-id': 'i-lab0000000000000001' };
  if (enis[0] !== undefined) answers['/latest/meta-data/mac'] = enis[0].mac;
  for (const eni of enis) {
    const [four, six] = [subnets(eni, 4)[0], subnets(eni, 6)[0]];
    const list = (items: readonly string[]) => (items.length === 0 ? '' : `[${items.join(', ')}]`);
    put(answers, `/latest/meta-data/network/interfaces/macs/${eni.mac}/`, {
      gateway: four?.gateway ?? '',
      'ipv4-prefixes': prefixes(eni, 4).join(','),
      // Three list encodings in one tree: JSON, brackets without quotes, and a bare list.
      'ipv6-gateway': six?.gateway ?? '',
      'ipv6-prefixes': prefixes(eni, 6).join(','),
      ipv6s: list(addresses(eni, 6)),
      netmask: four === undefined ? '' : netmaskOf(prefixLengthOf(four.subnet)),
      'network-interface-id': `eni-lab${hex(eni, 17)}`,
      'primary-ip-address': addresses(eni, 4)[0] ?? '',
      'private-ipv4s': four === undefined ? '' : JSON.stringify(addresses(eni, 4)),
      'vpc-id': 'vpc-lab00000000000000001',
      'vswitch-cidr-block': four?.subnet ?? '',
      'vswitch-id': `vsw-lab${hex(eni, 17)}`,
      'vswitch-ipv6-cidr-block': six?.subnet ?? '',
    });
  }
  return answers;
}

function jdcloudAnswers(enis: readonly VpcEni[]): Answers {
  const answers: Answers = { '/metadata/latest/instance-id': '"i-lab0000001"' };
  enis.forEach((eni, index) => {
    put(answers, `/metadata/latest/network/${index + 1}/`, {
      'local-ipv4': quoted(addresses(eni, 4)[0]),
      mac: quoted(eni.mac),
      'network-interface-id': quoted(`port-lab${hex(eni, 7)}`),
      'security-group-ids': '["sg-lab0000001"]',
      'subnet-id': quoted(`subnet-lab${hex(eni, 7)}`),
    });
  });
  return answers;
}

/** An empty value means that the cloud does not have the key. */
function put(answers: Answers, folder: string, keys: Answers): void {
  for (const [key, value] of Object.entries(keys)) if (value !== '') answers[folder + key] = value;
}

function quoted(text: string | undefined): string {
  return text === undefined ? '' : JSON.stringify(text);
}

function subnets(eni: VpcEni, family: 4 | 6): readonly SubnetPort[] {
  return eni.subnets.filter(subnet => subnet.family === family);
}

function addresses(eni: VpcEni, family: 4 | 6): readonly Ip[] {
  return subnets(eni, family).flatMap(subnet => subnet.addresses);
}

function prefixes(eni: VpcEni, family: 4 | 6): readonly Cidr[] {
  return subnets(eni, family).flatMap(subnet => subnet.prefixes);
}

/** An id that stays the same for an ENI. */
function hex(eni: VpcEni, length: number): string {
  return eni.mac.replaceAll(':', '').padStart(length, '0').slice(-length);
}
