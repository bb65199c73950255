// The files of one ENI for the `network` service. Source: the ifup scripts of initscripts 9.03.61 (EL6), 9.49.54 (EL7) and
// 10.00.19, executed. Knows nothing of activation.
import { AgentError } from '../../agent/errors.ts';
import type { Family } from '../../agent/model/address.ts';
import type { EniPlan, PlannedAddress } from '../../agent/model/network-plan.ts';
import { linkWord, routeWords, ruleWords } from '../formats/ip-commands.ts';
import { macOf } from '../formats/own-link.ts';
import { renderVariables, type Variable } from '../formats/shell-variables.ts';
import { type FileText, marker } from '../renderer.ts';

export const ifcfgFolder = '/etc/sysconfig/network-scripts';

/**
 * Set to zero before the link is up. The first two keep a router's default route and addresses away; without duplicate address
 * detection (cloud addresses are unique) EL7's ifup-ipv6 does not wait for it, up to 30 s. Slashes, for links with a dot.
 */
export function sysctlKeys(link: string): readonly string[] {
  return ['accept_ra', 'autoconf', 'accept_dad'].map(key => `net/ipv6/conf/${linkWord(link)}/${key}`);
}

/** The suffix of each file is the name of the link: ifup reads route- and rule- files by both, and twice if they differ. */
export function renderIfcfgFiles(eni: EniPlan): readonly FileText[] {
  const link = linkWord(eni.link);
  const file = (path: string, content: string): FileText => ({ path, mode: 0o644, content });
  const leased = eni.addressing === 'dhcp';
  return [
    file(`${ifcfgFolder}/ifcfg-${link}`, renderVariables(mainVariables(eni), 'needed')),
    ...(leased ? aliasFiles(eni).map(([name, text]) => file(`${ifcfgFolder}/${name}`, text)) : []),
    ...lineFiles(eni).map(([name, lines]) => file(`${ifcfgFolder}/${name}`, withMarker(lines))),
    ...(leased ? [file(dhclientPath(eni), withMarker(dhclientLines(eni)))] : []),
    file(`${ifcfgFolder}/keys-${link}`, withMarker(keysLines(eni))),
  ];
}

function mainVariables(eni: EniPlan): readonly Variable[] {
  const static4 = eni.addresses.filter(a => a.family === 4 && !a.dynamic);
  const leased = eni.addressing === 'dhcp';
  return [
    ['DEVICE', linkWord(eni.link)],
    // Another ENI under this name is then refused ("different MAC address than expected") instead of misconfigured.
    ['HWADDR', eni.mac.toUpperCase()],
    ['TYPE', 'Ethernet'],
    ['ONBOOT', 'yes'],
    // A running NetworkManager (EL7) would take the file over, and it does not apply rule- files.
    ['NM_CONTROLLED', 'no'],
    // Amazon Linux 2: ec2-net-utils 1.x rewrites the file of every ENI and deletes its route- files unless it reads exactly this.
    ['EC2SYNC', 'no'],
    ['BOOTPROTO', leased ? 'dhcp' : 'none'],
    // ifup-eth ignores IPADDRn beside DHCP: there the secondaries are aliases.
    ...(leased ? dhcpVariables(eni) : static4.flatMap(addressVariables)),
    // No GATEWAY, here or in an alias: ifup-aliases puts it into main whatever DEFROUTE says, and without one it takes that of
    // /etc/sysconfig/network, unless NO_ALIASROUTING is set.
    ['DEFROUTE', 'no'],
    ['NO_ALIASROUTING', 'yes'],
    // Also keeps ifdown-post from putting an old resolv.conf back.
    ['PEERDNS', 'no'],
    ['PEERNTP', 'no'],
    // Without it 169.254.0.0/16 goes to main by this link, where the metadata service lives.
    ['NOZEROCONF', 'yes'],
    ...(eni.mtu === undefined ? [] : [['MTU', eni.mtu] as const]),
    ...ipv6Variables(eni),
  ];
}

function dhcpVariables(eni: EniPlan): readonly Variable[] {
  return [
    // Keeps asking after the first lease has run out. The first one blocks ifup until the timeout of our file for dhclient; with
    // no lease ifup-eth ends before routes, rules, aliases and IPv6.
    ['PERSISTENT_DHCLIENT', 'yes'],
    ['DHCLIENTARGS', `-cf ${dhclientPath(eni)}`],
    ['DHCP_SEND_HOSTNAME', 'no'],
  ];
}

/**
 * Not `dhclient-LINK.conf`, which ifup finds by the name of the link: a primary that has the name after a boot, with an ifcfg file that
 * cloud-init has written anew over ours, would get its lease as a /32 and without name servers.
 */
function dhclientPath({ link }: EniPlan): string {
  return `/etc/dhcp/eni-${linkWord(link)}.conf`;
}

/**
 * `keys-LINK`, meant for the keys of wireless links, is what the scripts source right behind ifcfg-LINK, so before the link is up. A file of
 * sysctl.d goes by the name alone: at a boot that exchanges names it would take router advertisements away from the primary.
 */
