// Runs one command line against a System and returns the exit code. Errors become one line and the way out, here and nowhere else.

import { AgentError, exitCodeOf, reasonOf } from '../errors.ts';
import { openLog } from '../log/open-log.ts';
import { priorityOf } from '../log/priority.ts';
import { printable, printableLines } from '../log/text.ts';
import { both, type Log, silentLog } from '../log.ts';
import type { Settings } from '../model/settings.ts';
import type { System } from '../system/system.ts';
import { parseArguments } from './args.ts';
import type { CliCommand, CommandContext, ProcessSeam, Screen } from './command.ts';
import { loadCommands } from './commands.ts';
import { configurationFor } from './configuration.ts';
import { commandHelp, helpText } from './help.ts';
import { fold, usualColumns } from './layout.ts';
import { errorJson } from './pass-json.ts';
import { openRecord, tellSystemLog } from './system-log.ts';
import { versionText } from './version.ts';

export interface Terminal {
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** The open file for the log of programs; missing: printError. */
  readonly logTo?: number;
  readonly isRoot: boolean;
  /** A person reads standard error as it comes. */
  readonly isInteractive: boolean;
  /** systemd's journal reads standard error. */
  readonly isJournal?: boolean;
  /** It has standard output as well. */
  readonly printsToJournal?: boolean;
  readonly colour: boolean;
  /** The process itself, for the one command that keeps running. */
  readonly process: ProcessSeam;
  /** Missing: a file that takes everything. */
  readonly screen?: Screen;
}

const noScreen: Screen = { isTerminal: false, columns: () => undefined, isClosed: () => false };

export async function run(argv: readonly string[], system: System, to: Terminal): Promise<number> {
  const json = argv.includes('--json');
  // Here everything passes that a person reads: what it quotes of the metadata, of files and of programs is no word to his terminal.
  const terminal: Terminal = {
    ...to,
    print: text => to.print(printableLines(text)),
    printError: text => to.printError(printableLines(text)),
  };
  try {
    return await dispatch(argv, system, terminal, json);
  } catch (error) {
    const known =
      error instanceof AgentError ? error : new AgentError('bug', reasonOf(error), { cause: error });
    if (json) {
      terminal.print(`${JSON.stringify({ version: 1, error: errorJson(known) }, null, 2)}\n`);
    } else {
      const lines = [`eni-agent: ${printable(known.message)}`, `  ${known.code}: ${known.hint}`];
      const columns = terminal.isInteractive ? columnsOf(terminal) : undefined;
      printProblem(terminal, fold(lines, { columns }).join('\n'));
    }
    if (known.code === 'bug' && error instanceof Error) printProblem(terminal, String(error.stack));
    return exitCodeOf(known.code);
  }
}

function columnsOf({ screen = noScreen }: Terminal): number | undefined {
  return screen.isTerminal ? (screen.columns() ?? usualColumns) : undefined;
}

/** For a person: within the width of the terminal. */
function folded(text: string, terminal: Terminal): string {
  return `${fold([text.trimEnd()], { columns: columnsOf(terminal) }).join('\n')}\n`;
}

function printProblem({ printError, isJournal = false }: Terminal, text: string): void {
  const mark = isJournal ? priorityOf('error') : '';
  printError(`${mark}${text.replaceAll('\n', `\n${mark}`)}\n`);
}

async function dispatch(
  argv: readonly string[],
  system: System,
  terminal: Terminal,
  json: boolean,
): Promise<number> {
  const commands = await loadCommands(argv[0]);
  const parsed = parseArguments(argv, commands);
  const layout = { columns: columnsOf(terminal) };
  if (parsed.kind === 'version') terminal.print(versionText);
  if (parsed.kind === 'help')
    terminal.print(
      parsed.command === undefined ? helpText(commands, layout) : commandHelp(parsed.command, layout),
    );
  if (parsed.kind !== 'run') return 0;
  const { command, values } = parsed;
  if (command.needsRoot && !terminal.isRoot)
    throw new AgentError(
      'needs-root',
      `${command.name} ${command.rootFor ?? 'changes the machine'} and needs root`,
      {
        hint: ['run it as root', ...(command.withoutRoot === undefined ? [] : [command.withoutRoot])].join(
          '; ',
        ),
      },
    );
  const colour = terminal.colour && !json;
  const configuration = () => configurationFor(system, values);
  const record = openRecord();
  const context: CommandContext = {
    system,
    print: terminal.print,
    json,
    colour,
    get columns() {
      return columnsOf(terminal);
    },
    settings: async () => (await (await configuration()).read()).settings,
    configuration,
    log: openFor(command, terminal, system, record.log),
    process: terminal.process,
    printsToJournal: terminal.printsToJournal ?? false,
    screen: terminal.screen ?? noScreen,
  };
  try {
    return await command.run(context, values);
  } finally {
    await tellSystemLog(system, record.lines);
  }
}

/**
 * A one-shot command says on standard output what it did; its log is for what went wrong on the way, unless the configuration
 * asks for all of it. What it changes goes to the system's log in any case.
 */
function openFor(
  command: CliCommand,
  terminal: Terminal,
  system: System,
  record: Log,
): (settings: Settings) => Promise<Log> {
  return async ({ agent: { logLevel, logFormat: format } }) => {
    if (command.name === 'render') return silentLog;
    const { isInteractive, isJournal = false, printError, logTo = printError } = terminal;
    const isQuiet = command.name !== 'daemon' && !isJournal && logLevel === 'info';
    const log = await openLog({
      level: isQuiet ? 'warn' : logLevel,
      format,
      reader: isInteractive ? 'terminal' : isJournal ? 'journal' : 'file',
      to: isInteractive ? line => printError(folded(line, terminal)) : logTo,
      now: () => system.now(),
    });
    return command.changes === true && !isJournal ? both(log, record) : log;
  };
}
