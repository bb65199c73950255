// Completion for bash. It needs nothing of the bash-completion package but to be found by it, and runs on bash 3.2 (SLES 11) too, which has
// no compopt.
import { commonOptions } from '../../agent/cli/args.ts';
import type { CliCommand, CliOption } from '../../agent/cli/command.ts';

/** The text of the completion file. */
export function bashCompletion(commands: readonly CliCommand[]): string {
  const names = commands.map(command => command.name).join(' ');
  return `# bash completion for eni-agent; made by its build.
_eni_agent() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} IFS=$' \\t\\n'
  # bash makes three words of --option=value.
  if [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [[ $cur == = ]]; then cur=; fi
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W '${names} help --help --version' -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]} $prev" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(optionCase).join('\n')}
    help) COMPREPLY=($(compgen -W '${names}' -- "$cur")) ;;
  esac
}
# Paths are left to readline, which quotes them.
_eni_agent_paths() {
  compopt -o "$1" 2>/dev/null || { local IFS=$'\\n'; COMPREPLY=($(compgen "$2" -- "$3")); }
}
complete -F _eni_agent eni-agent
`;
}

/** What follows an option that takes a value; nothing where any word is right. */
function valueCases({ name, options }: CliCommand): readonly string[] {
  return Object.entries(options)
    .filter(([, option]) => option.type === 'string')
    .map(([option, spec]) => `    '${name} --${option}') ${offer(spec.choices)}return ;;`);
}

function offer(choices: CliOption['choices']): string {
  if (choices === undefined) return '';
  if (choices === 'files') return '_eni_agent_paths default -f "$cur"; ';
  if (choices === 'folders') return '_eni_agent_paths dirnames -d "$cur"; ';
  return `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur")); `;
}

function optionCase({ name, options, argument }: CliCommand): string {
  const { choices = [] } = argument ?? {};
  const words = Object.keys({ ...options, ...commonOptions }).map(option => `--${option}`);
  const offered = typeof choices === 'string' ? words : [...choices, ...words];
  const paths = typeof choices === 'string' ? `if [[ $cur != -* ]]; then ${offer(choices)}return; fi; ` : '';
  return `    ${name}) ${paths}COMPREPLY=($(compgen -W '${offered.join(' ')}' -- "$cur")) ;;`;
}
