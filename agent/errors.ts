// The closed table of errors. A code decides the exit code and the way out; docs/errors.md has a row for each one, and a
// test compares the two. To add one: a line here, a row there.

interface ErrorRow {
  readonly exit: 1 | 64;
  /** What to do; printed behind the message. May be overridden where the code that throws knows better. */
  readonly hint: string;
}

const table = {
  usage: { exit: 64, hint: 'eni-agent --help lists the commands; eni-agent COMMAND --help describes one' },
  'config-invalid': {
    exit: 64,
    hint: '"eni-agent check-config" lists all problems; "man eni-agent.conf" the keys and their values',
  },
  'needs-root': {
    exit: 1,
    hint: 'run it as root',
  },
  'recording-unreadable': { exit: 1, hint: 'a recording is the JSON file that docs/recordings.md describes' },
  'provider-unknown': {
    exit: 1,
    hint: 'name the cloud with --provider; "eni-agent plan --help" lists the names',
  },
  'metadata-unreachable': {
    exit: 1,
    hint: 'the current configuration is kept; check the route to the metadata service, then run it again',
  },
  'metadata-invalid': {
    exit: 1,
    hint: 'the current configuration is kept; run it again, and report the answer if the error persists',
  },
  'backend-unknown': {
    exit: 1,
    hint: '"eni-agent doctor" shows what was probed; name the backend with [agent] backend = NAME',
  },
  'backend-unproven': {
    exit: 1,
    hint: 'use "eni-agent plan" or "render" and load the files by hand, or set [agent] allow-unproven = yes',
  },
  'lock-held': { exit: 1, hint: 'wait until the other eni-agent is done, then run this again' },
  'state-unreadable': {
    exit: 1,
    hint: 'the next pass ("eni-agent once") puts the file aside; docs/errors.md says what is lost without it',
  },
  'file-failed': { exit: 1, hint: 'check the disk and the permissions of the folder' },
  'command-failed': { exit: 1, hint: 'run the command by hand to see its whole output' },
  'verify-failed': {
    exit: 1,
    hint: 'the change was rolled back; "eni-agent plan" shows it without applying it',
  },
  'primary-changed': {
    exit: 1,
    hint: 'the change was rolled back; look for what else configures the primary ENI',
  },
  'rollback-failed': {
    exit: 1,
    hint: 'the network may be half configured: check "eni-agent status" and fix it by hand, or run "eni-agent rollback" to try again',
  },
  'nothing-to-roll-back': { exit: 1, hint: 'only the last change can be rolled back, and only once' },
  bug: { exit: 1, hint: 'this is a defect in eni-agent: please report it with these lines' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof table;

export const errorCodes = Object.keys(table) as readonly ErrorCode[];

export function exitCodeOf(code: ErrorCode): number {
  return table[code].exit;
}

export interface AgentErrorDetails {
  readonly hint?: string;
  readonly cause?: unknown;
  /** MACs of the ENIs whose trouble it is. Missing: it cannot be told, or it is nobody's alone. */
  readonly enis?: readonly string[];
}

/** `message` says what failed, on what, and why, in one line; the way out comes from the table. */
export class AgentError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly enis: readonly string[];

  constructor(code: ErrorCode, message: string, details: AgentErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'AgentError';
    this.code = code;
    this.hint = details.hint ?? table[code].hint;
    this.enis = details.enis ?? [];
  }
}

/** One line for any thrown value. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
