// Backend systemd-networkd on its own (Amazon Linux 2023, Flatcar): one .network file per ENI. Source: systemd.network(5) of
// 244 to 257. Sections are in sections.ts, commands in activation.ts; netplan has its own file.
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { linkWord } from '../formats/ip-commands.ts';
import {
  type Command,
  type EniChange,
  type FileText,
  filesOfEach,
  marker,
  type RenderedFile,
  type Renderer,
} from '../renderer.ts';
import { linkOf, networkdCommands, networkdTravel } from './activation.ts';
import { findNetworkdClaims } from './claims.ts';
import { dispatcherFiles, dispatcherFor } from './dispatcher.ts';
import {
  addressSections,
  dhcpSection,
  keepLease,
  networkdRuleLimits,
  nicOnly,
  routeSections,
  ruleSections,
} from './sections.ts';
import { encodeSystemdIni } from './systemd-ini.ts';

const folder = '/etc/systemd/network';

/** The first file that matches a link wins: `07-` sorts before `10-netplan-*`, `70-LINK` (ec2-net-utils) and `80-ec2`. */
function fileName(link: string): string {
  return `07-eni-${linkWord(link)}.network`;
}

function pathOf(link: string): string {
  return `${folder}/${fileName(link)}`;
}

function filesOf(eni: EniPlan, facts: HostFacts): readonly FileText[] {
  return [
    // Not 0600: networkd reads as the user systemd-network.
    { path: pathOf(eni.link), mode: 0o644, content: renderNetwork(eni, facts) },
    ...dispatcherFor(eni, facts),
  ];
}

export const networkd: Renderer = {
  name: 'networkd',
  title: 'systemd-networkd, /etc/systemd/network (loaded by networkctl reload)',
  proven: true,
  // Rules from 249 on, whichever link it configures; addresses and routes on that link (252, 257).
  dropsForeign: ['rule', 'address', 'route'],
  ownFiles: [{ dir: folder, name: /^07-eni-[a-zA-Z0-9_.-]+\.network$/ }, dispatcherFiles],

  render(enis: readonly EniPlan[], facts: HostFacts): readonly RenderedFile[] {
    return filesOfEach(enis, facts, filesOf);
  },

  activate(changes: readonly EniChange[], facts: HostFacts): readonly Command[] {
    return networkdCommands(changes, facts, { ours: pathOf, loaded: link => [pathOf(link)] });
  },

  ruleLimits: networkdRuleLimits,

  claims: (link, facts) => findNetworkdClaims(link, facts, fileName(link.name)),

  travel: (change, facts) => networkdTravel(change, facts, pathOf(linkOf(change))),
};

function renderNetwork(eni: EniPlan, facts: HostFacts): string {
  return encodeSystemdIni(
    [marker],
    [
      // By MAC, not by name: after a reboot the kernel may hand out its names in another order.
      { name: 'Match', entries: [['MACAddress', eni.mac], ...nicOnly(eni, facts)] },
      {
        name: 'Link',
        entries: [
          ['MTUBytes', eni.mtu],
          // An ENI may be detached while the VM is off: systemd-networkd-wait-online must not wait for it.
          ['RequiredForOnline', 'no'],
        ],
      },
      {
        name: 'Network',
        entries: [
          ['DHCP', eni.addressing === 'dhcp' ? 'ipv4' : 'no'],
          // Without IPv6 in the plan too: a router's advertisement would put a default route into main.
          ['IPv6AcceptRA', 'no'],
          ['LinkLocalAddressing', 'ipv6'],
          ...keepLease(eni, facts),
        ],
      },
      ...dhcpSection(eni, facts),
      ...addressSections(eni, facts),
      ...routeSections(eni, eni.routes, facts),
      ...ruleSections(eni, facts),
    ],
  );
}
