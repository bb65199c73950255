// What systemd-networkd and NetworkManager have in common on a fake machine: a process of its own that has loaded profiles, and makes
// the kernel have what they say, line by line. The old rules, routes and addresses go before the new ones come: that is what some
// kinds of travel are for. It reads the agent's files with test/support/parse-back/, and knows nothing of the agent.

import type { HostFacts } from '../../agent/model/host.ts';
import { addressKey, routeKey, ruleKey } from '../../agent/model/kernel-state.ts';
import { runIp, type Step } from './fake-ip.ts';
import { UnknownCommand } from './fake-ip-words.ts';
import type { FakeAddress, FakeLink, FakeRoute } from './fake-kernel-objects.ts';
import type { FakeSystem } from './fake-system.ts';
import { type KernelLines, kernelMetric } from './parse-back/kernel-lines.ts';

/** What a file says about one link. */
export interface Profile {
  readonly path: string;
  readonly text: string;
  readonly lines: KernelLines;
}

export const nothing: KernelLines = { addresses: [], routes: [], rules: [] };

/** Of Debian 12. */
export const debian12 = {
  versions: { systemd: '252', networkmanager: '1.42.4' },
  files: {},
} as unknown as HostFacts;

export abstract class FakeService {
  /** What it did: the link, and the file that it has for it. */
  readonly events: string[] = [];
  protected readonly system: FakeSystem;
  readonly #active = new Map<string, Profile>();
  #step: Step = () => undefined;

  constructor(system: FakeSystem) {
    this.system = system;
  }

  /** The profile that is to be on the link, of what is loaded. */
  protected abstract profileFor(link: FakeLink): Profile | undefined;

  /** Reads all files anew, as a start does. */
  protected abstract loadAll(): void;

  /** Every NIC is up from then on, whether it has a profile or not; the primary has a lease and a default route. */
  boot(): void {
    this.#active.clear();
    this.loadAll();
    for (const { name } of this.nics()) this.plugged(name);
  }

  /** A NIC is there: it is brought up, and configured if a loaded file fits it. */
  plugged(name: string): void {
    this.ip(`link set dev ${name} up`);
    const link = this.system.kernel.link(name);
    if (name === 'eth0') this.lease(link);
    this.configure(name, this.profileFor(link));
  }

  /** Its rules stay, as nobody deletes them: networkd does at the next reload that finds no file for them. */
  unplugged(name: string): void {
    this.events.push(`${name}: gone`);
  }

  /** What it has loaded; the result puts it back, as often as wanted. */
  remember(): () => void {
    const active = new Map(this.#active);
    return () => {
      this.#active.clear();
      for (const [link, profile] of active) this.#active.set(link, profile);
    };
  }

  protected nics(): readonly FakeLink[] {
    return this.system.kernel.links.filter(l => l.driver !== undefined);
  }

  protected activeOn(link: string): Profile | undefined {
    return this.#active.get(link);
  }

  protected get activeLinks(): readonly string[] {
    return [...this.#active.keys()];
  }

  protected get step(): Step {
    return this.#step;
  }

  /** A command of the agent. The service ends what it has begun, also if the agent dies meanwhile. */
  protected during(step: Step, act: () => void): void {
    let killed: unknown;
    this.#step = words => {
      if (killed !== undefined) return;
      try {
        step(words);
      } catch (error) {
        killed = error;
      }
    };
    try {
      act();
    } finally {
      this.#step = () => undefined;
    }
    if (killed !== undefined) throw killed;
  }

  /** Takes away what the profile before had and this one has not, then adds what is missing of it. A rule of two profiles is of both. */
  protected configure(link: string, next: Profile | undefined): void {
    const before = this.#active.get(link)?.lines ?? nothing;
    if (next === undefined) this.#active.delete(link);
    else this.#active.set(link, next);
    this.events.push(`${link}: ${next?.path ?? 'none'}`);
    const after = next?.lines ?? nothing;
    const rules = [...this.#active.values()].flatMap(p => p.lines.rules);
    this.#take(before.rules, rules);
    this.#take(before.routes, after.routes);
    this.#take(before.addresses, after.addresses);
    // What the primary has is of its lease.
    if (link !== 'eth0') this.#dropForeign(link, after);
    if (next === undefined || !this.system.kernel.links.some(l => l.name === link)) return;
    const mtu = /^(?:MTUBytes|mtu)=(\d+)$/m.exec(next.text)?.[1];
    if (mtu !== undefined && this.system.kernel.link(link).mtu !== Number(mtu))
      this.ip(`link set dev ${link} mtu ${mtu}`);
    if (!this.system.kernel.link(link).up) this.ip(`link set dev ${link} up`);
    const onLink = /^(GatewayOnLink=yes|route\d+_options=.*onlink=true)/m.test(next.text);
    this.#give(after.addresses);
    // A gateway needs the route of its subnet.
    const byGateway = (key: string) => Number(key.includes(' via '));
    this.#give(
      after.routes.toSorted((a, b) => byGateway(a) - byGateway(b)),
      onLink,
    );
    this.#give(after.rules);
  }

  /** True for what of others it deletes on a link that it configures, or lets go of. */
  protected abstract drops(object: FakeAddress | FakeRoute): boolean;

  #dropForeign(link: string, wanted: KernelLines): void {
    const { kernel } = this.system;
    if (!kernel.links.some(l => l.name === link)) return;
    for (const r of kernel.routes.filter(x => x.link === link && this.drops(x)))
      if (!wanted.routes.includes(routeKey({ ...r, metric: undefined })) && kernel.routes.includes(r))
        this.ip(ipLine(routeKey(r), 'del'));
    for (const a of kernel.addresses.filter(x => x.link === link && this.drops(x)))
      if (!wanted.addresses.includes(addressKey(a)) && kernel.addresses.includes(a))
        this.ip(ipLine(addressKey(a), 'del'));
  }

