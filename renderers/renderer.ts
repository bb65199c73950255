// The contract of a renderer: the pure translator from a plan to one backend's files and commands. A renderer never
// reads, writes or runs anything; apply/transaction.ts does that for all of them.
import type { BackendName, HostFacts } from '../agent/model/host.ts';
import type { EniPlan, NetworkPlan } from '../agent/model/network-plan.ts';

/** What makes a file ours. It never changes, so that each version recognises the files of all others. */
const mark = 'Written by eni-agent;';

/** The comment in the first line of every file we write (the second in a script). A file without its mark is foreign and is never touched. */
export const marker = `${mark} changes are lost. "eni-agent remove" takes it away.`;

/** True for a file of ours: one of the first three lines is a comment that begins with the mark. */
export function isMarked(text: string): boolean {
  return text.split('\n', 3).some(line => line.startsWith(`# ${mark}`));
}

export interface RenderedFile {
  /** Absolute path on the target. */
  readonly path: string;
  /** File permissions, e.g. 0o644. */
  readonly mode: number;
  readonly content: string;
}

/** When a command runs. `validate` and `before-write` come before any file changes, `after-write` makes the backend load the files. */
export type Phase = 'validate' | 'before-write' | 'after-write';

export interface Command {
  readonly phase: Phase;
  /** No shell: program and arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Failure is expected in a normal case (the link has gone); verify decides. */
  readonly mayFail?: boolean;
}

/** What one apply changes, per ENI. `before` and `after` are the plans on either side. */
export type EniChange =
  | { readonly kind: 'added'; readonly after: EniPlan }
  | { readonly kind: 'changed'; readonly before: EniPlan; readonly after: EniPlan }
  /** `linkPresent` false: the link went away with the ENI. */
  | { readonly kind: 'removed'; readonly before: EniPlan; readonly linkPresent: boolean };

/** Where a foreign file configures a link that the plan wants to configure. */
export interface Claim {
  readonly path: string;
  readonly text: string;
}

/**
 * A program that makes the files the service loads out of ours, and would write those of everybody anew (netplan's generator). It
 * runs on a private copy, as the `validate` command of activate(), and only what it made for our ENIs is installed.
 */
export interface Staging {
  /** Folder of the copy; the program takes it for /. */
  readonly root: string;
  /** The program on this machine, which reads and writes below `root` only. Its absolute path comes first. */
  readonly generate: (facts: HostFacts, root: string) => readonly [string, ...string[]];
  /** What the program reads. */
  readonly sources: { readonly dirs: readonly string[]; readonly name: RegExp };
  /** What it makes; `ours` are the names of those for our ENIs. */
  readonly generated: { readonly dir: string; readonly name: RegExp; readonly ours: RegExp };
  /** Folder, on the file system of `generated`, for hard links to the generated files as the service has loaded them. */
  readonly kept: string;
  /** Unit of the service, and the command of activate() that makes it load its files. */
  readonly unit: string;
  readonly load: string;
}

export interface Renderer {
  readonly name: BackendName;
  /** One line for `status` and the documents: which service loads the files. */
  readonly title: string;
  /**
   * True once the lab has shown that the real service loads these files, that every address answers and that the primary
   * notices nothing. `once` applies only through a proven backend (or with allow-unproven); plan and render always work.
   */
  readonly proven: boolean;
  /** Folders that may hold files of ours, with the pattern of their names: how leftovers are found when the state is lost. */
  readonly ownFiles: readonly { readonly dir: string; readonly name: RegExp }[];

  /**
   * All files for the plan: the same plan gives the same bytes, whatever the order of its parts. An empty plan gives no
   * file. Must not put a default route into main except where the plan has one in table 254.
   */
  render(plan: NetworkPlan, facts: HostFacts): readonly RenderedFile[];

  /** Commands, least disruptive first choice of the reference; an empty list of changes gives none. Never touches the primary link. */
  activate(changes: readonly EniChange[], facts: HostFacts): readonly Command[];

  /** Where a program stands between our files and the service; `activate` then obeys facts.reloadHazard. */
  readonly staging?: Staging;

  /** Foreign definitions of the link, e.g. `iface eth1` in /etc/network/interfaces. Reads facts.files only. */
  claims(link: string, facts: HostFacts): readonly Claim[];

  /**
   * The run-time file with which the distribution's own hot-plug helper configured a link that was not defined yet: it makes
   * way for ours (and comes back in a rollback). Undefined where there is none.
   */
  supersedes?(link: string, facts: HostFacts): string | undefined;

  /**
   * True if this change is applied by live kernel commands with the file written beside it, and the backend is left
   * alone (the backend would flush and re-add what must not be missing for a moment).
   */
  live(change: EniChange, facts: HostFacts): boolean;

  /**
   * What the backend deletes of others when it loads a file of ours; apply/foreign-guard.ts puts it back. Nothing where the backend is
   * not known for it: what is missing afterwards its owner has taken away.
   */
  readonly dropsForeign?: readonly ('rule' | 'address' | 'route')[];

  /**
   * True if the backend takes the old rules of such a change away before it adds the new ones, so that the apply has to go by way of
   * files with both.
   */
  bridges?(change: EniChange, facts: HostFacts): boolean;

  /** The same, but rules that stand in the kernel already are as good as its own: the apply adds the new ones before it is told. */
  rulesAhead?(change: EniChange, facts: HostFacts): boolean;
}

export type { EniPlan, HostFacts, NetworkPlan };
