// What other programs and an administrator do to the machine of a made-up life: things of their own that come and go, and things of the
// agent that they delete or edit.

import type { Cidr, Mac } from '../../agent/model/address.ts';
import { isMarked } from '../../renderers/renderer.ts';
import { cidr, ip } from './example-plans.ts';
import { type FakeRule, mainTable, routeOf } from './fake-kernel-objects.ts';
import { type LifeEni, lifePrimary, lifeSecondaries } from './life-enis.ts';
import { forgetOn, type Life } from './life-ledger.ts';
import type { Disturbance } from './life-steps.ts';

const interfacesFolder = '/etc/network/interfaces.d';

export function disturb(life: Life, act: Disturbance): void {
  const { machine } = life;
  const { kernel } = machine.system;
  const eniOf = (n: number) => lifeSecondaries[n - 1]!;
  switch (act.do) {
    case 'foreign-rule':
      addForeignRule(life, act.pick);
      break;
    case 'foreign-route':
      addForeignRoute(life, act.pick);
      break;
    case 'foreign-address':
      addForeignAddress(life, act.pick);
      break;
    case 'foreign-file':
      putForeignFile(life, act.about, eniOf(act.eni));
      break;
    case 'foreign-goes':
      takeForeignAway(life, act.pick);
      break;
    case 'delete-rule':
    case 'delete-address':
    case 'delete-route':
      deleteOften(life, act.do, act.pick, act.times);
      break;
    case 'copy-rule':
      copyRule(life, act.pick);
      break;
    case 'edit-file':
    case 'delete-file':
      spoilFile(life, act.do, act.pick);
      break;
    case 'flush-table': {
      const link = machine.linkOf(eniOf(act.eni));
      kernel.routes = kernel.routes.filter(r => r.link !== link || !isOurNumber(r.table));
      break;
    }
    case 'link-down': {
      const link = machine.linkOf(eniOf(act.eni));
      if (link !== undefined) kernel.setLink(link, { up: false });
      // It is taken down in the way of its backend before it comes up again.
      forgetOn(life, eniOf(act.eni));
      break;
    }
    case 'add-fails':
      refuseAddresses(life, eniOf(act.eni), act.pick, act.times);
      break;
    case 'leak-default':
      leakDefault(life, eniOf(act.eni));
      break;
  }
}

/** Numbers amid the agent's own, and a rule to a table of the agent's. */
function addForeignRule({ machine, ledger }: Life, pick: number): void {
  const { kernel } = machine.system;
  const priorities = [
    100, 27700, 27955, 28000, 28001, 28300, 28301, 28302, 28600, 28601, 28602, 28855, 28900, 29200, 29455,
    30000,
  ];
  const priority = priorities[pick % priorities.length]!;
  const family = pick % 3 === 0 ? 6 : 4;
  const from: Cidr | undefined = family === 4 && pick % 2 === 0 ? cidr(`198.18.${pick}.0/24`) : undefined;
  const table = pick % 5 === 0 ? 28001 : 500;
  const before = new Set(kernel.rules);
  const rule = {
    family,
    priority: table === 500 ? priority : 29_000,
    from,
    table,
    selectors: `fwmark 0x${pick + 1}`,
  };
  if (kernel.rules.some(r => r.selectors === rule.selectors)) return;
  kernel.addRule(rule as FakeRule);
  ledger.foreign.rules = [...ledger.foreign.rules, ...kernel.rules.filter(r => !before.has(r))];
}

function addForeignRoute({ machine, ledger }: Life, pick: number): void {
  const { kernel } = machine.system;
  const table = pick % 2 === 0 ? mainTable : 500;
  const destination = cidr(`198.18.${pick}.0/24`);
  if (kernel.routes.some(r => r.destination === destination && r.table === table)) return;
  const route = routeOf({ destination, gateway: ip(lifePrimary.gateway4), link: 'eth0', table });
  kernel.routes.push(route);
  ledger.foreign.routes = [...ledger.foreign.routes, route];
}

/** An address that floats between machines, on an ENI's link. */
function addForeignAddress({ machine, ledger }: Life, pick: number): void {
  const { kernel } = machine.system;
  const links = kernel.links.filter(l => l.driver !== undefined && l.name !== 'eth0');
  const link = links[pick % (links.length || 1)];
  const address = ip(`198.19.0.${pick + 1}`);
  if (link === undefined || kernel.addresses.some(a => a.ip === address)) return;
  kernel.addAddress({ link: link.name, ip: address, prefixLength: 32 });
  // ifdown flushes the link: an apply of a new ENI that is taken back does not spare it, nor does the end of an ENI.
  if (![...(ledger.worked.get(link.mac as Mac) ?? [])].some(own => kernel.addresses.some(a => a.ip === own)))
    return;
  ledger.foreign.addresses = [...ledger.foreign.addresses, kernel.addresses.at(-1)!];
}

