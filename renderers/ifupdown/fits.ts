// What of interfaces(5) can mean a certain link: patterns of names and MACs, ports of a bond or a bridge, commands by hand. Source:
// expand_matches() and variable_match() of ifupdown 0.8.20 to 0.8.44; the scripts of ifenslave 2.7 to 2.13, bridge-utils 1.5 to 1.7 and
// openvswitch-switch; interfaces-bond(5) and interfaces-bridge(5) of ifupdown-ng. What cannot be told is taken to fit.
import { globMatches } from '../../agent/model/glob.ts';
import { type LinkIdentity, namesOf } from '../../agent/model/link-identity.ts';

/** fnmatch(3) without flags: of `mapping eth*`. */
export function fitsName(pattern: string, link: LinkIdentity): boolean {
  return namesOf(link).some(name => globMatches(pattern, name));
}

/**
 * An item of `auto`, `allow-*` or `rename`: `NAME`, `/NAMES` or `VARIABLE/VALUES`, then `/N` for the Nth link that fits, then `=LOGICAL`. Which
 * link is the Nth depends on the order in which the kernel has found them.
 */
export function fitsPattern(item: string, link: LinkIdentity): boolean {
  const [, variable, values] = /^([^/]*)\/([^/=]*)/.exec(item) ?? [];
  if (variable === undefined || values === undefined) return namesOf(link).includes(item.split('=')[0]!);
  // `@(eth1|eth2)` of FNM_EXTMATCH.
  const fits = (text: string) => /[?*+@!]\(/.test(values) || globMatches(values, text);
  // Patterns are compared with the kernel's own name, never with an alternative one.
  if (variable === '') return fits(link.name);
  // A file below /sys/class/net/LINK; the kernel writes a MAC in small letters, and the comparison knows no others.
  if (!/^(mac|address)$/i.test(variable)) return true;
  return link.mac === undefined || fits(link.mac);
}

/** Options that name the ports of another link; a hyphen and an underscore are the same to the scripts. */
const portOptions =
  /^(bond-slaves|slaves|bond-members|bridge-ports|ovs-ports|ovs-bonds|team-ports|batman-ifaces|vrf-members)$/;

/** `bond-slaves eth1 eth2`, `bridge_ports regex eth.* noregex tap0`, `slaves all`. */
export function hasPort([option = '', ...words]: readonly string[], link: LinkIdentity): boolean {
  if (!portOptions.test(option.replaceAll('_', '-'))) return false;
  let isRegex = false;
  return words.some(word => {
    if (word === 'regex' || word === 'noregex') {
      isRegex = word === 'regex';
      return false;
    }
    if (isRegex) return fitsRegex(word, link);
    // `all` is every Ethernet link that there is. A pattern is the shell's (bridge-utils) or one of `auto`.
    return word === 'all' || (word.includes('/') ? fitsPattern(word, link) : fitsName(word, link));
  });
}

const mostRepetitions = 4;

/** bridge-utils asks `grep -E`. What JavaScript reads in another way, or not at all, is taken to fit: the link is better left alone. */
function fitsRegex(text: string, link: LinkIdentity): boolean {
  if (/\[[.:=]|\\[<>`']/.test(text)) return true;
  // Each way to share a name between many of these is tried: twenty take hours.
  if ((text.match(/[*+?{]/g)?.length ?? 0) > mostRepetitions) return true;
  try {
    const pattern = new RegExp(`^(?:${text})$`);
    return namesOf(link).some(name => pattern.test(name));
  } catch {
    return true;
  }
}

/** Programs that give a link an address or a master, before the link's name. What only reads or tunes it (iptables, ethtool) is not there. */
const configuring = [
  [/\bip\b/, /\b(a|addr|address)\s+(add|append|replace|change)\b/],
  [/\bip\b/, /\bmaster\b/],
  [/\bovs-vsctl\b/, /\badd-port\b/],
  [/\b(ifenslave|brctl\s+addif|dhclient|dhcpcd|udhcpc|ifup)\b/, /^/],
  [/\bifconfig\s+\S+\s+([\d.]+|inet6?|add)\b/, /^/],
] as const;

/** One behind the other; as one expression it would try each of the first with each place behind it. */
function configures(command: string): boolean {
  return configuring.some(([first, then]) => {
    const at = command.search(first);
    return at >= 0 && then.test(command.slice(at));
  });
}

/** A command of a stanza that configures the link by hand: `up ip addr add 10.0.2.7/32 dev eth1`. */
export function touches([option = '', ...words]: readonly string[], link: LinkIdentity): boolean {
  if (!/^(pre-up|up|post-up)$/.test(option)) return false;
  return words
    .join(' ')
    .split(/;|&&|\|\|/)
    .some(command => namesOf(link).some(name => hasWord(command, name)) && configures(command));
}

/** An alias (`eth1:0`) counts, and a VLAN (`eth1.5`) does not. */
function hasWord(command: string, name: string): boolean {
  return command.split(/[\s"'=]+/).some(word => word === name || word.startsWith(`${name}:`));
}
