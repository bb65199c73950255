// Does one step of a made-up life to its machine, and writes into the ledger what the agent is not to be blamed for. Here are the cloud,
// the links, and the agent's own commands; what other programs do is in life-disturbances.ts.
import { disturb } from './life-disturbances.ts';
import { type LifeEni, lifeSecondaries } from './life-enis.ts';
import { forgetOn, type Life } from './life-ledger.ts';
import type { Act } from './life-steps.ts';

export async function doAct(life: Life, act: Act): Promise<void> {
  const { machine } = life;
  const { system, cloud } = machine;
  switch (act.do) {
    case 'nothing':
      return;
    case 'attach':
      return cloud.attach(lifeSecondaries[act.eni - 1]!, act.stageMs);
    case 'detach': {
      const eni = lifeSecondaries[act.eni - 1]!;
      cloud.detach(eni, act.lagMs);
      return forgetOn(life, eni);
    }
    case 'plug':
      return plug(life, lifeSecondaries[act.eni - 1]!, act.asSpare);
    case 'unplug':
      return unplug(life, lifeSecondaries[act.eni - 1]!);
    case 'rename':
      return rename(life, lifeSecondaries[act.eni - 1]!, act.isUp);
    case 'assign':
    case 'unassign': {
      const eni = lifeSecondaries[act.eni - 1]!;
      const more = [...eni.pool4.slice(1), ...eni.pool6];
      const chosen = more[act.pick % more.length]!;
      return cloud[act.do](eni, chosen, act.lagMs);
    }
    case 'service':
      cloud.faults = act.fault === undefined ? [] : [...cloud.faults.slice(-1), act.fault];
      return;
    case 'kill':
      return machine.kill();
    case 'kill-in-apply':
      return machine.killInNextApply(act.steps);
    case 'start':
      return start(life);
    case 'stop':
      await machine.daemon?.stop();
      return machine.kill();
    case 'reboot':
      return reboot(life);
    case 'once':
      life.isRemoved = false;
      await machine.once();
      return;
    case 'remove':
      // A person's order: what goes by it goes on purpose.
      for (const eni of lifeSecondaries) forgetOn(life, eni);
      if ((await machine.remove()) === 0) life.isRemoved = true;
      return;
    case 'refresh':
      life.requests += 1;
      return system.put(`/run/eni-agent/triggers/refresh-${life.requests}`, '');
    case 'reload':
      return machine.daemon?.wakeups.signal('reload');
    case 'config': {
      const ignored = act.ignored === undefined ? undefined : lifeSecondaries[act.ignored - 1]!;
      life.config = { ignored, broken: act.broken };
      if (ignored !== undefined) forgetOn(life, ignored);
      return machine.writeConfig(ignored, act.broken);
    }
    default:
      disturb(life, act);
      life.ledger.forgetGone();
  }
}

/** A daemon does not start with a configuration that is wrong: somebody mends it first. */
export async function start(life: Life): Promise<void> {
  if (life.machine.daemon !== undefined) return;
  life.config.broken = false;
  life.isRemoved = false;
  life.machine.writeConfig(life.config.ignored, false);
  life.machine.start();
  await life.machine.runFor(1);
}

function plug({ machine }: Life, eni: LifeEni, asSpare: boolean): void {
  if (machine.linkOf(eni) !== undefined) return;
  const taken = new Set(machine.system.kernel.links.map(l => l.name));
  // The first free name, as the kernel does, or one of its own.
  const own = `ens${eni.number + 5}`;
  const names = asSpare ? [own] : [1, 2, 3, 4].map(n => `eth${n}`);
  const name = names.find(n => !taken.has(n)) ?? `${own}x`;
  machine.plug(eni, name);
}

function unplug(life: Life, eni: LifeEni): void {
  const {
    machine: { system, linkOf },
    ledger,
  } = life;
  const link = linkOf(eni);
  if (link === undefined) return;
  system.kernel.removeLink(link);
  moveSysctls(life, link, undefined);
  ledger.forgetGone();
}

/** As `ip link set LINK down; ip link set LINK name NEW`, and perhaps up again. */
function rename(life: Life, eni: LifeEni, isUp: boolean): void {
  const { kernel } = life.machine.system;
  const link = life.machine.linkOf(eni);
  const name = link?.startsWith('lan') === true ? `ens${eni.number + 5}` : `lan${eni.number}`;
  if (link === undefined || kernel.links.some(l => l.name === name)) return;
  kernel.setLink(link, { up: false });
  const renamed = <T extends { readonly link: string | undefined }>(list: readonly T[]) =>
    list.map(o => (o.link === link ? { ...o, link: name } : o));
  kernel.links = kernel.links.map(l => (l.name === link ? { ...l, name } : l));
  kernel.addresses = renamed(kernel.addresses);
  kernel.routes = renamed(kernel.routes);
  moveSysctls(life, link, name);
  life.renamed.add(eni);
  if (isUp) kernel.setLink(name, { up: true });
  forgetOn(life, eni);
}

function reboot(life: Life): void {
  const { machine, ledger } = life;
  machine.reboot();
  ledger.forgetGone();
  ledger.holdPrimary();
  // What comes up is what the files say, whatever the cloud has given since.
  for (const eni of lifeSecondaries) forgetOn(life, eni);
}

/** The kernel's settings of a link go where its name goes. */
function moveSysctls({ machine: { system } }: Life, from: string, to: string | undefined): void {
  for (const [key, value] of [...system.sysctls].filter(([k]) => k.includes(`/${from}/`))) {
    system.sysctls.delete(key);
    if (to !== undefined) system.sysctls.set(key.replace(`/${from}/`, `/${to}/`), value);
  }
}
