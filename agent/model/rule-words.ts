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
