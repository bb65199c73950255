// Is the link of this name still the ENI's own? A kernel numbers its links anew at each boot: in a file that goes by a name, that name
// may be another NIC's by then, the primary's as well. So whatever of ours goes by a name looks at the MAC first. For a shell.
import type { Mac } from '../../agent/model/address.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { linkWord } from './ip-commands.ts';

/** MAC of the link that a shell variable (`$interface`) names; empty where there is no such link. */
export function macOf(variable: string): string {
  return `$(cat "/sys/class/net/${variable}/address" 2> /dev/null)`;
}

/** Ends a script that is about another link. One that has gone counts as its own: what is left to do for it is to take things away. */
export function ownLinkOrExit(variable: string, { link, mac }: EniPlan): readonly string[] {
  const address = `"/sys/class/net/${variable}/address"`;
  return [
    `[ "${variable}" = ${linkWord(link)} ] || exit 0`,
    '# Another NIC may have the name of this one by now.',
    `[ "$(cat ${address} 2> /dev/null || echo ${mac})" = ${mac} ] || exit 0`,
  ];
}

/** A pattern of `case` for the words NAME MAC. */
export function linkCase({ link, mac }: { readonly link: string; readonly mac: Mac }): string {
  return `"${linkWord(link)} ${mac}"`;
}
