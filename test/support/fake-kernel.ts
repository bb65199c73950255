// The network state of a made-up Linux: links, addresses, routes, rules, and what the kernel itself does when one of them changes
// (connected routes, flushing, refusing). Behaviour as measured on Linux 6.18 with iproute2 6.1.0, in a network namespace of
// its own. What is not modelled throws, so that no test passes by accident. Knows no command line and no program.
import {
  contains,
  type Family,
  familyOf,
  type Ip,
  isLinkLocal,
  networkOf,
  prefixLengthOf,
} from '../../agent/model/address.ts';
import {
  addressOf,
  type FakeAddress,
  type FakeLink,
  type FakeNeighbour,
  type FakeRoute,
  type FakeRule,
  IpRefusal,
  isConnectedBy,
  isSameSlot,
  isSameSubnet,
  mainTable,
  routeOf,
  ruleOf,
} from './fake-kernel-objects.ts';

export class FakeKernel {
  links: FakeLink[] = [];
  addresses: FakeAddress[] = [];
  routes: FakeRoute[] = [];
  rules: FakeRule[] = [];
  /** Nobody is asked here: only what a test puts in. */
  neighbours: FakeNeighbour[] = [];
  /** Kernel and `ip` of 5.5 and later; most stories do without. */
  hasAltNames: boolean;

  constructor(hasAltNames = false) {
    this.hasAltNames = hasAltNames;
    this.addLink({ name: 'lo', index: 1, up: true, mtu: 65536 });
    for (const [ip, prefixLength] of [
      ['127.0.0.1', 8],
      ['::1', 128],
    ] as const)
      this.addresses.push(addressOf({ link: 'lo', ip: ip as Ip, prefixLength, scope: 'host' }));
    for (const family of [4, 6] as const) {
      this.rules.push(ruleOf({ family, priority: 0, table: 255 }));
      this.rules.push(ruleOf({ family, priority: 32766, table: mainTable }));
      if (family === 4) this.rules.push(ruleOf({ family, priority: 32767, table: 253 }));
    }
  }

  addLink(link: Partial<FakeLink> & Pick<FakeLink, 'name'>): void {
    const index = link.index ?? Math.max(0, ...this.links.map(l => l.index)) + 1;
    const nothing = { mac: undefined, kind: undefined, driver: undefined, up: false, mtu: 1500, group: 0 };
    this.links.push({ ...nothing, ...link, index });
  }

  /** Unplugs the device: its addresses and routes go with it, rules do not. */
  removeLink(name: string): void {
    this.links.splice(this.links.indexOf(this.link(name)), 1);
    this.addresses = this.addresses.filter(a => a.link !== name);
    this.routes = this.routes.filter(r => r.link !== name);
    this.neighbours = this.neighbours.filter(n => n.link !== name);
  }

  link(name: string | undefined): FakeLink {
    const found = this.links.find(l => l.name === name);
    if (found === undefined) throw new IpRefusal(`Cannot find device "${name}"`, 1);
    return found;
  }

  setLink(
    name: string,
    change: { readonly up?: boolean; readonly mtu?: number; readonly group?: number },
  ): void {
    const link = this.link(name);
    if (change.mtu !== undefined) link.mtu = change.mtu;
    if (change.group !== undefined) link.group = change.group;
    if (change.up === undefined || change.up === link.up) return;
    link.up = change.up;
    if (change.up) for (const a of this.addresses.filter(x => x.link === name)) this.#connect(a);
    else {
      // All routes go; IPv4 addresses stay, IPv6 ones do not (keep_addr_on_down is 0).
      this.routes = this.routes.filter(r => r.link !== name);
      this.addresses = this.addresses.filter(a => a.link !== name || a.family === 4);
    }
  }

  addAddress(given: Partial<FakeAddress> & Pick<FakeAddress, 'link' | 'ip' | 'prefixLength'>): void {
    this.link(given.link);
    const address = addressOf(given);
    const { family, ip, link, prefixLength } = address;
    const same = this.addresses.filter(a => a.link === link && a.ip === ip);
    // IPv4 may stand twice with different lengths, IPv6 may not.
    if (family === 4 && same.some(a => a.prefixLength === prefixLength))
      throw new IpRefusal('Error: ipv4: Address already assigned.');
    if (family === 6 && same.length > 0) throw new IpRefusal('Error: ipv6: address already assigned.');
    this.addresses.push(address);
    this.#connect(address);
  }

