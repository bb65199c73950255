// Completion for fish (3.0 and later).
import { commonOptions } from '../../agent/cli/args.ts';
import type { CliCommand, CliOption } from '../../agent/cli/command.ts';

/** The text of the completion file. */
export function fishCompletion(commands: readonly CliCommand[]): string {
  const first = ['-n', '__fish_is_first_token'];
  const names = commands.map(command => command.name).join(' ');
  return [
    '# fish completion for eni-agent; made by its build.',
    'complete -c eni-agent -f',
    line([...first, '-l', 'help', '-d', quoted('show the commands')]),
    line([...first, '-l', 'version', '-d', quoted('show the version')]),
    ...commands.map(({ name, summary }) => line([...first, '-a', name, '-d', quoted(summary)])),
    line([...first, '-a', 'help', '-d', quoted('show what a command does')]),
    line([...only('help'), '-a', quoted(names)]),
    ...commands.flatMap(optionLines),
    '',
  ].join('\n');
}

function optionLines({ name, options, argument }: CliCommand): readonly string[] {
  const lines = Object.entries<CliOption>({ ...options, ...commonOptions }).map(([option, spec]) =>
    line([...only(name), '-l', option, ...value(spec), '-d', quoted(spec.help)]),
  );
  return [...argumentLines(name, argument), ...lines];
}

function argumentLines(name: string, argument: CliCommand['argument']): readonly string[] {
  const { choices } = argument ?? {};
  if (choices === undefined) return [];
  const words = {
    files: ['-F'],
    folders: ['-a', quoted('(__fish_complete_directories)')],
  };
  const offered = typeof choices === 'string' ? words[choices] : ['-a', quoted(choices.join(' '))];
  return [line([...only(name), ...offered])];
}

function only(command: string): readonly string[] {
  return ['-n', quoted(`__fish_seen_subcommand_from ${command}`)];
}

/** -x: a value and no file; -r -F: a value, and files. */
function value({ type, choices }: CliOption): readonly string[] {
  if (type === 'boolean') return [];
  if (choices === undefined) return ['-x'];
  if (choices === 'files') return ['-r', '-F'];
  if (choices === 'folders') return ['-x', '-a', quoted('(__fish_complete_directories)')];
  return ['-x', '-a', quoted(choices.join(' '))];
}

function line(words: readonly string[]): string {
  return `complete -c eni-agent ${words.join(' ')}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, character => `\\${character}`)}'`;
}
