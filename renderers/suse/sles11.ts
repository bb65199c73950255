// Backend sles11 (SLES 11: the ifup scripts of sysconfig): ifcfg and ifsysctl per ENI, everything of tables and rules in two scripts.
// Source: ifup, ifup-route, ifup-sysctl and ifup-dhcp of sysconfig 0.71 (SLES 11 SP3). ifcfg is sourced by a shell.
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { bringUpDiffers, deleteRuleCommands, inPhases, mtuCommands } from '../formats/change-commands.ts';
import { linkWord } from '../formats/ip-commands.ts';
import { renderVariables, type Variable } from '../formats/shell-variables.ts';
import {
  type Command,
  type EniChange,
  type FileText,
  filesOfEach,
  marker,
  type Renderer,
} from '../renderer.ts';
import { findSles11Claims } from './claims.ts';
import { suseAddressVariables, suseScriptName, suseScriptPath, suseSysctlFile } from './ifcfg.ts';
import {
  needsConnectedRouteDropped,
  renderDownScript,
  renderUpScript,
  type ScriptPart,
} from './link-scripts.ts';

const folder = '/etc/sysconfig/network';

export const sles11: Renderer = {
  name: 'sles11',
  title: 'SLES 11 ifup scripts, /etc/sysconfig/network (loaded by ifup)',
  proven: true,
  ownFiles: [
    { dir: folder, name: /^(ifcfg|ifsysctl)-[a-zA-Z0-9_.-]+$/ },
    { dir: `${folder}/scripts`, name: /^eni-[a-zA-Z0-9_.-]+-(up|down)$/ },
  ],

  render: (enis, facts) => filesOfEach(enis, facts, filesOf),

  activate(changes: readonly EniChange[], _facts: HostFacts): readonly Command[] {
    return inPhases(changes.flatMap(commandsFor));
  },

  claims: findSles11Claims,

  /** ifdown and ifup would drop every connection of the ENI; so a change goes live, except one of who brings the address. */
  travel: change =>
    change.kind === 'changed' && !bringUpDiffers(change.before, change.after) ? 'kernel' : 'files',
};

function filesOf(eni: EniPlan): readonly FileText[] {
  const link = linkWord(eni.link);
  const part = scriptPart(eni);
  const scripted = part.routes.length + part.rules.length > 0 || needsConnectedRouteDropped(eni);
  const plain = (path: string, content: string): FileText => ({ path, mode: 0o644, content });
  const script = (stage: 'up' | 'down', content: string): FileText => ({
    path: suseScriptPath(link, stage),
    mode: 0o755,
    content,
  });
  return [
    plain(`${folder}/ifcfg-${link}`, renderVariables(variablesOf(eni, scripted), 'always')),
    plain(`${folder}/ifsysctl-${link}`, `# ${marker}\n${suseSysctlFile().join('\n')}\n`),
    ...(scripted
      ? [script('up', renderUpScript(eni, part)), script('down', renderDownScript(eni, part))]
      : []),
  ];
}

/**
 * All routes and rules. There is no ifrule, and ifroute is unsafe for a table: ifup-route takes any default route for main's, pushes
 * main's default on its stack when it adds ours, and may put a stacked one back when it removes it.
 */
function scriptPart(eni: EniPlan): ScriptPart {
  return { routes: eni.routes, rules: eni.rules };
}

function variablesOf(eni: EniPlan, scripted: boolean): readonly Variable[] {
  const leased = eni.addressing === 'dhcp';
  const link = linkWord(eni.link);
  return [
    ['BOOTPROTO', leased ? 'dhcp4' : 'static'],
    // As `auto`, but a link that is not there does not make rcnetwork fail.
    ['STARTMODE', 'hotplug'],
    ...(leased ? dhcpVariables : []),
    ...suseAddressVariables(eni),
    ...(eni.mtu === undefined ? [] : [['MTU', eni.mtu] as const]),
    // The global list names eth*, and ifup-route would put 169.254.0.0/16, where the metadata service lives, into main by this link.
    ['LINKLOCAL_INTERFACES', ''],
    // Bare names: the value goes through `eval echo`, and is tried as it stands and below scripts/. With DHCP the first
    // one runs when the lease is bound.
    ...(scripted
      ? ([
          ['POST_UP_SCRIPT', suseScriptName(link, 'up')],
          ['PRE_DOWN_SCRIPT', suseScriptName(link, 'down')],
        ] as const)
      : []),
  ];
}

/**
 * SET_DEFAULT_ROUTE=no is dhcpcd -G. It has to be said here: ifup-dhcp forgets the global settings for all but the primary device, and
 * the primary device is the one whose DNS servers netconfig prefers. netconfig's policy for DNS is the machine's own, so a
 * name server of the lease cannot be refused per link.
 */
const dhcpVariables: readonly Variable[] = [
  ['DHCLIENT_PRIMARY_DEVICE', 'no'],
  ['DHCLIENT_SET_DEFAULT_ROUTE', 'no'],
  ['DHCLIENT_SET_HOSTNAME', 'no'],
];

function commandsFor(change: EniChange): readonly Command[] {
  switch (change.kind) {
    case 'added':
      return [upCommand(change.after)];
    case 'changed':
      if (!bringUpDiffers(change.before, change.after)) return mtuCommands(change.before, change.after);
      return [...downCommands(change.before, true), upCommand(change.after)];
    case 'removed':
      return downCommands(change.before, change.linkPresent);
  }
}

function upCommand(eni: EniPlan): Command {
  return { phase: 'after-write', argv: ['ifup', linkWord(eni.link)], outside: true };
}

/**
 * While the files are there: PRE_DOWN_SCRIPT is read from them. It is not run for a link that has gone, and rules outlive it. Without
 * `-o hotplug` (what udev calls it with), ifdown of such a link ends with 7 at once and leaves its dhcpcd running.
 */
function downCommands(eni: EniPlan, linkPresent: boolean): readonly Command[] {
  const link = linkWord(eni.link);
  const down: Command = linkPresent
    ? { phase: 'before-write', argv: ['ifdown', link], outside: true, takesDown: link }
    : {
        phase: 'before-write',
        argv: ['ifdown', link, '-o', 'hotplug'],
        mayFail: true,
        outside: true,
        takesDown: link,
      };
  return [down, ...deleteRuleCommands(eni.rules, 'before-write')];
}
