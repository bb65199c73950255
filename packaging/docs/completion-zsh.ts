// Completion for zsh, by its own _arguments and _describe.
import { commonOptions } from '../../agent/cli/args.ts';
import type { CliCommand, CliOption } from '../../agent/cli/command.ts';

/** The text of the completion function. */
export function zshCompletion(commands: readonly CliCommand[]): string {
  return `#compdef eni-agent
# zsh completion for eni-agent; made by its build.
_eni-agent() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
    'help:show what a command does'
  )
  _arguments -C \\
    '(- *)--help[show the commands]' \\
    '(- *)--version[show the version]' \\
    '1:command:->command' \\
    '*::option:->option'
  case $state in
    command) _describe -t commands command commands ;;
    option)
      case $words[1] in
${commands.map(commandCase).join('\n')}
        help) _describe -t commands command commands ;;
      esac
      ;;
  esac
}
_eni-agent "$@"
`;
}

function commandCase({ name, options, argument }: CliCommand): string {
  const specs = [
    ...Object.entries<CliOption>({ ...options, ...commonOptions }).map(optionSpec),
    ...(argument === undefined
      ? []
      : [quoted(`${argument.required ? ':' : '::'}${argument.value}:${action(argument.choices)}`)]),
  ];
  return `        ${name})\n          _arguments \\\n${specs.map(spec => `            ${spec}`).join(' \\\n')}\n          ;;`;
}

/** `'--provider=[the cloud]:NAME:(alibaba aws jdcloud)'`, as zshcompsys(1) has it under _arguments. */
function optionSpec([name, option]: readonly [string, CliOption]): string {
  const help = option.help.replace(/[\\[\]:]/g, character => `\\${character}`);
  const value = option.type === 'string' ? `:${option.value ?? name}:${action(option.choices)}` : '';
  return quoted(`${option.multiple ? '*' : ''}--${name}${value === '' ? '' : '='}[${help}]${value}`);
}

function action(choices: CliOption['choices']): string {
  if (choices === undefined) return ' ';
  if (choices === 'files') return '_files';
  if (choices === 'folders') return '_directories';
  return `(${choices.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
