// The kernel's settings of one link that decide whether a router of its subnet may configure it.

/** What `sysctl -w` is to set so that no advertisement is heard. Slashes, because a dot in a link name is a separator otherwise. */
export function noAutoconf(link: string): readonly string[] {
  const folder = `net/ipv6/conf/${link}`;
  return [`${folder}/accept_ra=0`, `${folder}/autoconf=0`];
}

/** What an apply, or the service that loads our file, may set on a link. */
export function keptSysctls(link: string): readonly string[] {
  return ['disable_ipv6', 'accept_ra', 'autoconf'].map(name => `net/ipv6/conf/${link}/${name}`);
}
