// The contract of a renderer: the pure translator from a plan to one backend's files and commands. A renderer never
// reads, writes or runs anything; apply/transaction.ts does that for all of them.

import type { Mac } from '../agent/model/address.ts';
import type { BackendName, HostFacts } from '../agent/model/host.ts';
import type { LinkIdentity } from '../agent/model/link-identity.ts';
import type { EniPlan } from '../agent/model/network-plan.ts';
import type { RuleLimits } from '../agent/model/rule-words.ts';
import { oncePer } from '../agent/model/value.ts';
import { versionAtLeast } from './formats/version-order.ts';

/** What makes a file ours. It never changes, so that each version recognises the files of all others. */
const mark = 'Written by eni-agent;';

/** The comment in the first line of every file we write (the second in a script). A file without its mark is foreign and is never touched. */
export const marker = `${mark} changes are lost. "eni-agent remove" takes it away.`;

/** True for a file of ours: one of the first three lines is a comment that begins with the mark. */
export function isMarked(text: string): boolean {
  return text.split('\n', 3).some(line => line.startsWith(`# ${mark}`));
}

export interface FileText {
  /** Absolute path on the target. */
  readonly path: string;
  /** File permissions, e.g. 0o644. */
  readonly mode: number;
  readonly content: string;
}

export interface RenderedFile extends FileText {
  /** The ENIs that it is made for, by MAC: it is another file if one of them is another. Empty: whatever the ENIs are. */
  readonly enis: readonly Mac[];
}

type FilesOf = (eni: EniPlan, facts: HostFacts) => readonly FileText[];

/** The files of one ENI after the other. A plan and facts that are the same ones make them once. */
export function filesOfEach(
  enis: readonly EniPlan[],
  facts: HostFacts,
  filesOf: FilesOf,
): readonly RenderedFile[] {
  return enis.flatMap(madeBy(filesOf)(facts));
}

const madeBy = oncePer((filesOf: FilesOf) =>
  oncePer((facts: HostFacts) =>
    oncePer((eni: EniPlan): readonly RenderedFile[] =>
      filesOf(eni, facts).map(file => ({ ...file, enis: [eni.mac] })),
    ),
  ),
);

/** When a command runs. `validate` and `before-write` come before any file changes, `after-write` makes the backend load the files. */
export type Phase = 'validate' | 'before-write' | 'after-write';

export interface Command {
  readonly phase: Phase;
  /** No shell: program and arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Failure is expected in a normal case (the link has gone); verify decides. */
  readonly mayFail?: boolean;
  /**
   * It brings a link up or down by itself (ifup, ifdown) and does not ask a service to: it runs scripts of administrators and leaves a DHCP
   * client behind, for which our own sandbox is no place.
   */
  readonly outside?: boolean;
  /**
   * What it is for, where the apply has to know: `load` makes the service load its files, all that have changed; `wait` waits until it
   * has; `kernel` changes objects of the kernel that it names in full.
   */
  readonly does?: 'load' | 'wait' | 'kernel';
  /**
   * It takes down whatever link has this name. The kernel may have numbered the links anew since the file was written: it is not run where the
   * name is the primary's, or that of another NIC that is up.
   */
  readonly takesDown?: string;
}

/** How a change gets from the plan into the kernel. */
export type Travel =
  /**
   * The agent makes it with `ip`, the file is written beside it, and the service is left alone: it would take away and add again what must
   * not be missing for a moment.
   */
  | 'kernel'
  /** The service loads the files. */
  | 'files'
  /** By way of files with the rules of both: the service takes the old rules away before it adds the new ones. */
  | 'files-in-two-steps'
  /** The same, but rules that stand in the kernel already are as good as its own: the agent adds the new ones before the service is told. */
  | 'rules-first';

/** What one apply changes, per ENI. `before` and `after` are the plans on either side. */
export type EniChange =
  | { readonly kind: 'added'; readonly after: EniPlan }
  | { readonly kind: 'changed'; readonly before: EniPlan; readonly after: EniPlan }
  /** `linkPresent` false: the link went away with the ENI. */
  | { readonly kind: 'removed'; readonly before: EniPlan; readonly linkPresent: boolean };

/** The ENI that a change is about: as it is to be, or as it was if it goes. */
export function eniOf(change: EniChange): EniPlan {
  return change.kind === 'removed' ? change.before : change.after;
}

