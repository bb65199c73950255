// Foreign definitions of a link in the files of SUSE. Source: client/suse/compat-suse.c of wicked 0.6, `getcfg` of sysconfig 0.71 (SLES 11),
// ifcfg(5), ifcfg-bonding(5), ifcfg-bridge(5).
import type { HostFacts } from '../../agent/model/host.ts';
import { type LinkIdentity, namesOf } from '../../agent/model/link-identity.ts';
import { type Assignment, assignmentsIn } from '../formats/shell-variables.ts';
import { type Claim, isMarked } from '../renderer.ts';

const folder = '/etc/sysconfig/network';
const wickedFolder = '/etc/wicked/ifconfig';

/** ni_suse_ifcfg_valid_suffix of wicked; any other name, `.tmp` too, is a link for it. */
const backup = /(?:~|\.old|\.bak|\.orig|\.scpmbackup|\.rpmnew|\.rpmsave|\.rpmorig)$/;

export function findSuseClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  return Object.entries(facts.files).flatMap(([path, text]) => {
    if (isMarked(text) || backup.test(path)) return [];
    if (path.startsWith(`${wickedFolder}/`)) return wickedClaim(path, text, link);
    if (!path.startsWith(`${folder}/`)) return [];
    const name = path.slice(folder.length + 1);
    if (/^(?:ifroute|ifrule|ifsysctl)-/.test(name))
      return namesOf(link).some(n => name.endsWith(`-${n}`))
        ? [{ path, text: `belongs to ${link.name}` }]
        : [];
    return name.startsWith('ifcfg-') ? ifcfgClaim(path, text, name.slice('ifcfg-'.length), link) : [];
  });
}

function ifcfgClaim(path: string, text: string, suffix: string, link: LinkIdentity): readonly Claim[] {
  const byName = fitsByName(suffix, link);
  if (byName !== undefined) return [{ path, text: byName }];
  const assigned = assignmentsIn(text);
  const port = assigned.find(a => isPortOf(a, link));
  if (port !== undefined)
    return [
      { path, line: port.line, text: `${port.key}=${port.value} makes ${link.name} a port of ${suffix}` },
    ];
  // No reader of SUSE looks for it; whoever wrote it meant this link.
  const device = assigned.find(a => a.key === 'DEVICE' && namesOf(link).includes(a.value));
  return device === undefined
    ? []
    : [{ path, line: device.line, text: `DEVICE=${device.value} is ${link.name}` }];
}

/** The name of the file is the name of the link; `eth1:0` an alias; in SLES 10 and 11 also `eth-id-MAC` and `eth-bus-pci-...`. */
function fitsByName(suffix: string, link: LinkIdentity): string | undefined {
  if (namesOf(link).some(name => suffix === name || suffix.startsWith(`${name}:`)))
    return `configures ${link.name}`;
  const mac = /^(?:[a-z]+-)?id-([0-9a-f:]{17})$/i.exec(suffix)?.[1]?.toLowerCase();
  if (mac !== undefined && [link.mac, link.permanentMac].some(own => own === mac))
    return `its name has the MAC of ${link.name}`;
  const bus = /^(?:[a-z]+-)?bus-pci-([0-9a-f:.]+)$/i.exec(suffix)?.[1];
  if (bus === undefined) return undefined;
  const place = link.properties === undefined ? undefined : (link.properties.ID_PATH ?? '');
  if (place === undefined) return `its name has a place on the bus, which may be that of ${link.name}`;
  return place.includes(`pci-${bus}`) ? `its name has the place of ${link.name} on the bus` : undefined;
}

const listsPorts =
  /^(?:BONDING_SLAVE[_A-Z0-9]*|BRIDGE_PORTS|TEAM_PORT_DEVICE[_0-9]*|OVS_BRIDGE_PORT_DEVICE[_0-9]*)$/;

/** A port may be named by its link, or by the suffix of the ifcfg file that is for it. */
function isPortOf({ key, value }: Assignment, link: LinkIdentity): boolean {
  return listsPorts.test(key) && value.split(/\s+/).some(word => fitsByName(word, link) !== undefined);
}

/** wicked(8): XML of its own kind; `<name>eth1</name>`, also with a namespace attribute, is the link. */
function wickedClaim(path: string, text: string, link: LinkIdentity): readonly Claim[] {
  const at = text.split('\n').findIndex(line => {
    const name = /<(?:name|port|device)\b[^>]*>\s*([^<\s]+)\s*</.exec(line)?.[1];
    return name !== undefined && namesOf(link).includes(name);
  });
  return at < 0 ? [] : [{ path, line: at + 1, text: `names ${link.name}` }];
}
