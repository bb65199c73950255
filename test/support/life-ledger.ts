// What a made-up life holds the agent to at every single effect: the primary, what others have, and the addresses that work. The steps of
// the life write down here what they do themselves; whatever else changes was the agent.
import { checkpointPath } from '../../agent/apply/checkpoint.ts';
import type { Ip, Mac } from '../../agent/model/address.ts';
import type { FakeFile } from './fake-disk.ts';
import type { FakeAddress, FakeRoute, FakeRule } from './fake-kernel-objects.ts';
import { mainTable } from './fake-kernel-objects.ts';
import type { FakeSystem } from './fake-system.ts';
import { type LifeEni, lifePrimary } from './life-enis.ts';
import type { LifeMachine } from './life-machine.ts';

export class BrokenPromise extends Error {}

/** A machine, what it is held to, and what the life has done to it so far. */
export interface Life {
  readonly machine: LifeMachine;
  readonly ledger: Ledger;
  config: { ignored: LifeEni | undefined; broken: boolean };
  /** Files of others that keep the agent from an ENI; they go before the end. */
  readonly claims: Set<string>;
  readonly renamed: Set<LifeEni>;
  /** `eni-agent remove` has done its work, and nobody has started the agent since. */
  isRemoved: boolean;
  requests: number;
  /** The first promise that an effect broke. */
  broken: BrokenPromise | undefined;
}

export interface Ledger {
  /** Objects of others, as they stand in the kernel: the same object must stay there. */
  readonly foreign: {
    rules: readonly FakeRule[];
    routes: readonly FakeRoute[];
    addresses: readonly FakeAddress[];
  };
  /** Files of others by path. */
  readonly files: Map<string, FakeFile>;
  /** Addresses that the cloud gives and that have worked since their link is there. */
  readonly worked: Map<Mac, Set<Ip>>;
  /** ENIs that the agent may have to take down for a moment. */
  readonly released: Set<Mac>;
  /** Default routes in main by another link than the primary's that the life has put there. */
  defaults: readonly FakeRoute[];
  /** Takes the primary as it is now for what it must stay. */
  holdPrimary(): void;
  /** Notes which of the given addresses work now, and forgets those that are not given any more. */
  holdAddresses(given: ReadonlyMap<Mac, readonly Ip[]>): void;
  /** Forgets what is not in the kernel any more: after the life itself has done something that takes things away. */
  forgetGone(): void;
  /** Throws BrokenPromise. */
  check(): void;
}

