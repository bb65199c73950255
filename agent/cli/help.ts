// The help texts, made from the commands' own descriptions so that they cannot drift apart.
import { commonOptions } from './args.ts';
import type { CliCommand, CliOption } from './command.ts';
import { fold, type Layout, reflow, widthOf } from './layout.ts';

/** Longer lines are hard to read. */
const longest = 100;

const about = `
eni-agent configures the secondary network interfaces (ENIs) of a cloud VM in the
distribution's own format: addresses, policy rules, and one routing table per ENI.
It does not configure the primary ENI, and rolls back anything it cannot verify.`;

export function helpText(commands: readonly CliCommand[], layout: Layout = {}): string {
  const width = Math.max(...commands.map(c => c.name.length));
  const lines = [
    ...reflow(about, Math.min(longest, widthOf(layout))),
    '',
    'Usage: eni-agent COMMAND [OPTIONS]',
    '',
    ...commands.map(c => `  ${c.name.padEnd(width)}  ${c.summary}`),
    '',
    'eni-agent COMMAND --help describes a command. Start with "eni-agent plan": it changes nothing.',
    '',
    'Exit codes: 0 done or nothing to do; 1 failed; 2 no failure, but something needs attention; 64 wrong usage or configuration.',
    'Files: /etc/eni-agent/eni-agent.conf, /var/lib/eni-agent/ (state), /run/eni-agent/ (lock).',
  ];
  return `${fold(lines, layout).join('\n')}\n`;
}

export function commandHelp(command: CliCommand, layout: Layout = {}): string {
  const options: Record<string, CliOption> = { ...command.options, ...commonOptions };
  const rows = Object.entries(options).map(
    ([name, o]) =>
      [
        `${o.short === undefined ? '' : `-${o.short}, `}--${name}${o.value === undefined ? '' : ` ${o.value}`}`,
        o,
      ] as const,
  );
  const { argument } = command;
  const width = Math.max(...rows.map(([left]) => left.length), argument?.value.length ?? 0);
  const lines = [
    `Usage: eni-agent ${command.name}${argument === undefined ? '' : ` ${argument.required ? argument.value : `[${argument.value}]`}`} [OPTIONS]`,
    '',
    ...reflow(command.description, Math.min(longest, widthOf(layout))),
    '',
    'Options:',
    ...(argument === undefined ? [] : [`  ${argument.value.padEnd(width)}  ${argument.help}`]),
    ...rows.map(([left, o]) => `  ${left.padEnd(width)}  ${o.help}${o.multiple ? ' (may be repeated)' : ''}`),
    '',
    'Examples:',
    ...command.examples.map(line => `  ${line}`),
    ...(command.needsRoot ? ['', 'Needs root.'] : []),
  ];
  return `${fold(lines, layout).join('\n')}\n`;
}