function keysLines({ link, mac }: EniPlan): readonly string[] {
  const values = sysctlKeys(link).map(key => `${key}=0`);
  return [
    '# ifup reads this before the link is up: no router is heard on it. Another NIC may have the name by now.',
    `if [ "${macOf(linkWord(link))}" = ${mac} ]; then`,
    `  sysctl -q -e -w ${values.join(' ')} 2> /dev/null`,
    'fi',
  ];
}

/** expand_config reads IPADDR, IPADDR1, IPADDR2 and so on up to the first gap; nothing is inherited from one to the next. */
function addressVariables(address: PlannedAddress, index: number): readonly Variable[] {
  const n = index === 0 ? '' : String(index);
  return [
    [`IPADDR${n}`, address.ip],
    [`PREFIX${n}`, address.prefixLength],
    // `arping -D` takes 2-3 s for each address, and one answer (a cloud's proxy ARP) aborts the whole ifup.
    [`ARPCHECK${n}`, 'no'],
    // The announcement (`arping -A -c 1`) takes ifup 1 s for each address, and a VPC does not learn from ARP who has one.
    [`ARPUPDATE${n}`, 'no'],
  ];
}

/**
 * IPV6INIT=yes also without an IPv6 address: with `no`, ifup-ipv6 ends before it turns router advertisements off. There is no
 * key for the default route to leave out: IPV6_DEFROUTE is NetworkManager's.
 */
function ipv6Variables(eni: EniPlan): readonly Variable[] {
  const [first, ...others] = eni.addresses.filter(a => a.family === 6).map(a => `${a.ip}/${a.prefixLength}`);
  return [
    ['IPV6INIT', 'yes'],
    ['IPV6_AUTOCONF', 'no'],
    ...(first === undefined ? [] : [['IPV6ADDR', first] as const]),
    ...(others.length === 0 ? [] : [['IPV6ADDR_SECONDARIES', others.join(' ')] as const]),
  ];
}

/** Static addresses beside DHCP: `ifcfg-eth1:1`, and so on. ifup-aliases runs once the lease is there. */
function aliasFiles(eni: EniPlan): readonly (readonly [string, string])[] {
  return eni.addresses
    .filter(a => a.family === 4 && !a.dynamic)
    .map((address, index) => {
      const label = `${linkWord(eni.link)}:${index + 1}`;
      // The kernel keeps 15 characters of a label, and ip refuses more: the address would be missing without a word.
      if (label.length > 15)
        throw new AgentError('bug', `the label "${label}" of ${address.ip} is longer than 15 characters`, {
          hint: 'give the link a shorter name, or set mode = static with a gateway for this ENI',
        });
      const variables: readonly Variable[] = [
        ['DEVICE', label],
        ['IPADDR', address.ip],
        ['PREFIX', address.prefixLength],
        ['ARPCHECK', 'no'],
        ['ARPUPDATE', 'no'],
        ['NO_ALIASROUTING', 'yes'],
        ['ONPARENT', 'yes'],
        ['IPV6INIT', 'no'],
      ];
      return [`ifcfg-${label}`, renderVariables(variables, 'needed')] as const;
    });
}

/**
 * route-, route6-, rule- and rule6- files: each line goes behind `ip -4|-6 route|rule add`, split at blanks, nothing else done
 * to it (so `dev` has to be there), in the order of the file. Without a line there is no file.
 */
function lineFiles(eni: EniPlan): readonly (readonly [string, readonly string[]])[] {
  const link = linkWord(eni.link);
  const of =
    (family: Family) =>
    <T extends { family: Family }>(list: readonly T[]) =>
      list.filter(item => item.family === family);
  const files: readonly (readonly [string, readonly string[]])[] = [
    [`route-${link}`, of(4)(eni.routes).map(r => routeWords(r, link).join(' '))],
    [`route6-${link}`, of(6)(eni.routes).map(r => routeWords(r, link).join(' '))],
    [`rule-${link}`, of(4)(eni.rules).map(r => ruleWords(r).join(' '))],
    [`rule6-${link}`, of(6)(eni.rules).map(r => ruleWords(r).join(' '))],
  ];
  return files.filter(([, lines]) => lines.length > 0);
}

/**
 * dhclient reads this file instead of /etc/dhcp/dhclient.conf. Red Hat's dhclient-script applies options 33 and 121
 * before it looks at DEFROUTE, 0.0.0.0/0 included, so they are not asked for. `routers` is: the lease is where the gateway
 * can be read.
 *
 * No `supersede dhcp-server-identifier 255.255.255.255`, as Amazon Linux 2 has it against unicast renewals that main routes out of
 * the primary's NIC: dhclient (4.4.3) also sends it in its first request, and a server that compares it (dnsmasq 2.90) never
 * answers. Without it a lost renewal is asked for again by broadcast, on the right link, at seven eighths of the lease.
 */
function dhclientLines(eni: EniPlan): readonly string[] {
  const mtu = eni.mtu === undefined ? ', interface-mtu' : '';
  return [
    'timeout 30;',
    `request subnet-mask, broadcast-address, routers${mtu};`,
    // A connected route in main would take the primary's answers to that subnet; our table has it.
    ...(!eni.connectedRoute ? ['supersede subnet-mask 255.255.255.255;'] : []),
  ];
}

function withMarker(lines: readonly string[]): string {
  return `# ${marker}\n${lines.join('\n')}\n`;
}
