// The network service of a fake Debian 12 other than ifupdown: its files as an image has them, and what detection asks systemd.
import { UnknownCommand } from './fake-ip-words.ts';
import { FakeNetworkd } from './fake-networkd.ts';
import { FakeNetworkManager } from './fake-networkmanager.ts';
import type { FakeService } from './fake-service.ts';
import type { FakeSystem } from './fake-system.ts';

export const fakeBackends = ['ifupdown', 'networkd', 'networkmanager-keyfile'] as const;
export type FakeBackend = (typeof fakeBackends)[number];

const unitOf = { networkd: 'systemd-networkd', 'networkmanager-keyfile': 'NetworkManager' } as const;

/** Undefined for ifupdown, which is no process. */
export function layService(system: FakeSystem, backend: FakeBackend): FakeService | undefined {
  if (backend === 'ifupdown') return undefined;
  system.folders.add('/run/systemd/system');
  for (const [path, content] of Object.entries(filesOf[backend]))
    system.put(path, content, path.endsWith('.nmconnection') ? 0o600 : 0o644);
  system.put('/usr/bin/systemctl', '');
  system.programs.set('systemctl', {
    looks: () => true,
    run: args => ({ exitCode: 0, stdout: systemctl(args, unitOf[backend]), stderr: '' }),
  });
  const service = backend === 'networkd' ? new FakeNetworkd(system) : new FakeNetworkManager(system);
  system.service = service;
  return service;
}

const filesOf = {
  networkd: {
    '/lib/systemd/systemd-networkd': '',
    '/usr/bin/networkctl': '',
    '/etc/systemd/network/50-primary.network': '[Match]\nName=eth0\n\n[Network]\nDHCP=ipv4\n',
    // Every other NIC is up and has nothing: so one that our file has left is as it was before.
    '/etc/systemd/network/80-others.network':
      '[Match]\nName=eth*\n\n[Network]\nDHCP=no\nIPv6AcceptRA=no\nLinkLocalAddressing=no\n',
    '/etc/systemd/networkd.conf.d/foreign.conf': '[Network]\nManageForeignRoutingPolicyRules=no\n',
  },
  'networkmanager-keyfile': {
    '/usr/sbin/NetworkManager': '',
    '/usr/bin/nmcli': '',
    '/etc/NetworkManager/system-connections/primary.nmconnection':
      '[connection]\nid=primary\nuuid=2f0f8f5e-0000-4000-8000-000000000001\ntype=ethernet\ninterface-name=eth0\n\n[ipv4]\nmethod=auto\n',
  },
} as const;

function systemctl(args: readonly string[], active: string): string {
  if (args.join(' ') === '--version') return 'systemd 252 (252.22-1~deb12u1)\n';
  const units = args.filter(
    arg => arg.endsWith('.service') || arg.endsWith('.timer') || arg.endsWith('.path'),
  );
  const keys = args.slice(1, -units.length);
  if (args[0] !== 'show' || !/^(-p [A-Z]\w+ ?)+$/.test(keys.join(' ')))
    throw new UnknownCommand(`systemctl ${args.join(' ')}`);
  return units
    .map(unit =>
      unit === `${active}.service`
        ? `Id=${unit}\nActiveState=active\nLoadState=loaded\n`
        : `Id=${unit}\nActiveState=inactive\nLoadState=not-found\n`,
    )
    .join('\n');
}