/** Where somebody else configures a link that the plan wants to configure. */
export interface Claim {
  /** The file that says it. */
  readonly path: string;
  /** Of the file, counted from 1: what makes it fit this link. Absent where no line does (an empty file, the name of the file). */
  readonly line?: number;
  /** What it says of the link, in a few words: `[Match] MACAddress=00:16:3e:00:00:02 fits eth1`. */
  readonly text: string;
  /**
   * `image`: a catch-all that an image ships for every NIC, with no more than DHCP. It is evidence, and no reason to leave the link alone:
   * it is what the agent is there to take over. `unknown`: a file that nobody can read, which may be about any link: a reason to leave a link
   * alone that is not ours yet, and none to give up one that is.
   */
  readonly of?: 'image' | 'unknown';
}

/**
 * netplan's generator makes the files that networkd loads out of ours, and would write those of everybody anew. It
 * runs on a private copy, as the `validate` command of activate(), and only what it made for our ENIs is installed.
 */
export interface NetplanGenerator {
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
  /** Unit of the service. */
  readonly unit: string;
}

export interface OwnFiles {
  readonly dir: string;
  readonly name: RegExp;
  /** Another proof than the mark, where a tool of the backend writes a file of ours anew and drops its comments. */
  readonly isOurs?: (text: string) => boolean;
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
  readonly ownFiles: readonly OwnFiles[];

  /**
   * All files for these ENIs: the same plans give the same bytes, whatever the order of their parts. No ENI gives no
   * file. Must not put a default route into main except where a plan has one in table 254.
   */
  render(enis: readonly EniPlan[], facts: HostFacts): readonly RenderedFile[];

  /**
   * Commands, least disruptive first choice of the reference; an empty list of changes gives none. Never touches the primary link.
   *
   * @param reloadHazard why the service must not be made to reload now (apply/netplan/loaded.ts); undefined: it may
   */
  activate(changes: readonly EniChange[], facts: HostFacts, reloadHazard?: string): readonly Command[];

  /** Of netplan alone, where a program stands between our files and the service; only there a reload may be a hazard. */
  readonly netplanGenerator?: NetplanGenerator;

  /**
   * Who else configures the link, by the rules of the service itself: the files that are effective, and what of them fits this link. Empty:
   * nobody does. Reads facts only. A criterion about which nothing is known (a driver, a udev property) is taken to fit, for what is left
   * alone by mistake can be mended by a person, and what is taken away cannot.
   */
  claims(link: LinkIdentity, facts: HostFacts): readonly Claim[];

  /**
   * The run-time file with which the distribution's own hot-plug helper configured a link that was not defined yet: it makes
   * way for ours (and comes back in a rollback). Undefined where there is none.
   */
  supersedes?(link: string, facts: HostFacts): string | undefined;
  /** Where such files are: what a checkpoint may name beside our own. */
  readonly supersededFiles?: Pick<OwnFiles, 'dir' | 'name'>;

  /** How this change travels; see activate() for the last parameter. */
  travel(change: EniChange, facts: HostFacts, reloadHazard?: string): Travel;

  /** The first version that can say of the gateway of an IPv6 route that it is on the link; undefined: all that are supported. */
  readonly ipv6OnLinkSince?: { readonly tool: string; readonly version: string };
  /** Words of the rule scheme that the plan has to do without on this backend. Nothing: it says them all, in its files or by a script. */
  ruleLimits?(facts: HostFacts): RuleLimits;

  /**
   * What the backend deletes of others when it loads a file of ours; apply/others/foreign-guard.ts puts it back. Nothing where the backend is
   * not known for it: what is missing afterwards its owner has taken away.
   */
  readonly dropsForeign?: readonly ('rule' | 'address' | 'route')[];
}

export type { EniPlan, HostFacts };

/**
 * Why the gateway of an IPv6 route cannot be said to be on the link; undefined: it can. Linux before 4.16 does not look at the flag, and then
 * refuses the gateway (fc1e64e1092f).
 */
export function noIpv6OnLink(renderer: Renderer, facts: HostFacts): string | undefined {
  if (versionAtLeast(facts.versions.kernel, '4.16') === false)
    return 'its gateway is not link-local, and a kernel before 4.16 takes such a one only where main has its network';
  const since = renderer.ipv6OnLinkSince;
  return since === undefined || versionAtLeast(facts.versions[since.tool], since.version) !== false
    ? undefined
    : `its gateway is not link-local, and ${renderer.name} can say that it is on the link from version ${since.version} on`;
}
