// Foreign definitions of a link in ifcfg style, for the three backends with such files. Source: network-functions of initscripts
// 9.03 to 10.00, the ifcfg-rh reader of NetworkManager 1.10 to 1.52, ifcfg(5) of SUSE. Reads facts.files only.
import type { HostFacts } from '../../agent/model/host.ts';
import { type Claim, isMarked } from '../renderer.ts';
import { parseVariables } from './shell-variables.ts';

/** Claims below `folder`: ifcfg files by name, alias or DEVICE=, and the files of `companions` (`route`, `rule`, ...) by name. */
function findIfcfgClaims(
  link: string,
  facts: HostFacts,
  folder: string,
  companions: readonly string[],
): readonly Claim[] {
  return Object.entries(facts.files).flatMap(([path, text]): readonly Claim[] => {
    if (!path.startsWith(`${folder}/`) || isMarked(text)) return [];
    const name = path.slice(folder.length + 1);
    if (companions.some(c => name === `${c}-${link}`)) return [{ path, text: `belongs to ${link}` }];
    if (!name.startsWith('ifcfg-')) return [];
    const suffix = name.slice('ifcfg-'.length);
    const variables = parseVariables(text);
    const device = variables.get('DEVICE') ?? suffix;
    // An alias (`ifcfg-eth1:0`) puts addresses on the same link.
    if (![suffix, device].some(n => n === link || n.startsWith(`${link}:`))) return [];
    // cloud-init writes one for every link that it finds at boot; ec2-net-utils 1.x one for each that is plugged in.
    const author = /created by cloud-init/i.test(text) ? ' (written by cloud-init)' : '';
    return [{ path, text: `configures ${link}${author}` }];
  });
}

/** /etc/sysconfig/network-scripts, and the lines of /etc/sysconfig/network that overrule what ours say. */
export function findRedHatClaims(link: string, facts: HostFacts): readonly Claim[] {
  const folder = '/etc/sysconfig/network-scripts';
  const dhclient = `/etc/dhcp/dhclient-${link}.conf`;
  const foreign = facts.files[dhclient];
  return [
    ...findIfcfgClaims(link, facts, folder, ['route', 'route6', 'rule', 'rule6']),
    ...(foreign === undefined || isMarked(foreign) ? [] : [{ path: dhclient, text: `belongs to ${link}` }]),
    ...globalGatewayClaims(link, facts),
  ];
}

/**
 * GATEWAYDEV= and the IPv6 keys decide which link carries the default route, whatever DEFROUTE= says: with our link in them the
 * default of a secondary ENI would go to main (initscripts and ifcfg-rh alike).
 */
function globalGatewayClaims(link: string, facts: HostFacts): readonly Claim[] {
  const path = '/etc/sysconfig/network';
  const variables = parseVariables(facts.files[path] ?? '');
  const hits = [
    ...['GATEWAYDEV', 'IPV6_DEFAULTDEV'].filter(key => variables.get(key) === link),
    ...['IPV6_DEFAULTGW'].filter(key => variables.get(key)?.endsWith(`%${link}`)),
  ];
  return hits.map(key => ({ path, text: `${key}= makes ${link} the link of the default route` }));
}

/** /etc/sysconfig/network of SUSE. */
export function findSuseClaims(link: string, facts: HostFacts): readonly Claim[] {
  return findIfcfgClaims(link, facts, '/etc/sysconfig/network', ['ifroute', 'ifrule', 'ifsysctl']);
}
