// Backend wicked (SLES 12 and 15, openSUSE Leap 42 and 15): ifcfg, ifroute, ifrule and ifsysctl files per ENI. Source:
// client/suse/compat-suse.c of wicked 0.6.18 to 0.6.79, executed on 0.6.31, 0.6.60, 0.6.76 and 0.6.79. wicked parses these files itself; no shell does.
import { families } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import { type EniPlan, mainTable, type PlannedRule } from '../../agent/model/network-plan.ts';
import { deleteRuleCommands, droppedRules, inPhases } from '../formats/change-commands.ts';
import { linkWord } from '../formats/ip-commands.ts';
import { renderVariables, type Variable } from '../formats/shell-variables.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import {
  type Command,
  type EniChange,
  type FileText,
  filesOfEach,
  marker,
  type Renderer,
} from '../renderer.ts';
import { findWickedClaims } from './claims.ts';
import { suseAddressVariables, suseScriptPath, suseSysctlFile } from './ifcfg.ts';
import { renderDownScript, renderUpScript, type ScriptPart } from './link-scripts.ts';
import { dhcpVariables } from './wicked-dhcp.ts';
import { routeLine, ruleLine } from './wicked-lines.ts';

const folder = '/etc/sysconfig/network';

export const wicked: Renderer = {
  name: 'wicked',
  title: 'wicked, /etc/sysconfig/network (loaded by wicked ifup)',
  proven: true,
  ownFiles: [
    { dir: folder, name: /^(ifcfg|ifroute|ifrule|ifsysctl)-[a-zA-Z0-9_.-]+$/ },
    { dir: `${folder}/scripts`, name: /^eni-[a-zA-Z0-9_.-]+-(up|down)$/ },
  ],

  render: (enis, facts) => filesOfEach(enis, facts, filesOf),

  activate(changes: readonly EniChange[], facts: HostFacts): readonly Command[] {
    return inPhases(changes.flatMap(change => commandsFor(change, facts)));
  },

  claims: findWickedClaims,

  // `wicked ifup` of a link that is up takes the difference of addresses and rules; the link stays up (0.6.79).
  travel: () => 'files',
};

function filesOf(eni: EniPlan, facts: HostFacts): readonly FileText[] {
  const link = linkWord(eni.link);
  const file = (kind: string, content: string): FileText => ({
    path: `${folder}/${kind}-${link}`,
    mode: 0o644,
    content,
  });
  const lines = (kind: string, list: readonly string[]): readonly FileText[] =>
    list.length === 0 ? [] : [file(kind, `# ${marker}\n${list.join('\n')}\n`)];
  const part = scriptPart(eni, facts);
  const script = (stage: 'up' | 'down', content: string): FileText => ({
    path: suseScriptPath(link, stage),
    mode: 0o755,
    content,
  });
  return [
    file('ifcfg', renderVariables(variablesOf(eni), 'always')),
    ...lines(
      'ifroute',
      eni.routes.filter(route => !part.routes.includes(route)).map(route => routeLine(route, link)),
    ),
    ...lines(
      'ifrule',
      eni.rules.filter(rule => !part.rules.includes(rule)).map(rule => ruleLine(rule)),
    ),
    ...lines('ifsysctl', suseSysctlFile()),
    script('up', renderUpScript(eni, part)),
    script('down', renderDownScript(eni, part)),
  ];
}

/**
 * The rules that wicked cannot say, and a default route of main. Of a route with one next hop it sends no flag to the kernel (0.6.31 to 0.6.80,
 * src/ifconfig.c, __ni_rtnl_send_newroute), so that `onlink` is lost: in the ENI's own table the kernel finds the gateway all the same, in main it
 * refuses the route.
 *
 * Of the rules it drops `suppress_prefixlength 0` without a word (0.6.79: the value is sent to the kernel only
 * if it is not zero), which would send the ENI's packets to main's default route. There is no ifrule at all before 0.6.33. From there
 * to 0.6.70 its schema takes `to` for an address without a length (schema/interface.xml, mended in 0.6.71): one rule `to 10.0.1.0/24`
 * is a "document error", and the whole link stays down (0.6.60). So nothing before 0.6.71 is given one; nor is a version that is not
 * known: the script works on all. A rule without a source (`oif`, `fwmark`) was not tried with wicked's own words.
 */
