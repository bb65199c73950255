// Text for people: the instance, the plan, the difference. Pure; every line is a fact of a PassResult.
import { styleText } from 'node:util';
import { createTwoFilesPatch } from 'diff';
import { explainSelection } from '../../renderers/detect/select.ts';
import { plannedRuleKey } from '../apply/kernel-objects.ts';
import type { FileChange } from '../apply/ownership.ts';
import { sealed } from '../log/text.ts';
import type { Family } from '../model/address.ts';
import {
  type EniPlan,
  isDefaultRoute,
  mainTable,
  type PlannedRule,
  type SkippedEni,
} from '../model/network-plan.ts';
import type { PassResult } from '../pass/pass.ts';
import { type Layout, widthOf } from './layout.ts';

export interface Style extends Layout {
  readonly colour: boolean;
}

/** Whether there is a terminal was asked before (`style`), and not of the stream that styleText would ask. */
function paint(style: Style, as: 'bold' | 'red' | 'green' | 'yellow', text: string): string {
  if (!style.colour) return text;
  const mark = '\0';
  const [on = '', off = ''] = styleText(as, mark, { validateStream: false }).split(mark);
  return `${sealed(on)}${text}${sealed(off)}`;
}

export const bold = (style: Style, text: string) => paint(style, 'bold', text);
export const red = (style: Style, text: string) => paint(style, 'red', text);
export const green = (style: Style, text: string) => paint(style, 'green', text);
export const yellow = (style: Style, text: string) => paint(style, 'yellow', text);

export function describeHost(pass: PassResult, style: Style): readonly string[] {
  const { instance, selection, desired } = pass;
  const named =
    selection.backend === pass.backend ? explainSelection(selection) : 'named in the configuration';
  return [
    `${bold(style, 'Cloud')}    ${instance.provider}${instance.instanceId === undefined ? '' : `, ${instance.instanceId}`} (${pass.requests} requests)`,
    `${bold(style, 'Backend')}  ${pass.backend} (${named})`,
    `${bold(style, 'Primary')}  ${desired.plan.primaryLink ?? 'not found'}, ${isGivenAddresses(pass) ? 'not managed but for its secondary addresses (primary-addresses)' : 'not managed'}`,
  ];
}

function isGivenAddresses({ kernelChanges: { add, remove }, desired }: PassResult): boolean {
  const ofPrimary = ` dev ${desired.plan.primaryLink}`;
  const lines = [...add, ...remove].flatMap(batch => batch.lines);
  return lines.some(line => line.startsWith('addr ') && `${line} `.includes(`${ofPrimary} `));
}

export function describePlan(pass: PassResult, style: Style): readonly string[] {
  const { enis, skipped } = pass.desired.plan;
  const alone = skipped.filter(s => s.reason !== 'primary');
  return [
    ...enis.flatMap(eni => ['', ...describeEni(eni, style)]),
    ...(alone.length === 0 ? [] : ['', bold(style, 'Left alone')]),
    ...alone.map(s => `  ${s.eniId ?? s.mac}  ${s.reason}: ${s.text}`),
    ...(enis.length === 0 && alone.length === 0 ? ['', 'There is no secondary ENI.'] : []),
  ];
}

export function describeEni(eni: EniPlan, style: Style): readonly string[] {
  const gateways = eni.routes.filter(r => isDefaultRoute(r) && r.table !== mainTable).map(r => r.gateway);
  const behind = eni.routes.filter(r => !isDefaultRoute(r) && r.table === mainTable);
  const addresses = eni.addresses.map(a => (a.dynamic ? `${a.ip} (DHCP)` : `${a.ip}/${a.prefixLength}`));
  const rules = rulesOfBoth(eni.rules);
  return [
    bold(style, `ENI ${eni.eniId ?? eni.mac} on ${eni.link}`),
    `  ${eni.mac}, ${eni.addressing}, slot ${eni.slot}, table ${eni.table}${mtuText(eni)}`,
    ...wrapped('  addresses  ', addresses, Math.min(maxWidth, widthOf(style))),
    `  gateways   ${gateways.length === 0 ? 'none' : gateways.join(' ')}`,
    ...wrapped(
      '  behind     ',
      behind.map(r => `${r.destination} via ${r.gateway}`),
      Math.min(maxWidth, widthOf(style)),
    ).slice(0, behind.length === 0 ? 0 : undefined),
    ...rules.slice(0, maxRules).map((text, i) => `  ${i === 0 ? 'rules     ' : '          '} ${text}`),
    ...(rules.length > maxRules ? [`             ... and ${rules.length - maxRules} more`] : []),
    ...eni.notes.map(note => `  ${yellow(style, 'note')}       ${note}`),
    ...(eni.awaiting === undefined
      ? []
      : [`  ${yellow(style, 'waiting')}    for the DHCP lease; routes and rules follow`]),
  ];
}

