// By what a network service can recognise a link. Its name is only one of the ways: an administrator who wants a certain NIC matches by its
// MAC, and a file may name the driver, the bus path or an alternative name. Data only.
import type { Mac } from './address.ts';

export interface LinkIdentity {
  readonly name: string;
  /** IFLA_ALT_IFNAME: more names of the same link (kernel 5.5; udev gives `enp0s6` beside a renamed `eth1`). */
  readonly altNames: readonly string[];
  readonly mac: Mac | undefined;
  /** The MAC that is burnt in, if the kernel tells one; the same as `mac` unless somebody changed that. */
  readonly permanentMac: Mac | undefined;
  /** Undefined: not known, as for the link of a mounted image. */
  readonly driver: string | undefined;
  /** rtnetlink kind; undefined for a physical NIC. */
  readonly kind: string | undefined;
  /** udev's properties (`ID_PATH`, `ID_NET_DRIVER`, ...); undefined: not known, which is not the same as none. */
  readonly properties: Readonly<Record<string, string>> | undefined;
}

/** A link of which nothing is known but its name and perhaps its MAC: what a person gives who asks about a mounted image. */
export function namedLink(name: string, mac?: Mac): LinkIdentity {
  return {
    name,
    altNames: [],
    mac,
    permanentMac: mac,
    driver: undefined,
    kind: undefined,
    properties: undefined,
  };
}

/** All names by which a service may know the link. */
export function namesOf(link: LinkIdentity): readonly string[] {
  return [link.name, ...link.altNames];
}
