// The metadata that the lab makes is what the providers read back: same ENIs, same addresses, same gateways.
import { describe, expect, test } from 'vitest';
import { instanceFromRecording, parseRecording } from '../../../agent/metadata/recording.ts';
import type { ProviderName } from '../../../agent/model/instance.ts';
import { recordingOf } from '../../lab/recording-of.ts';
import { type EniSpec, parseEni } from '../../lab/vpc-spec.ts';

const specs: readonly EniSpec[] = [
  { link: 'eth0', mac: '00:16:3e:00:00:01', subnets: [{ subnet: '10.0.1.0/24', addresses: ['10.0.1.10'] }] },
  {
    link: 'eth1',
    mac: '00:16:3e:00:00:02',
    subnets: [
      { subnet: '10.0.2.0/24', addresses: ['10.0.2.10', '10.0.2.11'], prefixes: ['10.0.2.64/28'] },
      { subnet: '2001:db8:2::/64', addresses: ['2001:db8:2::10', '2001:db8:2::11'] },
    ],
  },
];

async function instanceOf(provider: ProviderName) {
  const recording = recordingOf(
    provider,
    specs.map((spec, index) => parseEni(provider, spec, index)),
  );
  return instanceFromRecording(parseRecording(JSON.stringify(recording), 'lab'));
}

describe('recordingOf', () => {
  test.each(['aws', 'alibaba'] as const)('%s: the provider reads everything back', async provider => {
    const { enis, problems } = await instanceOf(provider);
    expect(problems).toEqual([]);
    expect(enis.map(eni => [eni.mac, eni.primary])).toEqual([
      ['00:16:3e:00:00:01', true],
      ['00:16:3e:00:00:02', false],
    ]);
    const four = enis[1]!.ipv4;
    expect(four.addresses).toEqual({ state: 'value', value: ['10.0.2.10', '10.0.2.11'] });
    expect(four.prefixes).toEqual({ state: 'value', value: ['10.0.2.64/28'] });
    expect(four.gateway).toEqual({ state: 'value', value: provider === 'aws' ? '10.0.2.1' : '10.0.2.253' });
    const six = enis[1]!.ipv6;
    expect(six.addresses).toEqual({ state: 'value', value: ['2001:db8:2::10', '2001:db8:2::11'] });
    const gateway = provider === 'aws' ? 'fe80:ec2::1' : '2001:db8:2:0:ffff:ffff:ffff:fff7';
    expect(six.gateway).toEqual({ state: 'value', value: gateway });
    expect(enis[0]!.ipv6.addresses).toEqual({ state: 'absent' });
  });

  test('jdcloud: the primary address only; the rest has to come from DHCP and the config', async () => {
    const { enis, problems } = await instanceOf('jdcloud');
    expect(problems).toEqual([]);
    expect(enis[1]!.needsDhcp).toBe(true);
    expect(enis[1]!.ipv4.addresses).toEqual({ state: 'value', value: ['10.0.2.10'] });
    expect(enis[1]!.ipv4.subnets.state).toBe('absent');
  });
});
