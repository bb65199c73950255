// What a machine has beside us: a container bridge, a rule and a route of the administrator, an address of his on an ENI, a file
// of his beside ours. None of it may change, whatever the agent does.
import type { BackendName } from '../../agent/model/host.ts';
import type { AgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import { readGuestFile, writeGuestFile } from '../lab/guest-files.ts';
import { ip, ipBatch } from '../lab/namespace.ts';

const redHat = [
  '/etc/sysconfig/network-scripts/ifcfg-nothing0',
  'DEVICE=nothing0\nONBOOT=no\nBOOTPROTO=none\n',
] as const;
const suse = ['/etc/sysconfig/network/ifcfg-nothing0', "STARTMODE='off'\nBOOTPROTO='none'\n"] as const;
/** His file, in the folder where ours are. */
const files: Readonly<Record<BackendName, readonly [string, string]>> = {
  ifupdown: ['/etc/network/interfaces.d/99-admin', '# nothing\n'],
  initscripts: redHat,
  networkd: ['/etc/systemd/network/99-admin.network', '[Match]\nName=nothing0\n'],
  netplan: ['/etc/netplan/99-admin.yaml', 'network:\n  version: 2\n'],
  'networkmanager-ifcfg': redHat,
  'networkmanager-keyfile': [
    '/etc/NetworkManager/system-connections/admin.nmconnection',
    '[connection]\nid=admin\nuuid=5c02ddd2-a191-3003-b396-7981844a7000\ntype=ethernet\ninterface-name=nothing0\n\n[ipv4]\nmethod=disabled\n\n[ipv6]\nmethod=disabled\n',
  ],
  sles11: suse,
  wicked: suse,
};

/** The lines of the normal form that are his. */
export const foreignLines: ReadonlySet<string> = new Set([
  'rule 4 500 from 192.0.2.0/24 lookup 77',
  'rule 6 500 from 2001:db8:77::/64 lookup 77',
  'address eth1 10.0.1.200/32',
]);

/** Adds them, as somebody does on a machine that has booted. */
export async function addForeign(host: AgentHost, image: BackendName): Promise<void> {
  await ipBatch(host.vpc.guest, [
    'link add br0 type bridge',
    'addr add 172.17.0.1/16 dev br0',
    'link set br0 up',
    'rule add from 192.0.2.0/24 lookup 77 priority 500',
    'route add 198.51.100.0/24 dev br0 table 77',
    'route add 198.51.100.0/24 dev br0 metric 9',
    'addr add 10.0.1.200/32 dev eth1',
  ]);
  await ip(
    host.vpc.guest,
    '-6',
    'rule',
    'add',
    'from',
    '2001:db8:77::/64',
    'lookup',
    '77',
    'priority',
    '500',
  );
  const [path, content] = files[image];
  writeGuestFile(host.guest, path, content, 0o600);
}

/** Adds the rules and the address again where they are gone. */
export async function mendForeign(host: AgentHost): Promise<void> {
  const { guest } = host.vpc;
  const add = async (...args: readonly string[]) => ip(guest, ...args).catch(() => '');
  await add('rule', 'add', 'from', '192.0.2.0/24', 'lookup', '77', 'priority', '500');
  await add('-6', 'rule', 'add', 'from', '2001:db8:77::/64', 'lookup', '77', 'priority', '500');
  await add('addr', 'add', '10.0.1.200/32', 'dev', 'eth1');
}

/** What of it is missing, as readable lines. */
export async function missingForeign(host: AgentHost, image: BackendName): Promise<readonly string[]> {
  const script = 'for f in 4 6; do ip -$f rule; done; ip route show table 77; ip route; ip -o addr show';
  const text = await guestOk(host.guest, ['sh', '-c', script]);
  const [path, content] = files[image];
  return [...missingIn(text), ...(readGuestFile(host.guest, path) === content ? [] : [path])];
}

/** @param shown what `ip` prints of rules, routes and addresses; that of EL6 has two blanks behind a link */
export function missingIn(shown: string): readonly string[] {
  // A bridge without ports has no carrier.
  const lines = shown.split('\n').map(line => line.replaceAll(/ +/g, ' ').replace(' linkdown', '').trim());
  const routes = ['198.51.100.0/24 dev br0 scope link', '198.51.100.0/24 dev br0 scope link metric 9'];
  const others = [
    'from 192.0.2.0/24 lookup 77',
    'from 2001:db8:77::/64 lookup 77',
    '172.17.0.1/16',
    '10.0.1.200/32',
  ];
  return [
    ...routes.filter(route => !lines.includes(route)),
    ...others.filter(other => !lines.some(line => line.includes(other))),
  ];
}
