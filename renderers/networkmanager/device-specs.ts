// How NetworkManager compares a device with a list of specs (`unmanaged-devices=`, `match-device=`) and with the patterns of a profile's
// [match]. Source: nm_match_spec_device, nm_wildcard_match_check and _pattern_parse of NetworkManager 1.26 to 1.58. Reads no file.

import { parseMac } from '../../agent/model/address.ts';
import { globMatches } from '../../agent/model/glob.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';

/** Undefined: depends on what is not known of the link. */
type Fit = boolean | undefined;

/** The spec of the list that makes it fit the link; undefined: it does not fit. What is not known fits, and excepts nothing. */
export function fittingSpec(specs: readonly string[], link: LinkIdentity): string | undefined {
  const prefix = /^except:/i;
  const excepted = specs.filter(spec => prefix.test(spec));
  const named = specs.filter(spec => !prefix.test(spec));
  if (excepted.some(spec => fitsSpec(spec.replace(prefix, ''), link, false) === true)) return undefined;
  if (named.length === 0) return excepted[0];
  return named.find(spec => fitsSpec(spec, link, true) !== false);
}

/** @param fuzzy a MAC or a name without a word before it is one as well */
function fitsSpec(spec: string, link: LinkIdentity, fuzzy: boolean): Fit {
  if (spec === '*') return true;
  const [, word = '', rest = ''] =
    /^(type|mac|interface-name|driver|s390-subchannels|dhcp-plugin):([\s\S]*)$/i.exec(spec) ?? [];
  switch (word.toLowerCase()) {
    case 'type':
      // A veth is of another type than the NICs for which it stands in a test.
      return rest === (link.kind === 'veth' ? 'veth' : 'ethernet');
    case 'mac':
      return fitsMac(rest, link);
    case 'interface-name':
      return rest.startsWith('=') ? rest.slice(1) === link.name : fitsName(rest.replace(/^~/, ''), link.name);
    case 'driver':
      return fitsDriver(rest, link.driver);
    case 's390-subchannels':
      return false;
    // Each link or none, by the client that is in use: main.dhcp=, or the default of the build.
    case 'dhcp-plugin':
      return undefined;
    default:
      return fuzzy && (spec === link.name || (parseMac(spec) !== undefined && fitsMac(spec, link)));
  }
}

/** By the address that is burnt in. */
function fitsMac(text: string, { permanentMac, mac }: LinkIdentity): Fit {
  const own = permanentMac ?? mac;
  return own === undefined ? undefined : parseMac(text) === own;
}

/** GLib's pattern: `*` and `?`, and nothing else. */
function fitsName(pattern: string, name: string): boolean {
  return pattern === name || globMatches(pattern.replaceAll('[', '[[]'), name);
}

/** `NAME` or `NAME/VERSION`; the version is not known, so any may be. */
function fitsDriver(text: string, driver: string | undefined): Fit {
  if (driver === undefined) return undefined;
  const slash = text.lastIndexOf('/');
  return slash < 0 ? text === driver : text.slice(0, slash) === driver && undefined;
}

export interface PatternFit {
  readonly fits: boolean;
  /** By a pattern with a star alone, or by none that asks for something: of many links. */
  readonly isWide: boolean;
}

/**
 * `[match]`: all patterns with `&` or `!` in front, and one of the others. `|` is what there is without a sign, a backslash ends the signs.
 *
 * @param text undefined: not known, and taken to fit
 */
export function fitsPatterns(patterns: readonly string[], text: string | undefined): PatternFit {
  const all = patterns.map(pattern => {
    const [, sign = '', inverted = '', rest = ''] = /^([&|]?)(!?)\\?([\s\S]*)$/.exec(pattern)!;
    const isMatch = text === undefined ? undefined : globMatches(rest, text) !== (inverted !== '');
    return { isMatch, isMandatory: sign === '&' || (sign === '' && inverted !== ''), inverted, rest };
  });
  const mandatory = all.filter(one => one.isMandatory);
  const optional = all.filter(one => !one.isMandatory);
  const fitting = optional.filter(one => one.isMatch !== false);
  const narrow = [...mandatory, ...fitting].some(one => one.inverted === '' && !one.rest.includes('*'));
  return {
    fits: mandatory.every(one => one.isMatch !== false) && (optional.length === 0 || fitting.length > 0),
    isWide: !narrow,
  };
}