  /** Of one that stands there the lifetime changes, and nothing else. */
  replaceAddress(given: Partial<FakeAddress> & Pick<FakeAddress, 'link' | 'ip' | 'prefixLength'>): void {
    const { link, ip, prefixLength, dynamic, lifetime } = addressOf(given);
    const same = this.addresses.find(a => a.link === link && a.ip === ip && a.prefixLength === prefixLength);
    if (same === undefined) this.addAddress(given);
    else this.addresses[this.addresses.indexOf(same)] = { ...same, dynamic, lifetime };
  }

  deleteAddress(link: string, ip: Ip, prefixLength: number): void {
    this.link(link);
    const found = this.addresses.find(a => a.link === link && a.ip === ip && a.prefixLength === prefixLength);
    if (found === undefined)
      throw new IpRefusal(`Error: ipv${familyOf(ip)}: ${familyOf(ip) === 4 ? 'A' : 'a'}ddress not found.`);
    // promote_secondaries is 0: with the first address of a subnet its secondaries go.
    const taken = this.isSecondary(found)
      ? [found]
      : [found, ...this.addresses.filter(a => a !== found && isSameSubnet(a, found))];
    this.addresses = this.addresses.filter(a => !taken.includes(a));
    this.routes = this.routes.filter(
      r => !taken.some(a => r.link === link && (r.src === a.ip || isConnectedBy(r, a))),
    );
    // Without any IPv4 address the link loses IPv4: every route by it goes, in every table.
    if (familyOf(ip) === 4 && !this.addresses.some(a => a.link === link && a.family === 4))
      this.routes = this.routes.filter(r => r.link !== link || r.family === 6);
  }

  isSecondary(address: FakeAddress): boolean {
    return this.addresses.find(a => isSameSubnet(a, address)) !== address;
  }

  addRoute(given: Partial<FakeRoute> & Pick<FakeRoute, 'destination'>, replace: boolean): void {
    const route = routeOf(given);
    if (route.type === 'unicast') this.#checkNextHop(route);
    const same = this.routes.filter(r => isSameSlot(r, route));
    if (same.length > 0 && !replace) throw new IpRefusal('RTNETLINK answers: File exists');
    const [first] = same;
    if (first === undefined) this.routes.push(route);
    else this.routes[this.routes.indexOf(first)] = route;
  }

  deleteRoute(given: Partial<FakeRoute> & Pick<FakeRoute, 'destination'>): void {
    if (given.link !== undefined) this.link(given.link);
    const [found] = this.#matchRoutes(given);
    if (found === undefined) throw new IpRefusal('RTNETLINK answers: No such process');
    this.routes = this.routes.filter(r => r !== found);
  }

  flushRoutes(family: Family, table: number, link: string | undefined): void {
    if (link !== undefined) this.link(link);
    const inTable = (r: FakeRoute) => r.family === family && r.table === table;
    if (!this.routes.some(inTable))
      throw new IpRefusal(`Error: ipv${family}: FIB table does not exist.\nFlush terminated`);
    this.routes = this.routes.filter(r => !inTable(r) || (link !== undefined && r.link !== link));
  }

  addRule(given: Partial<FakeRule> & Pick<FakeRule, 'family' | 'priority' | 'table'>): void {
    const rule = ruleOf(given);
    // The protocol counts: the same rule may stand twice with different ones.
    if (this.rules.some(r => JSON.stringify(r) === JSON.stringify(rule)))
      throw new IpRefusal('RTNETLINK answers: File exists');
    // Behind all of the same priority.
    const at = this.rules.findIndex(r => r.family === rule.family && r.priority > rule.priority);
    this.rules.splice(at < 0 ? this.rules.length : at, 0, rule);
  }

  /**
   * Deletes the first rule that has everything that is named; what is not named may be anything, the protocol included. What is suppressed is
   * not looked at (rule_find, 6.18).
   */
  deleteRule(given: Partial<FakeRule> & Pick<FakeRule, 'family'>): void {
    const named = Object.entries(given).filter(
      ([key, value]) => value !== undefined && !key.startsWith('suppress'),
    );
    const found = this.rules.find(r => named.every(([key, value]) => r[key as keyof FakeRule] === value));
    if (found === undefined) throw new IpRefusal('RTNETLINK answers: No such file or directory');
    this.rules = this.rules.filter(r => r !== found);
  }

