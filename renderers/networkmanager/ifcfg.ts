// Backend NetworkManager with ifcfg files (CentOS/RHEL/Anolis 8, Alibaba Cloud Linux 3): one profile per ENI, its rules inside,
// its routes beside. Source: nms-ifcfg-rh-reader.c of NetworkManager 1.10 to 1.52, executed on 1.30.6 and 1.40.16.
import { families } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { renderVariables } from '../formats/shell-variables.ts';
import {
  type Claim,
  type Command,
  type EniChange,
  eniOf,
  type FileText,
  filesOfEach,
  isMarked,
  type RenderedFile,
  type Renderer,
} from '../renderer.ts';
import { isActive, isOursIn } from './active.ts';
import { findNetworkmanagerIfcfgClaims } from './claims.ts';
import { folder, profilePath, routeFile, variablesOf } from './ifcfg-variables.ts';
import { needsBringUp } from './lease-table.ts';
import { keyfilePath } from './profile.ts';
import { dispatcherFiles, renderRuleDispatcher, scriptCommands } from './rule.ts';
import { ifcfgUuid } from './uuid.ts';

function filesOf(eni: EniPlan, facts: HostFacts): readonly FileText[] {
  const dispatcher = renderRuleDispatcher(eni, facts.versions.networkmanager);
  const profile = renderVariables(variablesOf(eni, facts), 'needed');
  return [
    { path: profilePath(eni.link), mode: 0o644, content: profile },
    ...families.flatMap(family => routeFile(eni, family)),
    ...(dispatcher === undefined ? [] : [dispatcher]),
  ];
}

export const networkmanagerIfcfg: Renderer = {
  name: 'networkmanager-ifcfg',
  title: 'NetworkManager, ifcfg files in /etc/sysconfig/network-scripts (loaded by nmcli)',
  proven: true,
  // e7816a2508: before, `onlink` of a route6 file was read and left out.
  ipv6OnLinkSince: { tool: 'networkmanager', version: '1.22' },
  // By reapply (1.30 to 1.52); rules of others survive it.
  dropsForeign: ['address', 'route'],
  ownFiles: [{ dir: folder, name: /^(ifcfg|route6?)-[a-zA-Z0-9_.-]+$/ }, ...dispatcherFiles],

  render(enis: readonly EniPlan[], facts: HostFacts): readonly RenderedFile[] {
    return filesOfEach(enis, facts, filesOf);
  },

  /**
   * `load` reads these files and no other; `reload` would take over half-made edits of somebody else. `up` deletes and re-adds every
   * address of a profile that is active, so a change is reapplied: IPv4 and rules by difference (a leased address goes and comes
   * back; of 50 pings a second none was lost). IPv6 too in 1.30; 1.40 sets disable_ipv6 to 1 and back for any change of IPv4 (_dev_ipmanual_cleanup ends
   * both families), and IPv6 of this ENI waits 2 s for duplicate address detection. An unchanged profile that is reapplied brings
   * back what somebody took away, and takes his own addresses on the link away. A profile whose file has gone ends with its
   * addresses, routes and rules.
   */
  activate(changes: readonly EniChange[], facts: HostFacts): readonly Command[] {
    return changes.flatMap(change => commandsFor(change, facts));
  },

  claims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
    return findNetworkmanagerIfcfgClaims(link, facts);
  },

  // What `ip` changes beside the profile lasts until the link loses its carrier for a moment: then 1.40.16 goes back to the profile
  // that it applied, whatever it has loaded since. And of an IPv6 address that `ip` takes away its route stays in main.
  travel: () => 'files',
};

function commandsFor(change: EniChange, facts: HostFacts): readonly Command[] {
  const eni = eniOf(change);
  const nmcli = (...args: readonly string[]): Command => ({ phase: 'after-write', argv: ['nmcli', ...args] });
  const load = nmcli('connection', 'load', profilePath(eni.link));
  const up = nmcli('--wait', '20', 'connection', 'up', 'uuid', ifcfgUuid(eni.mac), 'ifname', eni.link);
  const keyfile = keyfilePath(eni.link);
  const forget = isOursIn(facts, keyfile) ? [{ ...nmcli('connection', 'load', keyfile), mayFail: true }] : [];
  switch (change.kind) {
    case 'added':
      return [...forget, load, up, ...scriptCommands(change, facts)];
    case 'changed':
      return [
        ...forget,
        load,
        // `reapply` takes the profile that is active. That is not ours while ours is new, on a link that worked before: with an
        // automatic "Wired connection N" on it, 1.40.16 reapplied that one and ended with 0. Nor where somebody has brought another one up.
        !isMarked(facts.files[profilePath(eni.link)] ?? '') ||
        !isActive(facts, eni.link, profilePath(eni.link)) ||
        needsBringUp(change.before, change.after, facts.versions.networkmanager)
          ? up
          : nmcli('--wait', '20', 'device', 'reapply', eni.link),
        ...scriptCommands(change, facts),
      ];
    case 'removed':
      // nmcli ends with a failure for a file that is not there, after it has dropped the profile.
      return [...forget, { ...load, mayFail: true }, ...scriptCommands(change, facts)];
  }
}
