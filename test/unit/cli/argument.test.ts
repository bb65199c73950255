// A command that takes a word behind its name: parsing, help, completion.
import { expect, test } from 'vitest';
import { parseArguments } from '../../../agent/cli/args.ts';
import type { CliCommand } from '../../../agent/cli/command.ts';
import { commandHelp } from '../../../agent/cli/help.ts';
import { bashCompletion } from '../../../packaging/docs/completion-bash.ts';
import { fishCompletion } from '../../../packaging/docs/completion-fish.ts';
import { zshCompletion } from '../../../packaging/docs/completion-zsh.ts';

const command = (choices: 'files' | readonly string[]): CliCommand => ({
  name: 'look',
  summary: 'look',
  description: 'Looks.',
  argument: { value: 'WHERE', choices, help: 'where to look' },
  options: {},
  examples: ['eni-agent look'],
  needsRoot: false,
  run: () => Promise.resolve(0),
});

const valuesOf = (...argv: readonly string[]) => {
  const parsed = parseArguments(argv, [command('files')]);
  return parsed.kind === 'run' ? { ...parsed.values } : parsed.kind;
};

test('it may be there or not, before options and behind them', () => {
  expect(valuesOf('look')).toEqual({});
  expect(valuesOf('look', 'here')).toEqual({ argument: 'here' });
  expect(valuesOf('look', '--json', 'here')).toEqual({ argument: 'here', json: true });
  expect(() => valuesOf('look', 'here', 'there')).toThrow("look: Unexpected argument 'there'");
});

test('the help shows it', () => {
  expect(commandHelp(command('files'))).toContain('Usage: eni-agent look [WHERE] [OPTIONS]\n');
  expect(commandHelp(command('files'))).toContain('\n  WHERE   where to look\n');
});

test('each shell offers it', () => {
  expect(bashCompletion([command(['here', 'there'])])).toContain("compgen -W 'here there --json --help'");
  expect(bashCompletion([command('files')])).toContain('if [[ $cur != -* ]]; then _eni_agent_paths default');
  expect(fishCompletion([command('files')])).toContain("'__fish_seen_subcommand_from look' -F");
  expect(fishCompletion([command(['here'])])).toContain("'__fish_seen_subcommand_from look' -a 'here'");
  expect(zshCompletion([command('files')])).toContain("'::WHERE:_files'");
});
