// The contract of a command: one file per verb in commands/, thin. A command gets parsed options and returns an exit code; it
// throws AgentError, and main.ts prints that.
import type { ConfigurationSource } from '../config/source.ts';
import type { Log } from '../log.ts';
import { providerNames, providerWords } from '../model/instance.ts';
import type { Settings } from '../model/settings.ts';
import type { System } from '../system/system.ts';
import type { WakeupSpec, Wakeups } from '../system/wakeups.ts';

export interface CliOption {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  /** One letter that means the same. */
  readonly short?: string;
  /** Word for the value in the help text. */
  readonly value?: string;
  /** What completion offers for the value: all that there is, or paths. */
  readonly choices?: readonly string[] | 'files' | 'folders';
  readonly help: string;
}

/** A word behind the command: `values.argument` has it. */
export interface CliArgument {
  readonly value: string;
  /** Default: it may be left out, and the help has it as `[FILE]`. */
  readonly required?: true;
  readonly choices?: CliOption['choices'];
  readonly help: string;
}

export type OptionValues = Readonly<
  Record<string, string | boolean | readonly (string | boolean)[] | undefined>
>;

/** What a daemon needs of its process; main.ts has the real one. */
export interface ProcessSeam {
  readonly pid: number;
  /** Where systemd waits for readiness; undefined where it does not. */
  readonly notifySocket: string | undefined;
  /** Values of WATCHDOG_USEC and WATCHDOG_PID. */
  readonly watchdog: { readonly limit: string | undefined; readonly meant: string | undefined };
  /** Gives back what a pass has used: for a process that then sleeps. Does nothing where Node was not started with --expose-gc. */
  readonly releaseMemory: () => void;
  readonly openWakeups: (spec: Omit<WakeupSpec, 'onSignal'>) => Promise<Wakeups>;
}

/** Standard output for a command that keeps writing to it. */
export interface Screen {
  readonly isTerminal: boolean;
  /** Its width; undefined: there is no terminal, or it does not say. Another one after each resize. */
  readonly columns: () => number | undefined;
  /** Its reader has gone. */
  readonly isClosed: () => boolean;
}

export interface CommandContext {
  readonly system: System;
  /** Standard output, for results. */
  readonly print: (text: string) => void;
  readonly json: boolean;
  readonly colour: boolean;
  /** Width to which lines are broken, as it is at the moment; undefined: they are not. */
  readonly columns: number | undefined;
  /** Reads the configuration, with the options of the command line on top. Throws `config-invalid`. */
  readonly settings: () => Promise<Settings>;
  /** For who goes on although the files are wrong, or reads others. */
  readonly configuration: () => Promise<ConfigurationSource>;
  readonly log: (settings: Settings) => Promise<Log>;
  readonly process: ProcessSeam;
  /** systemd's journal has what the command prints: there the lines of the log say enough. */
  readonly printsToJournal: boolean;
  readonly screen: Screen;
}

export interface CliCommand {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs for `eni-agent VERB --help`. */
  readonly description: string;
  readonly argument?: CliArgument;
  readonly options: Readonly<Record<string, CliOption>>;
  readonly examples: readonly string[];
  readonly needsRoot: boolean;
  /** Of one that needs root: what helps those who have none. */
  readonly withoutRoot?: string;
  /** What it logs goes to the system's log as well: it changes the machine once, and ends. */
  readonly changes?: true;
  /** What it does that root alone may do; default: changes the machine. */
  readonly rootFor?: string;
  run(context: CommandContext, values: OptionValues): Promise<number>;
}

/** 0 done, 2 changes pending or degraded; failures are AgentErrors with 1 or 64. */
export const exitCodes = { done: 0, attention: 2 } as const;

/** Options of every command that reads metadata. */
export const metadataOptions = {
  provider: {
    type: 'string',
    value: 'NAME',
    choices: providerNames,
    help: `the cloud: ${providerWords}, instead of detecting it`,
  },
  'metadata-url': {
    type: 'string',
    value: 'URL',
    help: 'where the metadata service is, e.g. http://127.0.0.1:8080 (needs --provider)',
  },
} as const satisfies Record<string, CliOption>;