function scriptPart(eni: EniPlan, facts: HostFacts): ScriptPart {
  const speaksRules = versionAtLeast(facts.versions.wicked, '0.6.71') === true;
  const isSpoken = (rule: PlannedRule) =>
    speaksRules && rule.suppressPrefixLength === undefined && rule.from !== undefined;
  const rules = eni.rules.filter(rule => !isSpoken(rule));
  const routes = eni.routes.filter(route => route.table === mainTable && route.onLink);
  return { routes, rules, leasedRoutes: eni.addressing === 'dhcp' };
}

function variablesOf(eni: EniPlan): readonly Variable[] {
  const leased = eni.addressing === 'dhcp';
  const link = linkWord(eni.link);
  return [
    // Never `none`: that is a link without addresses, the static ones included.
    ['BOOTPROTO', leased ? 'dhcp4' : 'static'],
    // Brought up when it appears, not waited for at boot. The default would be `manual`.
    ['STARTMODE', 'hotplug'],
    ...(leased ? dhcpVariables : []),
    ...suseAddressVariables(eni),
    ...(eni.mtu === undefined ? [] : [['MTU', eni.mtu] as const]),
    // cloud-netconfig adds its own tables and rules to every link of the cloud otherwise.
    ['CLOUD_NETCONFIG_MANAGE', 'no'],
    // A bare path has no type, and a script without a type is skipped with a note.
    ['POST_UP_SCRIPT', `wicked:${suseScriptPath(link, 'up')}`],
    ['PRE_DOWN_SCRIPT', `wicked:${suseScriptPath(link, 'down')}`],
  ];
}

function commandsFor(change: EniChange, facts: HostFacts): readonly Command[] {
  switch (change.kind) {
    case 'added':
      return [{ phase: 'after-write', argv: ['wicked', 'ifup', linkWord(change.after.link)] }];
    case 'changed':
      return changeCommands(change.before, change.after, facts);
    case 'removed':
      return removeCommands(change.before, change.linkPresent);
  }
}

/**
 * A second `ifup` runs the new script by itself on 0.6.31, 0.6.60 and 0.6.76; twice does no harm. What the old one added and the new
 * one has not is deleted.
 */
function changeCommands(before: EniPlan, after: EniPlan, facts: HostFacts): readonly Command[] {
  const link = linkWord(after.link);
  const old = scriptPart(before, facts).rules;
  const dropped = droppedRules(before, after).filter(rule => old.includes(rule));
  const script: Command = { phase: 'after-write', argv: [suseScriptPath(link, 'up')] };
  return [
    { phase: 'after-write', argv: ['wicked', 'ifup', link] },
    script,
    ...deleteRuleCommands(dropped, 'after-write'),
  ];
}

/**
 * While the files are there: PRE_DOWN_SCRIPT is read from them. Of a link that has gone, `ifdown` says "no matching interfaces" and
 * leaves the nanny its policy: the next ENI of that name would come up at once, with the addresses and rules of the old one (0.6.76).
 */
function removeCommands(before: EniPlan, linkPresent: boolean): readonly Command[] {
  const link = linkWord(before.link);
  const argv = ['wicked', 'ifdown', link] as const;
  const down: readonly Command[] = linkPresent
    ? [{ phase: 'before-write', argv, takesDown: link }]
    : [
        { phase: 'before-write', argv, mayFail: true, takesDown: link },
        { phase: 'before-write', argv: ['wicked', 'nanny', 'delpolicy', policyName(link)], mayFail: true },
      ];
  // DHCLIENT_USE_LAST_LEASE: the next ENI of this name would start with the old one's address.
  const leases = families.map(family => `/var/lib/wicked/lease-${link}-dhcp-ipv${family}.xml`);
  const forget: Command = { phase: 'after-write', argv: ['rm', '-f', ...leases], mayFail: true };
  return [
    ...down,
    ...deleteRuleCommands(before.rules, 'before-write'),
    ...(before.addressing === 'dhcp' ? [forget] : []),
  ];
}

/** The nanny's name for what `ifup` of a link gave it (src/client/policy.c, ni_ifpolicy_name_from_ifname). */
function policyName(link: string): string {
  return `policy__${link.replaceAll('_', '__').replaceAll('.', '_d').replaceAll('-', '_m')}`;
}