  /** What it said stays in its log; whoever looks at the kernel sees what is missing. */
  protected ip(line: string): void {
    const { exitCode, stderr } = runIp(this.system.kernel, line.split(' '), '', this.#step);
    if (exitCode !== 0) this.events.push(`${line}: ${stderr.trim()}`);
  }

  #take(old: readonly string[], wanted: readonly string[]): void {
    for (const key of old) if (!wanted.includes(key) && this.#has(key)) this.ip(ipLine(key, 'del'));
  }

  #give(wanted: readonly string[], onLink = false): void {
    for (const key of wanted)
      if (!this.#has(key))
        this.ip(`${ipLine(key, 'add')}${onLink && key.includes(' via ') ? ' onlink' : ''}`);
  }

  #has(key: string): boolean {
    const { addresses, routes, rules } = this.system.kernel;
    if (key.startsWith('address ')) return addresses.some(a => addressKey(a) === key);
    if (key.startsWith('rule ')) return rules.some(r => ruleKey(r) === key);
    return routes.some(r => routeKey({ ...r, metric: kernelMetric(r.family, r.metric) }) === key);
  }

  /** As a DHCP client brings it. */
  protected lease({ name, mac }: FakeLink, metric?: number): void {
    const offer = this.system.dhcp.get(mac ?? '');
    if (offer === undefined) throw new UnknownCommand(`no DHCP server for ${name}`);
    if (this.system.kernel.addresses.some(a => a.link === name && a.dynamic)) return;
    this.ip(`-4 addr add ${offer.ip}/${offer.prefixLength} broadcast + dev ${name} dynamic`);
    const last = metric === undefined ? '' : ` proto dhcp metric ${metric}`;
    this.ip(`-4 route add default via ${offer.router} dev ${name}${last}`);
  }
}

/** The words of `ip` for an object, from its key (agent/model/kernel-state.ts). */
function ipLine(key: string, verb: 'add' | 'del'): string {
  const [kind, ...words] = key.split(' ');
  const family = key.includes(':') || words[0] === '6' ? 6 : 4;
  if (kind === 'address') return `-${family} addr ${verb} ${words[1]} dev ${words[0]}`;
  if (kind === 'route')
    return `-${family} route ${verb} ${words.slice(1).join(' ')} table ${words[0]}${verb === 'add' ? ' proto static' : ''}`;
  const [ruleFamily, priority, ...rest] = words;
  return `-${ruleFamily} rule ${verb} ${rest.join(' ')} priority ${priority}${verb === 'add' ? ' protocol static' : ''}`;
}

/** What a file would make the service do by itself, and no test of these services wants. */
export function refuseLeaks(lines: KernelLines): KernelLines {
  const leak = lines.routes.find(key => / via (dhcp|ra) /.test(key));
  if (leak !== undefined) throw new UnknownCommand(`a service that would add ${leak}`);
  return lines;
}
