// The commands and options in eni-agent(8), from the registry that also makes `--help`: a new command is in the manual by being there.
import { isDeepStrictEqual } from 'node:util';
import { commonOptions } from '../../agent/cli/args.ts';
import type { CliCommand, CliOption } from '../../agent/cli/command.ts';
import { loadCommands } from '../../agent/cli/commands.ts';
import { bold, definition, italic, lines, literal, paragraph, subsection, verbatim } from './roff.ts';

type NamedOption = readonly [name: string, option: CliOption];

/** A subsection for each command. Options that several commands have in common are named only: they stand in `sharedOptions`. */
export async function commandSections(): Promise<readonly string[]> {
  const commands = await loadCommands(undefined);
  const shared = sharedBy(commands);
  return commands.flatMap(command => {
    const options = Object.entries(command.options);
    const own = options.filter(option => !isIn(shared, option));
    const others = options.filter(option => isIn(shared, option)).map(([name]) => bold(`--${name}`));
    return [
      subsection(command.name),
      ...paragraph(literal(sentence(command.summary))),
      ...command.description
        .trim()
        .split(/\n{2,}/)
        .flatMap(text => paragraph(literal(text))),
      ...(command.needsRoot ? paragraph('Needs root.') : []),
      ...argumentDefinition(command.argument),
      ...own.flatMap(option => optionDefinition(option, command.description)),
      ...(others.length === 0 ? [] : paragraph(`Also takes ${others.join(' and ')}; see OPTIONS.`)),
      ...paragraph(command.examples.length === 1 ? 'Example:' : 'Examples:'),
      ...verbatim(command.examples),
    ];
  });
}

/** The options of all commands, and those that several have. */
export async function sharedOptions(): Promise<readonly string[]> {
  const commands = await loadCommands(undefined);
  return [...Object.entries<CliOption>(commonOptions), ...sharedBy(commands)].flatMap(option =>
    optionDefinition(option),
  );
}

function sharedBy(commands: readonly CliCommand[]): readonly NamedOption[] {
  const all = commands.flatMap(command => Object.entries(command.options));
  return all.filter(
    (option, index) => isIn(all.slice(index + 1), option) && !isIn(all.slice(0, index), option),
  );
}

function isIn(options: readonly NamedOption[], option: NamedOption): boolean {
  return options.some(other => isDeepStrictEqual(other, option));
}

function argumentDefinition(argument: CliCommand['argument']): readonly string[] {
  if (argument === undefined) return [];
  return definition(italic(argument.value), lines(literal(sentence(argument.help))));
}

/** @param told what the reader knows already: values that stand there are not listed again */
function optionDefinition([name, option]: NamedOption, told = ''): readonly string[] {
  const value = option.value === undefined ? '' : ` ${italic(option.value)}`;
  const choices = typeof option.choices === 'object' ? option.choices : [];
  const isTold = choices.every(choice => `${told} ${option.help}`.includes(choice));
  const words = [
    sentence(option.help),
    ...(isTold ? [] : [`One of ${choices.join(', ')}.`]),
    ...(option.multiple ? ['May be repeated.'] : []),
  ];
  const short = option.short === undefined ? '' : `${bold(`-${option.short}`)}, `;
  return definition(`${short}${bold(`--${name}`)}${value}`, lines(literal(words.join(' '))));
}

/** `show this text` to `Show this text.` */
function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