export function openLedger(system: FakeSystem): Ledger {
  let primary: Primary | undefined;
  let first: string | undefined;
  const kernel = () => system.kernel;
  const linkOf = (mac: Mac) => kernel().links.find(l => l.mac === mac)?.name;
  const has = (link: string | undefined, ip: Ip) =>
    kernel().addresses.some(a => a.ip === ip && a.link === link);
  const isUp = (name: string | undefined) => kernel().links.some(l => l.name === name && l.up);

  /** What an apply that was killed has added goes away again, before the next start does it anew. */
  const isDone = (mac: Mac, ip: Ip) =>
    !system.files.has(checkpointPath) || ledger.worked.get(mac)?.has(ip) === true;

  const ledger: Ledger = {
    foreign: { rules: [], routes: [], addresses: [] },
    files: new Map(),
    worked: new Map(),
    released: new Set(),
    defaults: [],
    holdPrimary() {
      primary = primaryOf(system);
      first ??= primary.text;
      if (primary.text !== first)
        throw new BrokenPromise(`the primary is another one: ${primary.text}, was ${first}`);
    },
    holdAddresses(given) {
      for (const mac of ledger.worked.keys()) if (!given.has(mac)) ledger.worked.delete(mac);
      for (const [mac, ips] of given) {
        const link = linkOf(mac);
        // A link that came anew is down: an address that a rollback has put back there works for nobody yet.
        const canWork = isUp(link) && !ledger.released.has(mac);
        const works = canWork ? ips.filter(ip => has(link, ip) && isDone(mac, ip)) : [];
        ledger.worked.set(mac, new Set(works));
      }
    },
    forgetGone() {
      const { foreign, worked } = ledger;
      foreign.rules = foreign.rules.filter(r => kernel().rules.includes(r));
      foreign.routes = foreign.routes.filter(r => kernel().routes.includes(r));
      foreign.addresses = foreign.addresses.filter(a => kernel().addresses.includes(a));
      ledger.defaults = ledger.defaults.filter(r => kernel().routes.includes(r));
      for (const [mac, ips] of worked) for (const ip of ips) if (!has(linkOf(mac), ip)) ips.delete(ip);
    },
    check() {
      const fault = primaryFault(system, primary!) ?? foreignFault() ?? addressFault() ?? defaultFault();
      if (fault === undefined) return;
      const done = system.steps.slice(-8).join('\n  ');
      throw new BrokenPromise(`${fault}\nthe last steps were:\n  ${done}`);
    },
  };

  function foreignFault(): string | undefined {
    const { rules, routes, addresses } = ledger.foreign;
    const rule = rules.find(r => !kernel().rules.includes(r));
    if (rule !== undefined) return `a foreign rule has gone: ${JSON.stringify(rule)}`;
    const route = routes.find(r => !kernel().routes.includes(r));
    if (route !== undefined) return `a foreign route has gone: ${JSON.stringify(route)}`;
    const address = addresses.find(a => !kernel().addresses.includes(a));
    if (address !== undefined) return `a foreign address has gone: ${JSON.stringify(address)}`;
    for (const [path, file] of ledger.files)
      if (system.files.get(path) !== file) return `a foreign file was touched: ${path}`;
    return undefined;
  }

  function addressFault(): string | undefined {
    for (const [mac, ips] of ledger.worked)
      for (const ip of ips)
        if (!has(linkOf(mac), ip)) return `${ip} of ${mac} worked, the cloud still gives it, and it has gone`;
    return undefined;
  }

  function defaultFault(): string | undefined {
    const leak = kernel().routes.find(
      r =>
        r.table === mainTable &&
        r.destination.endsWith('/0') &&
        r.link !== primaryLink &&
        !ledger.defaults.includes(r),
    );
    return leak && `a default route in main by ${leak.link}: ${JSON.stringify(leak)}`;
  }

  return ledger;
}

/** The ENI is to go or to be taken down by the agent: nothing on its link is promised to anybody for now. */
export function forgetOn({ machine, ledger }: Life, eni: LifeEni): void {
  const link = machine.linkOf(eni);
  ledger.worked.delete(eni.mac);
  ledger.released.add(eni.mac);
  ledger.foreign.addresses = ledger.foreign.addresses.filter(a => a.link !== link);
  ledger.foreign.routes = ledger.foreign.routes.filter(r => r.link !== link);
  ledger.forgetGone();
}

const primaryLink = 'eth0';
const primaryFiles = [
  '/etc/network/interfaces',
  '/etc/resolv.conf',
  '/etc/dhcp/dhclient-enter-hooks.d/debug',
];

interface Primary {
  readonly objects: readonly object[];
  readonly text: string;
}

/** The objects themselves, since a route that is replaced by its like was touched all the same; and as text, to live over a reboot. */
function primaryOf(system: FakeSystem): Primary {
  const { links, addresses, routes } = system.kernel;
  const link = links.find(l => l.mac === lifePrimary.mac);
  const objects = [
    ...addresses.filter(a => a.link === primaryLink),
    // Others' routes by the primary's link are theirs.
    ...routes.filter(r => r.link === primaryLink && r.table === mainTable && isOfLease(r)),
  ];
  const files = primaryFiles.map(path => system.files.get(path)?.content);
  // Its group is ours to set (life-rest.ts has what it must be in the end).
  return { objects, text: JSON.stringify([{ ...link, group: undefined }, objects, files]) };
}

function isOfLease({ destination }: FakeRoute): boolean {
  return destination === '0.0.0.0/0' || destination === lifePrimary.subnet4;
}

function primaryFault(system: FakeSystem, held: Primary): string | undefined {
  const now = primaryOf(system);
  const isSame =
    now.objects.length === held.objects.length && now.objects.every((o, i) => o === held.objects[i]);
  if (isSame && now.text === held.text) return undefined;
  return `the primary was touched: ${now.text}, was ${held.text}`;
}