  /** The route of main to an address, for packets of this host that have no source yet: no rule of a source applies. */
  lookUp(ip: Ip): FakeRoute | undefined {
    const usable = this.routes.filter(r => r.table === mainTable && contains(r.destination, ip));
    const order = (r: FakeRoute) => [-prefixLengthOf(r.destination), r.metric ?? 0] as const;
    const sorted = usable.toSorted((a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1]);
    return sorted[0];
  }

  /** One line per object that is no business of the kernel itself, sorted: for comparing two moments. Protocols are left out. */
  describe(): readonly string[] {
    const words = (...list: readonly (string | number | false | undefined)[]) =>
      list.filter(w => w !== undefined && w !== false && w !== '').join(' ');
    return [
      ...this.links.map(l =>
        words('link', l.name, l.up ? 'up' : 'down', `mtu ${l.mtu}`, l.master && `master ${l.master}`),
      ),
      ...this.addresses.map(a => words('address', a.link, `${a.ip}/${a.prefixLength}`)),
      ...this.routes.map(r =>
        words(
          'route',
          r.table,
          r.type !== 'unicast' && r.type,
          r.destination,
          r.gateway && `via ${r.gateway}`,
          r.link && `dev ${r.link}`,
          r.metric !== undefined && `metric ${r.metric}`,
        ),
      ),
      ...this.rules.map(r =>
        words(
          'rule',
          r.family,
          `${r.priority}:`,
          `from ${r.from ?? 'all'}`,
          r.to && `to ${r.to}`,
          r.iif && `iif ${r.iif}`,
          r.selectors,
          `lookup ${r.table}`,
          r.oif && `oif ${r.oif}`,
          r.suppressPrefixLength !== undefined && `suppress_prefixlength ${r.suppressPrefixLength}`,
          r.suppressGroup !== undefined && `suppress_ifgroup ${r.suppressGroup}`,
        ),
      ),
    ].sort();
  }

  /** The connected route of an address, in main. IPv4 has none for a /32; IPv6 has one for a /128 too. */
  #connect(a: FakeAddress): void {
    if (!this.link(a.link).up || a.scope === 'host' || a.flags.includes('noprefixroute')) return;
    if (a.family === 4 && (a.prefixLength === 32 || this.isSecondary(a))) return;
    const src = a.family === 4 ? a.ip : undefined;
    const metric = a.family === 4 ? undefined : 256;
    const destination = networkOf(a.ip, a.prefixLength);
    if (this.routes.some(r => r.link === a.link && r.table === mainTable && isConnectedBy(r, a))) return;
    // The kernel appends its own: two links may have the same connected route, and the older one is used.
    this.routes.push(routeOf({ destination, link: a.link, protocol: 'kernel', src, metric }));
  }

  #checkNextHop(route: FakeRoute): void {
    const link = this.link(route.link);
    const { gateway, family } = route;
    const reaches = (r: FakeRoute) =>
      r.gateway === undefined &&
      r.link === route.link &&
      (r.table === mainTable || r.table === route.table) &&
      gateway !== undefined &&
      contains(r.destination, gateway);
    const reachable =
      gateway === undefined ||
      route.onLink ||
      (family === 6 && isLinkLocal(gateway)) ||
      this.routes.some(reaches);
    if (family === 4 && !reachable) throw new IpRefusal('Error: Nexthop has invalid gateway.');
    if (!link.up)
      throw new IpRefusal(
        family === 4 ? 'Error: Device for nexthop is not up.' : 'Error: Nexthop device is not up.',
      );
    if (!reachable) throw new IpRefusal('RTNETLINK answers: No route to host');
  }

  #matchRoutes(given: Partial<FakeRoute> & Pick<FakeRoute, 'destination'>): readonly FakeRoute[] {
    const table = given.table ?? mainTable;
    return this.routes.filter(
      r =>
        r.destination === given.destination &&
        r.table === table &&
        (given.link === undefined || r.link === given.link) &&
        (given.gateway === undefined || r.gateway === given.gateway) &&
        (given.metric === undefined || r.metric === given.metric),
    );
  }
}