function putForeignFile(life: Life, about: 'nothing' | 'claim' | 'our-path', eni: LifeEni): void {
  const { machine, ledger } = life;
  const { system } = machine;
  const link = machine.linkOf(eni);
  const files = {
    nothing: [`${interfacesFolder}/90-dummy${eni.number}`, `iface dummy${eni.number} inet manual\n`],
    claim: [`${interfacesFolder}/70-mine-${link}`, `iface ${link} inet manual\n`],
    'our-path': [`${interfacesFolder}/60-eni-${link}`, `# kept by hand\niface dummy0 inet manual\n`],
  } as const;
  if (link === undefined && about !== 'nothing') return;
  const [path, content] = files[about];
  system.put(path, content);
  ledger.files.set(path, system.files.get(path)!);
  if (about !== 'nothing') life.claims.add(path);
}

function takeForeignAway(life: Life, pick: number): void {
  const { ledger, machine } = life;
  const { kernel, files } = machine.system;
  const { rules, routes, addresses } = ledger.foreign;
  const all = [...rules, ...routes, ...addresses, ...ledger.files.keys()];
  const one = all[pick % (all.length || 1)];
  if (typeof one === 'string') {
    files.delete(one);
    ledger.files.delete(one);
    life.claims.delete(one);
    return;
  }
  kernel.rules = kernel.rules.filter(r => r !== one);
  kernel.routes = kernel.routes.filter(r => r !== one);
  kernel.addresses = kernel.addresses.filter(a => a !== one);
}

/** Once, or as something that fights: each second again. */
function deleteOften(life: Life, what: Deletion, pick: number, times: number): void {
  const { system } = life.machine;
  deleteOne(life, what, pick);
  for (let n = 1; n < times; n++) system.after(n * 1100, () => deleteOne(life, what, pick));
}

type Deletion = 'delete-rule' | 'delete-address' | 'delete-route';

function deleteOne({ machine, ledger }: Life, what: Deletion, pick: number): void {
  const { kernel } = machine.system;
  const chosen = <T extends object>(list: readonly T[]): T | undefined => list[pick % (list.length || 1)];
  const without = <T>(list: readonly T[], one: T | undefined): T[] => list.filter(o => o !== one);
  const { rules, addresses } = ledger.foreign;
  if (what === 'delete-rule') {
    const ours = kernel.rules.filter(r => isOurNumber(r.priority) && !rules.includes(r));
    kernel.rules = without(kernel.rules, chosen(ours));
  } else if (what === 'delete-route')
    kernel.routes = without(kernel.routes, chosen(kernel.routes.filter(r => isOurNumber(r.table))));
  else {
    const ours = kernel.addresses.filter(a => machine.isSecondary(a.link) && !addresses.includes(a));
    const one = chosen(ours);
    if (one !== undefined) kernel.deleteAddress(one.link, one.ip, one.prefixLength);
    // Without any address it is brought up anew, and ifdown flushes the link where that is taken back.
    ledger.foreign.addresses = addresses.filter(a => a.link !== one?.link);
  }
  ledger.forgetGone();
}

/** A rule of ours stands there twice. */
function copyRule({ machine, ledger }: Life, pick: number): void {
  const { kernel } = machine.system;
  const ours = kernel.rules.filter(r => isOurNumber(r.priority) && !ledger.foreign.rules.includes(r));
  const rule = ours[pick % (ours.length || 1)];
  if (rule === undefined) return;
  const at = kernel.rules.indexOf(rule);
  kernel.rules = [...kernel.rules.slice(0, at), { ...rule, protocol: undefined }, ...kernel.rules.slice(at)];
}

function spoilFile({ machine: { system } }: Life, how: 'edit-file' | 'delete-file', pick: number): void {
  const ours = [...system.files].filter(
    ([path, { content }]) => path.startsWith('/etc/') && isMarked(content),
  );
  const [path, file] = ours[pick % (ours.length || 1)] ?? [];
  if (path === undefined || file === undefined) return;
  if (how === 'delete-file') system.files.delete(path);
  else system.put(path, `${file.content}# edited\n`);
}

function refuseAddresses(life: Life, eni: LifeEni, pick: number, times: number): void {
  const { system, cloud } = life.machine;
  system.heal();
  if (times === 0) return;
  system.fail(/addr add/, 'Operation not permitted', times);
  const more = [...eni.pool4.slice(1), ...eni.pool6];
  cloud.assign(eni, more[pick % more.length]!, 0);
  // What the agent takes down to bring it up again, it may not get back.
  for (const other of lifeSecondaries) forgetOn(life, other);
}

function leakDefault({ machine, ledger }: Life, eni: LifeEni): void {
  const { kernel } = machine.system;
  const link = kernel.links.find(l => l.name === machine.linkOf(eni));
  if (link?.up !== true || ledger.defaults.length > 0) return;
  const gateway = ip(eni.gateway4);
  const route = routeOf({ destination: cidr('0.0.0.0/0'), gateway, link: link.name, metric: 900 });
  kernel.routes.push(route);
  ledger.defaults = [...ledger.defaults, route];
}

function isOurNumber(number: number): boolean {
  return number >= 28_000 && number < 29_456;
}
