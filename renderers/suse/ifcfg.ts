// What wicked and the ifup scripts of SLES 11 read alike: addresses in ifcfg, the ifsysctl file, where scripts live. Source:
// ifcfg(5) and ifsysctl(5) of sysconfig 0.71 (SLES 11) and wicked 0.6. Knows no activation.
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { linkWord } from '../formats/ip-commands.ts';
import type { Variable } from '../formats/shell-variables.ts';

/** SLES 11 looks for the bare name of a POST_UP_SCRIPT here; wicked is given the whole path. */
export function suseScriptPath(link: string, stage: 'up' | 'down'): string {
  return `/etc/sysconfig/network/scripts/${suseScriptName(link, stage)}`;
}

export function suseScriptName(link: string, stage: 'up' | 'down'): string {
  return `eni-${linkWord(link)}-${stage}`;
}

/**
 * IPADDR, IPADDR_1 ... and IPADDR_6_0 ..., always with a length: without one it is the whole address for wicked, and that of the
 * address before it for SLES 11.
 */
export function suseAddressVariables(eni: EniPlan): readonly Variable[] {
  const written = eni.addresses.filter(a => !a.dynamic);
  const ipv4 = written.filter(a => a.family === 4);
  const ipv6 = written.filter(a => a.family === 6);
  const first = eni.addressing === 'dhcp' ? 1 : 0;
  return [
    ...ipv4.map(
      (a, i): Variable => [i + first === 0 ? 'IPADDR' : `IPADDR_${i + first}`, `${a.ip}/${a.prefixLength}`],
    ),
    ...ipv6.map((a, i): Variable => [`IPADDR_6_${i}`, `${a.ip}/${a.prefixLength}`]),
  ];
}

/**
 * Lines of ifsysctl-LINK, applied before the link is up. wicked knows these keys and ignores most others (rp_filter, arp_ignore)
 * without a word. Cloud addresses are unique: without duplicate address detection they are usable at once.
 */
export function suseSysctlFile(): readonly string[] {
  return ['accept_ra', 'autoconf', 'accept_dad'].map(key => `net.ipv6.conf.$INTERFACE.${key} = 0`);
}
