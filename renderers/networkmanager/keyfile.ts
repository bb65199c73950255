// Backend NetworkManager with keyfiles (RHEL 9 and 10, Fedora, Alibaba Cloud Linux 4, SLES / Leap 16): one profile per ENI. Source:
// nm-settings-keyfile(5) and NetworkManager 1.18 to 1.52; executed on 1.42 and 1.52.
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { linkWord } from '../formats/ip-commands.ts';
import {
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
import { findNetworkmanagerClaims } from './claims.ts';
import { profilePath } from './ifcfg-variables.ts';
import { needsBringUp } from './lease-table.ts';
import { keyfileFolder, keyfileName, keyfilePath, renderProfile } from './profile.ts';
import { dispatcherFiles, renderRuleDispatcher, scriptCommands } from './rule.ts';
import { isOurProfile, uuidOf } from './uuid.ts';

function filesOf(eni: EniPlan, facts: HostFacts): readonly FileText[] {
  const dispatcher = renderRuleDispatcher(eni, facts.versions.networkmanager);
  // NetworkManager refuses a profile that anybody but root can read.
  const profile = { path: keyfilePath(eni.link), mode: 0o600, content: renderProfile(eni, facts) };
  return dispatcher === undefined ? [profile] : [profile, dispatcher];
}

export const networkmanagerKeyfile: Renderer = {
  name: 'networkmanager-keyfile',
  title: 'NetworkManager, keyfiles in system-connections (loaded by nmcli)',
  proven: true,
  // f5e8bbc8e0: before, the attribute was one of IPv4 routes only.
  ipv6OnLinkSince: { tool: 'networkmanager', version: '1.18' },
  // By reapply (1.30 to 1.52); rules of others survive it.
  dropsForeign: ['address', 'route'],
  ownFiles: [{ dir: keyfileFolder, name: keyfileName, isOurs: isOurProfile }, ...dispatcherFiles],

  render(enis: readonly EniPlan[], facts: HostFacts): readonly RenderedFile[] {
    return filesOfEach(enis, facts, filesOf);
  },

  /**
   * `load` reads these files and no other (`reload` would take over half-made edits of somebody else). `up` would delete all
   * addresses of an active profile and add them again, so a change is reapplied: IPv4 and rules by difference, IPv6 addresses and
   * the table's routes are taken away and come back (1.40). Before 1.20 another table for the lease needs `up`. A profile whose
   * file has gone ends with its addresses, routes and rules.
   */
  activate(changes: readonly EniChange[], facts: HostFacts): readonly Command[] {
    if (changes.length === 0) return [];
    const kept = changes.flatMap(c => (c.kind === 'removed' ? [] : [keyfilePath(c.after.link)]));
    const gone = changes.flatMap(c =>
      c.kind === 'added' || (c.kind === 'changed' && c.before.link === c.after.link)
        ? []
        : [keyfilePath(c.before.link)],
    );
    const ofPlugin = changes.map(c => profilePath(eniOf(c).link)).filter(path => isOursIn(facts, path));
    const load = (...paths: readonly string[]): Command => ({
      phase: 'after-write',
      argv: ['nmcli', 'connection', 'load', ...paths],
    });
    const left = [...gone, ...ofPlugin];
    return [
      // 1.42 returns 0 for a file that has gone; other versions were not asked, and the profile is dropped either way.
      ...(left.length === 0 ? [] : [{ ...load(...left), mayFail: true }]),
      // One command each: a profile that is refused is the trouble of that ENI alone.
      ...kept.map(path => load(path)),
      ...changes.flatMap(c => commandsFor(c, facts)),
      ...changes.flatMap(c => scriptCommands(c, facts)),
    ];
  },

  claims: findNetworkmanagerClaims,

  // Never with `ip`: an address that it takes away comes back with the next renewal of a lease, as NetworkManager still has it in the
  // profile it applied. And NetworkManager deletes the rules that no profile has any more before it adds the new ones; 20 ms without any were seen on a busy machine (1.52).
  // Two steps, as on networkd, would cost IPv6 twice: each reapply takes its addresses away and brings them back (1.42, 1.52: up to
  // 2 s). What stands there already it takes for its own.
  travel: (change, facts) => (isReapplied(change, facts) ? 'rules-first' : 'files'),
};

function commandsFor(change: EniChange, facts: HostFacts): readonly Command[] {
  if (change.kind === 'removed') return [];
  const link = linkWord(change.after.link);
  return [
    isReapplied(change, facts)
      ? { phase: 'after-write', argv: ['nmcli', '--wait', '20', 'device', 'reapply', link] }
      : {
          phase: 'after-write',
          argv: [
            'nmcli',
            '--wait',
            '20',
            'connection',
            'up',
            'uuid',
            uuidOf(change.after.mac),
            'ifname',
            link,
          ],
        },
  ];
}

/**
 * `reapply` takes the profile that is active. That is not ours while ours is new, on a link that worked before, nor where somebody has
 * brought up another one (`nmcli connection up other ifname eth1`): then ours is brought up.
 */
function isReapplied(change: EniChange, facts: HostFacts): boolean {
  return (
    change.kind === 'changed' &&
    change.before.link === change.after.link &&
    isMarked(facts.files[keyfilePath(change.after.link)] ?? '') &&
    isActive(facts, change.after.link, keyfilePath(change.after.link)) &&
    !needsBringUp(change.before, change.after, facts.versions.networkmanager)
  );
}
