// Which profiles of others fit a link, as NetworkManager compares them with a device. Source: check_connection_compatible of nm-device.c and
// nm-device-ethernet.c, nm-keyfile.c of NetworkManager 1.18 to 1.58. Reads facts.files only.
import { type Mac, parseMac } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import { type Claim, isMarked } from '../renderer.ts';
import { fitsPatterns } from './device-specs.ts';
import { effectiveProfiles, isGenerated, type Profile } from './profiles.ts';
import { type Keyfile, type KeyfileValue, listOf, stringOf } from './read-keyfile.ts';
import { isOurProfile } from './uuid.ts';

/** `autoconnect-priority` of our profiles: above NetworkManager's own "Wired connection N" (-999) and cloud-init's profiles (120). */
export const ourPriority = 200;

export function findProfileClaims(link: LinkIdentity, facts: HostFacts): readonly Claim[] {
  return effectiveProfiles(facts)
    .filter(({ text }) => !isMarked(text) && !isOurProfile(text) && !isGenerated(text))
    .flatMap(profile => claimBy(profile, link, facts) ?? []);
}

function claimBy({ path, keyfile }: Profile, link: LinkIdentity, facts: HostFacts): Claim | undefined {
  const connection = keyfile.get('connection');
  const type = stringOf(connection?.get('type')) ?? impliedType(keyfile);
  const parent = type === 'pppoe' ? keyfile.get('pppoe')?.get('parent') : undefined;
  if (parent !== undefined && stringOf(parent) === link.name)
    return { path, line: parent.line, text: `[pppoe] parent=${link.name}` };
  const name = connection?.get('interface-name');
  const byName = name !== undefined && stringOf(name) !== '';
  if (byName && stringOf(name) !== link.name) return undefined;
  if (!isForNics(type)) {
    // Of a kind that is made by its name: a VLAN stands on the link and is none of it. By the same name it would be in its way.
    return byName
      ? { path, line: name.line, text: `[connection] interface-name=${link.name}, type=${type}` }
      : undefined;
  }
  const wired = wiredOf(keyfile);
  const mac = wired.get('mac-address');
  if (!fitsMac(mac, link) || isDenied(wired, link)) return undefined;
  const match = fitsMatch(keyfile, link, facts);
  if (!match.fits) return undefined;
  if (byName) return { path, line: name.line, text: `[connection] interface-name=${link.name}` };
  if (mac !== undefined && mac.text !== '')
    return { path, line: mac.line, text: `[ethernet] mac-address=${mac.text} fits ${link.name}` };
  if (match.narrow !== undefined)
    return { path, line: match.narrow.line, text: `[match] ${match.narrow.text} fits ${link.name}` };
  return catchAll(path, keyfile, link.name);
}

/** Without a type it is that of the group that is there. */
function impliedType(keyfile: Keyfile): string | undefined {
  return ['vlan', 'bond', 'bridge', 'team', 'vpn', 'wireguard', 'wifi'].find(kind => keyfile.has(kind));
}

/** A veth is the NIC of a container or of a test. */
function isForNics(type: string | undefined): boolean {
  return type === undefined || ['ethernet', '802-3-ethernet', 'pppoe', 'veth'].includes(type);
}

/** The group has two names; where both are there either counts. */
function wiredOf(keyfile: Keyfile): ReadonlyMap<string, KeyfileValue> {
  return new Map([...(keyfile.get('802-3-ethernet') ?? []), ...(keyfile.get('ethernet') ?? [])]);
}

/** By the address that is burnt in. What cannot be read fits: NetworkManager ignores such a key, with a warning. */
function fitsMac(value: KeyfileValue | undefined, { permanentMac, mac }: LinkIdentity): boolean {
  const asked = value === undefined ? undefined : macOf(value);
  const own = permanentMac ?? mac;
  return asked === undefined || own === undefined || asked === own;
}

/** `00:16:3E:00:00:02`, or as versions before 1.0 wrote it, a list of numbers: `0;22;62;0;0;2;`. */
function macOf(value: KeyfileValue): Mac | undefined {
  const bytes = listOf(value).map(Number);
  const isOld = bytes.length === 6 && bytes.every(byte => Number.isInteger(byte) && byte >= 0 && byte < 256);
  return parseMac(
    isOld
      ? Buffer.from(bytes)
          .toString('hex')
          .replace(/..(?!$)/g, '$&:')
      : value.text,
  );
}

/** `mac-address-denylist` since 1.48; before that, and still, `-blacklist`. */
function isDenied(wired: ReadonlyMap<string, KeyfileValue>, { permanentMac, mac }: LinkIdentity): boolean {
  const denied = ['mac-address-denylist', 'mac-address-blacklist'].flatMap(key => listOf(wired.get(key)));
  const own = permanentMac ?? mac;
  return own !== undefined && denied.some(text => parseMac(text.trim()) === own);
}

interface MatchFit {
  readonly fits: boolean;
  /** What fits this link and only a few. */
  readonly narrow?: { readonly line: number; readonly text: string };
}

function fitsMatch(keyfile: Keyfile, link: LinkIdentity, { primaryLink }: HostFacts): MatchFit {
  const match = keyfile.get('match');
  const { properties } = link;
  const criteria: readonly (readonly [key: string, text: string | undefined])[] = [
    ['interface-name', link.name],
    ['driver', link.driver],
    ['path', properties === undefined ? undefined : (properties.ID_PATH ?? '')],
    // Nothing is known of the kernel's command line, and it is the same for all links.
    ['kernel-command-line', undefined],
  ];
  let narrow: MatchFit['narrow'];
  for (const [key, text] of criteria) {
    const value = match?.get(key);
    const patterns = listOf(value);
    if (value === undefined || patterns.length === 0) continue;
    const { fits, isWide } = fitsPatterns(patterns, text);
    if (!fits) return { fits };
    // A driver is that of all ENIs, the primary too.
    const isOfAll =
      key === 'interface-name'
        ? isWide && (primaryLink === undefined || fitsPatterns(patterns, primaryLink).fits)
        : key !== 'path';
    if (!isOfAll) narrow ??= { line: value.line, text: `${key}=${value.text}` };
  }
  return narrow === undefined ? { fits: true } : { fits: true, narrow };
}

/**
 * A profile that asks for nothing fits each NIC (and is active on one, unless it says multi-connect). The one of an image has DHCP and a
 * priority below ours. With an address it is somebody's, and with a higher priority ours would never come up at boot.
 */
function catchAll(path: string, keyfile: Keyfile, link: string): Claim {
  const priority = Number(stringOf(keyfile.get('connection')?.get('autoconnect-priority')) ?? 0);
  const text = `no interface-name and no mac-address: fits every NIC, ${link} too`;
  if (priority >= ourPriority) return { path, text: `${text}, with autoconnect-priority=${priority}` };
  return isOnlyDhcp(keyfile) ? { path, text, of: 'image' } : { path, text };
}

function isOnlyDhcp(keyfile: Keyfile): boolean {
  const connection = keyfile.get('connection');
  if (['master', 'controller'].some(key => connection?.has(key))) return false;
  return ['ipv4', 'ipv6'].every(family => {
    const keys = keyfile.get(family);
    const method = stringOf(keys?.get('method')) ?? 'auto';
    const more = /^(address(es)?\d*|gateway|routes?\d*|routing-rules?\d*|route-table)$/;
    const isMore = [...(keys ?? [])].some(([key, { text }]) => more.test(key) && text !== '');
    return ['auto', 'dhcp', 'disabled', 'ignore', 'link-local'].includes(method) && !isMore;
  });
}
