// Backend initscripts (the `network` service: CentOS/RHEL 6 and 7, Anolis 7, Alibaba Cloud Linux 2, Amazon Linux 2). Source:
// ifup-eth, ifup-aliases, ifup-ipv6, ifup-routes and network-functions of initscripts 9.03.61, 9.49.54 and 10.00.19, and
// Red Hat's dhclient-script. The files are in files.ts.
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { bringUpDiffers, deleteRuleCommands, inPhases, mtuCommands } from '../formats/change-commands.ts';
import { findRedHatClaims } from '../formats/ifcfg-claims.ts';
import { linkWord } from '../formats/ip-commands.ts';
import { type Command, type EniChange, filesOfEach, type Renderer } from '../renderer.ts';
import { ifcfgFolder, renderIfcfgFiles, sysctlKeys } from './files.ts';

export const initscripts: Renderer = {
  name: 'initscripts',
  title: 'initscripts, /etc/sysconfig/network-scripts (loaded by ifup)',
  proven: true,
  ownFiles: [
    { dir: ifcfgFolder, name: /^(ifcfg|route6?|rule6?|keys)-[a-zA-Z0-9_.-]+(:\d+)?$/ },
    { dir: '/etc/dhcp', name: /^eni-[a-zA-Z0-9_.-]+\.conf$/ },
    // Of 0.1 before it looked at the MAC.
    { dir: '/etc/dhcp', name: /^dhclient-[a-zA-Z0-9_.-]+\.conf$/ },
    { dir: '/etc/sysctl.d', name: /^60-eni-[a-zA-Z0-9_.-]+\.conf$/ },
  ],

  render: (enis, facts) => filesOfEach(enis, facts, renderIfcfgFiles),

  activate(changes: readonly EniChange[], facts: HostFacts): readonly Command[] {
    return inPhases(changes.flatMap(change => commandsFor(change, facts)));
  },

  claims: (link, facts) =>
    findRedHatClaims(link, facts, {
      initscripts: true,
      networkmanager: facts.services.NetworkManager === 'active',
    }),

  /**
   * ifdown and ifup would drop every connection of the ENI, and `ifup` of a link that is up only adds: what has left the files
   * stays. So a change goes live, except one of who brings the address.
   */
  travel: change =>
    change.kind === 'changed' && !bringUpDiffers(change.before, change.after) ? 'kernel' : 'files',
};

function commandsFor(change: EniChange, facts: HostFacts): readonly Command[] {
  switch (change.kind) {
    case 'added':
      return upCommands(change.after, facts);
    case 'changed':
      if (!bringUpDiffers(change.before, change.after)) return mtuCommands(change.before, change.after);
      return [...downCommands(change.before), ...upCommands(change.after, facts)];
    case 'removed':
      return [...downCommands(change.before), ...forgetLease(change.before)];
  }
}

function upCommands(eni: EniPlan, facts: HostFacts): readonly Command[] {
  const link = linkWord(eni.link);
  // Before the link is up: a router advertisement that came first leaves a default route in main, and ifup-ipv6 comes
  // last (behind the DHCP client). At boot keys-LINK does this.
  const sysctl: Command = {
    phase: 'after-write',
    argv: ['sysctl', '-q', '-e', '-w', ...sysctlKeys(link).map(key => `${key}=0`)],
    mayFail: true,
  };
  // A NetworkManager that runs beside `network` (EL7) may have given the new link a DHCP profile of its own. It lets go as soon
  // as it has read NM_CONTROLLED=no, and takes its addresses away: better before ifup than during it.
  const release: Command = {
    phase: 'after-write',
    argv: ['nmcli', 'connection', 'load', `${ifcfgFolder}/ifcfg-${link}`],
    mayFail: true,
  };
  const nm = facts.services.NetworkManager === 'active' ? [release] : [];
  return [sysctl, ...nm, { phase: 'after-write', argv: ['ifup', link], outside: true }];
}

/**
 * With the old files still there: ifdown deletes the rules that it reads in rule-LINK at that moment. If dhclient has died on its
 * own, `kill` fails, and ifdown ends with 1 after it has taken the link down, without ifdown-post, so without the rules; it also ends
 * with 1 where somebody has deleted our files. Neither may stand in the way of a removal, hence the second look at the rules.
 */
function downCommands(eni: EniPlan): readonly Command[] {
  const link = linkWord(eni.link);
  const argv = ['ifdown', link] as const;
  const down: Command = { phase: 'before-write', argv, mayFail: true, outside: true, takesDown: link };
  return [down, ...deleteRuleCommands(eni.rules, 'before-write')];
}

/** The next ENI of this name would ask for the old one's address again (INIT-REBOOT). Two names: EL7 puts a UUID between. */
function forgetLease(eni: EniPlan): readonly Command[] {
  if (eni.addressing !== 'dhcp') return [];
  const link = linkWord(eni.link);
  const paths = [`/var/lib/dhclient/dhclient-${link}.leases`, `/var/lib/dhclient/dhclient--${link}.lease`];
  return [{ phase: 'after-write', argv: ['rm', '-f', ...paths], mayFail: true }];
}
