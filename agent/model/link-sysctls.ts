// The kernel's settings of one link that decide whether a router of its subnet may configure it.

/** What `sysctl -w` is to set so that no advertisement is heard. Slashes, because a dot in a link name is a separator otherwise. */
export function noAutoconf(link: string): readonly string[] {
  const folder = `net/ipv6/conf/${link}`;
  return [`${folder}/accept_ra=0`, `${folder}/autoconf=0`];
}