function mtuText({ mtu, inheritsMtu }: EniPlan): string {
  if (mtu === undefined) return '';
  return `, mtu ${mtu}${inheritsMtu === true ? ' (as the primary)' : ''}`;
}

const maxRules = 12;
const maxWidth = 100;

/** Words in lines, the first behind `head`. */
function wrapped(head: string, words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = head;
  for (const word of words) {
    if (line.length + word.length + 1 > width && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = ' '.repeat(head.length);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

/** One without a source reads the same for both families, and is then one line. */
function rulesOfBoth(rules: readonly PlannedRule[]): readonly string[] {
  const of = (family: Family) => new Set(rules.filter(r => r.family === family).map(ruleText));
  const [four, six] = [of(4), of(6)];
  const isBoth = (text: string) => four.has(text) && six.has(text);
  return [...new Set(rules.map(ruleText))].map(text => (isBoth(text) ? `${text} (IPv4 and IPv6)` : text));
}

export function ruleText(r: PlannedRule): string {
  const [, , , ...words] = plannedRuleKey(r).split(' ');
  return `${r.priority}: ${words.join(' ')}`.replace(` lookup ${mainTable}`, ' lookup main');
}

/** What "Left alone" has said already is not said twice. */
export function describeWarnings(
  degraded: readonly string[],
  skipped: readonly SkippedEni[],
  style: Style,
): readonly string[] {
  const said = new Set(skipped.map(s => `${s.eniId ?? s.mac}: ${s.text}`));
  const lines = degraded.filter(text => !said.has(text)).map(text => yellow(style, `warning: ${text}`));
  return lines.length === 0 ? [] : ['', ...lines];
}

/** What a look had to leave out; nothing of it is a fault. */
export function describeNotRead(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) return [];
  const more = paths.length - mostPaths;
  return [
    '',
    'Not compared, because it is not readable without root:',
    ...paths.slice(0, mostPaths).map(path => `  ${path}`),
    ...(more > 0 ? [`  and ${more} more ("--json" lists all)`] : []),
  ];
}

const mostPaths = 8;

/** Unified diffs of all files. */
export function describeFiles(files: readonly FileChange[], style: Style): readonly string[] {
  return files.flatMap(file => {
    const from = file.before === undefined ? '/dev/null' : file.path;
    const to = file.after === undefined ? '/dev/null' : file.path;
    const patch = createTwoFilesPatch(from, to, file.before ?? '', file.after ?? '', undefined, undefined, {
      context: 3,
    });
    const all = patch.trimEnd().split('\n');
    // jsdiff puts a line of equal signs above the two names.
    const lines = all.slice(all.findIndex(line => line.startsWith('---')));
    return lines.map(line => colouredDiffLine(line, style));
  });
}

function colouredDiffLine(line: string, style: Style): string {
  if (line.startsWith('+++') || line.startsWith('---')) return bold(style, line);
  if (line.startsWith('+')) return green(style, line);
  if (line.startsWith('-')) return red(style, line);
  return line;
}

/** What would run, in the order in which it would. */
export function describeCommands(
  pass: Pick<PassResult, 'commands' | 'kernelChanges' | 'files'>,
): readonly string[] {
  const backend = (phase: string) => pass.commands.filter(c => c.phase === phase).map(c => c.argv.join(' '));
  const kernel = (kind: 'add' | 'remove') =>
    pass.kernelChanges[kind].flatMap(b =>
      b.lines.map(line => (line.startsWith('link ') ? `ip ${line}` : `ip -${b.family} ${line}`)),
    );
  return [
    ...backend('validate'),
    ...backend('before-write'),
    ...kernel('add'),
    ...(pass.files.length === 0 ? [] : ['(the files are written here)']),
    ...backend('after-write'),
    // What the backend itself will take away shows up here too; it is removed only if it is still there by then.
    ...kernel('remove').map(line => `${line}  (if still there)`),
  ];
}
