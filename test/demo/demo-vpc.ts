// The VPC of the demo, per cloud: a primary ENI and a second one in another subnet, with a second address, and IPv6 where the
// cloud's metadata has it. Data only.
import type { BackendName } from '../../agent/model/host.ts';
import type { ProviderName } from '../../agent/model/instance.ts';
import type { EniSpec } from '../lab/vpc-spec.ts';

export const cloudTitles: Readonly<Record<ProviderName, string>> = {
  alibaba: 'Alibaba Cloud ECS',
  aws: 'AWS EC2',
  jdcloud: 'JD Cloud',
};

/** What configures the network, in a sentence. */
export const services: Readonly<Record<BackendName, string>> = {
  ifupdown: 'ifupdown',
  initscripts: 'initscripts',
  netplan: 'netplan and systemd-networkd',
  networkd: 'systemd-networkd',
  'networkmanager-ifcfg': 'NetworkManager and its ifcfg files',
  'networkmanager-keyfile': 'NetworkManager',
  sles11: "SLES 11's ifup",
  wicked: 'wicked',
};

const macPrefix: Readonly<Record<ProviderName, string>> = {
  alibaba: '00:16:3e',
  aws: '0a:1b:2c',
  jdcloud: 'fa:16:3e',
};

/** The primary ENI and the second one. */
export function demoEnis(provider: ProviderName): { readonly primary: EniSpec; readonly second: EniSpec } {
  const mac = (last: string) => `${macPrefix[provider]}:00:00:${last}`;
  // JD Cloud's metadata knows no IPv6.
  const six = (subnet: string, addresses: readonly string[]) =>
    provider === 'jdcloud' ? [] : [{ subnet, addresses }];
  return {
    primary: {
      link: 'eth0',
      mac: mac('01'),
      subnets: [
        { subnet: '10.0.1.0/24', addresses: ['10.0.1.10'] },
        ...six('2001:db8:1::/64', ['2001:db8:1::10']),
      ],
    },
    second: {
      link: 'eth1',
      mac: mac('02'),
      subnets: [
        {
          subnet: '10.0.2.0/24',
          addresses: provider === 'jdcloud' ? ['10.0.2.10'] : ['10.0.2.10', '10.0.2.11'],
        },
        ...six('2001:db8:2::/64', ['2001:db8:2::10']),
      ],
    },
  };
}

/** The address that the cloud assigns to the second ENI while the VM runs. */
export const lateAddress = '10.0.2.12';

/** The VPC as a picture, 70 columns; `vm` says what runs in the VM. */
export function picture(provider: ProviderName, vm: string): string {
  const { primary, second } = demoEnis(provider);
  const service = provider === 'alibaba' ? '100.100.100.200' : '169.254.169.254';
  const column = (eni: EniSpec, title: string): readonly string[] => [
    ...[0, 1].map(index => `| ${eni.subnets[index]?.subnet ?? ''}`),
    `${eni.link} (${title})`,
    ...[0, 1].map(index => eni.subnets[index]?.addresses.join(' ') ?? ''),
  ];
  const [left, right] = [column(primary, 'primary ENI'), column(second, 'second ENI')];
  const box = (text: string) => `  | ${text.padEnd(62)} |`;
  const edge = `  +${'-'.repeat(64)}+`;
  const rows = left
    .map((text, row) => `      ${text.padEnd(30)}${right[row]}`.trimEnd())
    .filter(row => !/^[\s|]*$/.test(row));
  return [
    '      remote client 203.0.113.9',
    '      |',
    edge,
    box('router of the VPC: drops every packet with a foreign source,'),
    box(`gateways, DHCP, metadata service at ${service}`),
    edge,
    ...rows,
    `  the VM: ${vm}; cloud: ${cloudTitles[provider]}`,
  ].join('\n');
}
