// Foreign definitions of a link in the files of SUSE. There the name of an ifcfg file is the name of the link; neither DEVICE= nor HWADDR=
// means anything. Source: client/suse/compat-suse.c and client/read-config.c of wicked 0.6.18 to 0.6.80, ifup and functions.common of
// sysconfig 0.71 (SLES 11), ifcfg(5). Reads facts.files only.
import type { HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import { lastAssignments, type Reading } from '../formats/shell-assignments.ts';
import { findUnreadClaims } from '../formats/unread-claims.ts';
import { type Claim, isMarked } from '../renderer.ts';

const folder = '/etc/sysconfig/network';

interface Dialect {
  readonly reading: Reading;
  /** Names that are backups. They matter where a bond or a bridge is defined: its name is then another one. */
  readonly ignored: RegExp;
}

const wickedDialect: Dialect = {
  reading: 'lines',
  ignored: /(~|\.old|\.bak|\.orig|\.scpmbackup|\.rpmnew|\.rpmsave|\.rpmorig)$/,
};

const sles11Dialect: Dialect = { reading: 'shell', ignored: /(~|\.old|\.rpmnew|\.rpmsave|\.scpmbackup)$/ };

/** What takes a link as a port. A VLAN (ETHERDEVICE=), a macvlan or a tunnel only stands on it. */
const portKeys = /^(BONDING_SLAVE|TEAM_PORT_DEVICE|OVS_BRIDGE_PORT_DEVICE|BRIDGE_PORTS$)/;

const isInFolder = (path: string): boolean =>
  path.startsWith(`${folder}/ifcfg-`) || path.startsWith('/etc/wicked/ifconfig/');

export function findWickedClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  return [
    ...findSuseClaims(link, facts, wickedDialect),
    ...findXmlClaims(link, facts),
    ...findUnreadClaims(facts, isInFolder),
  ];
}

export function findSles11Claims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  return [...findSuseClaims(link, facts, sles11Dialect), ...findUnreadClaims(facts, isInFolder)];
}

function findSuseClaims(link: LinkIdentity, facts: HostFacts, dialect: Dialect): readonly Claim[] {
  return Object.entries(facts.files).flatMap(([path, text]): readonly Claim[] => {
    if (!path.startsWith(`${folder}/`) || isMarked(text)) return [];
    const [, kind = '', suffix = ''] = /^(\w+)-(.+)$/.exec(path.slice(folder.length + 1)) ?? [];
    if (/^(ifroute|ifrule|ifsysctl)$/.test(kind))
      return suffix === link.name ? [{ path, text: `belongs to ${link.name}` }] : [];
    if (kind !== 'ifcfg') return [];
    const variables = lastAssignments(text, dialect.reading);
    if (isNameOf(suffix, link)) {
      const author = /created by cloud-init/i.test(text) ? ' (written by cloud-init)' : '';
      return [{ path, text: `configures ${link.name} by its name${author}` }];
    }
    if (dialect.ignored.test(suffix)) return [];
    const port = [...variables.values()].find(
      ({ key, value = '' }) => portKeys.test(key) && value.split(/\s+/).some(word => isNameOf(word, link)),
    );
    if (port === undefined) return [];
    return [{ path, line: port.line, text: `${port.key}= takes ${link.name} as a port` }];
  });
}

/**
 * The link's name, an alias of it, or the name by MAC that SLES 10 gave a configuration (`eth-id-00:16:3e:00:00:02`), which stays on a
 * machine that was upgraded.
 */
function isNameOf(word: string, { name, mac, permanentMac }: LinkIdentity): boolean {
  const byMac = /^(?:\w+-)?id-([0-9a-f:]{17})$/i.exec(word)?.[1]?.toLowerCase();
  if (byMac !== undefined) return byMac === mac || byMac === permanentMac;
  return word === name || word.startsWith(`${name}:`);
}

/**
 * wicked's own format, in /etc/wicked/ifconfig: `<interface>` with a name, or a name in a name space (`<permanent-address>`), and ports
 * of bonds, bridges and teams. Not an XML parser: wicked's has neither CDATA nor entities of its own, and its tags do not nest in
 * themselves here.
 */
function findXmlClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  return Object.entries(facts.files).flatMap(([path, text]): readonly Claim[] => {
    if (!path.startsWith('/etc/wicked/ifconfig/')) return [];
    // Comments make way for as many line ends, so that lines still count.
    const plain = text.replace(/<!--[\s\S]*?(-->|$)/g, comment => comment.replace(/[^\n]/g, ' '));
    const hit = elementsIn(plain).find(({ inner }) => textsOf(inner).some(word => isWordFor(word, link)));
    if (hit === undefined) return [];
    const line = plain.slice(0, hit.at).split('\n').length;
    return [{ path, line, text: `<${hit.tag}> is ${link.name}` }];
  });
}

/** The elements that may name a link, with what stands in them. One by one: an expression for both ends looks for each end to the end of the file. */
function elementsIn(
  text: string,
): readonly { readonly tag: string; readonly at: number; readonly inner: string }[] {
  const found: { tag: string; at: number; inner: string }[] = [];
  const unclosed = new Set<string>();
  let end = 0;
  for (const { 0: open, 1: tag = '', index: at } of text.matchAll(/<(name|port|slave|match)\b[^<>]*>/g)) {
    if (at < end || unclosed.has(tag)) continue;
    const closing = new RegExp(`</${tag}\\s*>`, 'g');
    closing.lastIndex = at + open.length;
    const close = closing.exec(text);
    if (close === null) unclosed.add(tag);
    else {
      found.push({ tag, at, inner: text.slice(at + open.length, close.index) });
      end = closing.lastIndex;
    }
  }
  return found;
}

function textsOf(inner: string): readonly string[] {
  return inner.split(/<[^>]*>/).map(word => word.trim());
}

function isWordFor(word: string, { name, mac, permanentMac }: LinkIdentity): boolean {
  const lower = word.toLowerCase();
  return word === name || (lower !== '' && (lower === mac || lower === permanentMac));
}
