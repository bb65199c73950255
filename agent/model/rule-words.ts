// Which words of the rule scheme this kernel and this network service know.
import type { HostFacts } from './host.ts';

/** What the kernel and the network service can say. */
export interface RuleWords {
  /** False where the kernel ignores `suppress_prefixlength` (before 3.12): what asks main would then get its default route. */
  readonly suppressPrefixLength: boolean;
  /** The primary's link group; undefined where the kernel or the service has no `suppress_ifgroup`. */
  readonly primaryGroup: number | undefined;
  /** False where the service cannot bear `iif` and `oif` in a rule (networkd before 240). */
  readonly links: boolean;
  /**
   * False where `oif` is missing from the service, the kernel (before 2.6.33) or its `ip`. Such a kernel drops the word and takes the rest, "from
   * all": the table of the ENI for every packet of the machine.
   */
  readonly boundSockets: boolean;
}

/** What a network service cannot say, or bear, in any way that survives a reboot without the agent. */
export interface RuleLimits {
  readonly primaryGroup?: false;
  readonly links?: false;
}

/** @param base the first of the agent's numbers, which is the number of the primary's link group too */
export function ruleWordsOf(
  { suppressPrefixLength, suppressGroup, ruleOif }: HostFacts['kernel'],
  limits: RuleLimits,
  base: number,
): RuleWords {
  const hasGroup = suppressGroup && limits.primaryGroup !== false;
  return {
    suppressPrefixLength,
    primaryGroup: hasGroup ? base : undefined,
    links: limits.links !== false,
    boundSockets: ruleOif && limits.links !== false,
  };
}

/**
 * The mark by which a packet belongs to an ENI, where its addresses do not tell: the answer of a container to what somebody asked an address of the
 * ENI. The first 8 bits of the mark are ours; in the others Docker, podman, Kubernetes and Tailscale have theirs.
 */
export interface Fwmark {
  readonly value: number;
  readonly mask: number;
}

export const markMask = 0xff00_0000;
const shift = 0x100_0000;

/** @returns undefined for the last slot: 0 is no mark, so that there are 255 */
export function markOf(slot: number): Fwmark | undefined {
  const value = (slot + 1) * shift;
  return value > markMask ? undefined : { value, mask: markMask };
}

/** As `ip` prints it, and every network service takes it: `0x1000000/0xff000000`. */
export function fwmarkText({ value, mask }: Fwmark): string {
  return `${hex(value)}/${hex(mask)}`;
}

/** Undefined for one that is not ours: another mask, or none of its bits. */
export function parseOwnMark(text: string): Fwmark | undefined {
  const [value, mask] = text.split('/').map(Number);
  const isOurs = mask === markMask && value !== undefined && value > 0 && value % shift === 0;
  return isOurs && value <= markMask ? { value, mask } : undefined;
}

export function hex(number: number): string {
  return `0x${number.toString(16)}`;
}

/** What published-ports = yes gives the ENI with this slot, or why it does not. */
export function markFor(
  slot: number,
  words: RuleWords,
): { readonly fwmark?: Fwmark | undefined; readonly notes: readonly string[] } {
  const fwmark = markOf(slot);
  const without = (why: string) => ({ notes: [`published-ports: not for this ENI, because ${why}`] });
  if (fwmark === undefined) return without(`slot ${slot} has no mark left`);
  return words.suppressPrefixLength
    ? { fwmark, notes: [] }
    : without('the kernel has no suppress_prefixlength');
}
