// `forward = yes`: to which subnets of an ENI the machine forwards, as a router or NAT appliance, and why not to the others. Pure.
import { type Cidr, contains, type Mac } from '../model/address.ts';
import type { RuleWords } from '../model/rule-words.ts';
import type { PlanSubnet } from './own-networks.ts';

export interface ForwardingQuestion {
  readonly mac: Mac;
  /** [eni] forward = yes. */
  readonly wanted: boolean;
  /** Of both families. */
  readonly subnets: readonly PlanSubnet[];
  /** What main has of others, or may have. */
  readonly specifics: readonly Cidr[];
  readonly words: RuleWords;
}

export interface Forwarding {
  readonly subnets: readonly Cidr[];
  /** One line for each that is left out: needs attention. */
  readonly refusals: readonly string[];
}

export function forwardingOf(question: ForwardingQuestion): Forwarding {
  const { mac, wanted, words } = question;
  if (!wanted) return { subnets: [], refusals: [] };
  const end = `take the key "forward" out of [eni "${mac}"]`;
  if (!words.links) {
    const why = 'systemd-networkd before 240 cannot bear "iif" in a rule';
    return { subnets: [], refusals: [`forward is left out, because ${why}; ${end}`] };
  }
  const subnets: Cidr[] = [];
  const refusals: string[] = [];
  for (const subnet of question.subnets) {
    const why = objectionTo(subnet, question);
    if (why === undefined) subnets.push(subnet.cidr);
    else refusals.push(`forward: ${subnet.cidr} is left out, because ${why}; ${end}`);
  }
  return { subnets, refusals };
}

/** A rule by destination has to mean one ENI. */
function objectionTo({ cidr, shared }: PlanSubnet, question: ForwardingQuestion): string | undefined {
  if (shared) return 'the primary or another ENI has a part of it';
  // Without the word nothing can be asked before the whole subnet that is in main and inside of it.
  const inside = question.specifics.find(other => other !== cidr && contains(cidr, other));
  return inside === undefined || question.words.suppressPrefixLength
    ? undefined
    : `main has ${inside} in it, and this kernel has no "suppress_prefixlength" (Linux 3.12)`;
}
