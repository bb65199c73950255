// `eni-agent history`: what was changed on this machine, when, by what and why.
import { describeDelta } from '../../apply/log/describe-change.ts';
import { AgentError } from '../../errors.ts';
import type { ChangedEni, ChangeResult, HistoryEntry } from '../../history/entry.ts';
import { readHistory } from '../../history/store.ts';
import { triggersInWords } from '../../log/text.ts';
import { clockTime } from '../../model/time-text.ts';
import { textOption } from '../args.ts';
import { type CliCommand, exitCodes, type OptionValues } from '../command.ts';
import { bold, green, red, type Style, yellow } from '../describe.ts';
import { fold } from '../layout.ts';

const usualNumber = 20;

export const history: CliCommand = {
  name: 'history',
  summary: 'show what was changed, when, by what, and what became of it',
  description: `
Shows the changes that eni-agent made or tried, the newest last: when, who made it and why, what came
and went for each ENI, the files, and the result. A failure or a repair that repeats is one entry
with a count. The last 200 entries are kept, 256 KiB at most.

Results: applied; repaired (nothing was new, something had been undone); removed ("eni-agent remove");
failed (before anything was touched); rolled back (it could not be verified); rolled back by hand;
rollback failed. Of a change that was not done, the lines say what it wanted.`,
  options: {
    number: { type: 'string', short: 'n', value: 'N', help: `so many entries, ${usualNumber} if left out` },
  },
  examples: ['eni-agent history', 'eni-agent history -n 1', 'eni-agent history --json | jq .entries[-1]'],
  needsRoot: false,
  async run(context, values) {
    const number = numberOf(values);
    const { entries, broken } = await readHistory(context.system);
    const shown = entries.slice(-number);
    if (context.json) {
      context.print(`${JSON.stringify({ version: 1, entries: shown.map(document), broken }, null, 2)}\n`);
      return exitCodes.done;
    }
    const lines = [
      ...shown.flatMap(entry => describeEntry(entry, context)),
      ...(shown.length === 0 ? ['No change is on record.'] : []),
      ...(broken === 0 ? [] : [yellow(context, `${broken} lines of the file are no entries`)]),
    ];
    context.print(`${fold(lines, context).join('\n')}\n`);
    return exitCodes.done;
  },
};

/** Throws `usage`. */
function numberOf(values: OptionValues): number {
  const text = textOption(values, 'number') ?? String(usualNumber);
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new AgentError('usage', `history: --number ${JSON.stringify(text)} is not a number from 1 to 9999`);
}

function document({ trigger, error, enis, ...entry }: HistoryEntry) {
  return {
    ...entry,
    trigger: trigger ?? null,
    error: error ?? null,
    enis: enis.map(eni => ({ ...eni, eniId: eni.eniId ?? null, more: eni.more ?? 0 })),
  };
}

const resultWords: Readonly<Record<ChangeResult, (style: Style) => string>> = {
  applied: style => green(style, 'applied'),
  repaired: style => green(style, 'repaired'),
  removed: style => green(style, 'removed'),
  failed: style => red(style, 'failed'),
  'rolled-back': style => red(style, 'rolled back'),
  'rollback-failed': style => red(style, 'rollback failed'),
  'rolled-back-by-hand': style => yellow(style, 'rolled back by hand'),
};

export function describeEntry(entry: HistoryEntry, style: Style): readonly string[] {
  const { at, since, times, result, error, enis, files } = entry;
  const often = times === 1 ? '' : `, ${times} times since ${clockTime(since)}`;
  return [
    `${bold(style, clockTime(at))}  ${resultWords[result](style)}  ${makerOf(entry)}${often}`,
    ...enis.map(describeEni),
    ...files.map(({ path, action }) => `  ${action} ${path}`),
    ...(error === undefined ? [] : [`  ${error.code}: ${error.message}`]),
  ];
}

function makerOf({ by, trigger }: HistoryEntry): string {
  if (by !== 'daemon') return `eni-agent ${by}${trigger === 'once-force' ? ' --force' : ''}`;
  return trigger === undefined ? 'daemon' : `daemon (${triggersInWords(trigger)})`;
}

function describeEni({ kind, eniId, mac, link, more, ...delta }: ChangedEni): string {
  const parts = [...describeDelta(delta), ...(more === undefined ? [] : [`and ${more} more`])];
  return `  ${eniId ?? mac} on ${link}: ${[kind, parts.join(', ')].filter(text => text !== '').join(': ')}`;
}
