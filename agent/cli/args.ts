// argv -> command and options. node:util's parseArgs does the work; this file turns its exceptions into errors that say what
// would have been right.
import { parseArgs } from 'node:util';
import { suggest } from '../config/suggest.ts';
import { AgentError, reasonOf } from '../errors.ts';
import type { CliCommand, CliOption, OptionValues } from './command.ts';

/** Understood by every command. */
export const commonOptions = {
  json: { type: 'boolean', help: 'print the result as JSON on standard output' },
  help: { type: 'boolean', help: 'show this text' },
} as const satisfies Record<string, CliOption>;

export type ParsedArgs =
  | { readonly kind: 'help'; readonly command: CliCommand | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly command: CliCommand; readonly values: OptionValues };

/** Throws `usage`. */
export function parseArguments(argv: readonly string[], commands: readonly CliCommand[]): ParsedArgs {
  const [verb, ...rest] = argv;
  if (verb === undefined || verb === '--help' || verb === '-h') return { kind: 'help', command: undefined };
  if (verb === 'help')
    return { kind: 'help', command: rest[0] === undefined ? undefined : find(rest[0], commands) };
  if (verb === '--version' || verb === '-V') return { kind: 'version' };
  if (verb.startsWith('-'))
    throw new AgentError('usage', `${verb} is not a command: the command comes first, then its options`);
  const command = find(verb, commands);
  const values = parseOptions(command, rest);
  return values.help === true ? { kind: 'help', command } : { kind: 'run', command, values };
}

function find(verb: string, commands: readonly CliCommand[]): CliCommand {
  const command = commands.find(c => c.name === verb);
  if (command !== undefined) return command;
  const names = commands.map(c => c.name);
  const meant = suggest(verb, names);
  const way = meant === undefined ? `the commands are ${names.join(', ')}` : `did you mean ${meant}?`;
  throw new AgentError('usage', `unknown command ${JSON.stringify(verb)}; ${way}`);
}

function parseOptions(command: CliCommand, args: readonly string[]): OptionValues {
  const hint = `eni-agent ${command.name} --help lists the options`;
  const specs: Record<string, CliOption> = { ...commonOptions, ...command.options };
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      {
        type: spec.type,
        multiple: spec.multiple === true,
        ...(spec.short === undefined ? {} : { short: spec.short }),
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: args.map(a => (a === '-h' ? '--help' : a)),
      options,
      allowPositionals: command.argument !== undefined,
      strict: true,
    });
    if (positionals.length > 1) throw new Error(`Unexpected argument '${positionals[1]}'`);
    return positionals.length === 0 ? values : { ...values, argument: positionals[0] };
  } catch (cause) {
    throw new AgentError('usage', `${command.name}: ${plain(reasonOf(cause))}`, { cause, hint });
  }
}

/** parseArgs explains the workaround for a literal dash, which is of no use here. */
function plain(message: string): string {
  return message.replace(/\. To specify .*$/, '').replace(/ \(such as .*$/, '');
}

/** The value of a string option, or of `argument`; undefined if it was not given. */
export function textOption(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The value of a string option that must be there. Throws `usage`. */
export function requiredOption(values: OptionValues, name: string, command: string): string {
  const value = textOption(values, name);
  if (value !== undefined && value !== '') return value;
  throw new AgentError('usage', `${command} needs --${name}`, {
    hint: `eni-agent ${command} --help shows an example`,
  });
}
