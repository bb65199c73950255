// What a machine is, ENI by ENI, so that a state that is half of one plan and half of another one shows; and what is killed when.
import { readFileSync } from 'node:fs';
import { diffNormalForms, normalFormOfKernel, normalFormOfPlan } from '../../agent/apply/normal-form.ts';
import type { State } from '../../agent/apply/state-file.ts';
import type { NetworkPlan } from '../../agent/model/network-plan.ts';
import { readHostFacts, withPrimaryLink } from '../../agent/system/facts/host-facts.ts';
import { renderers } from '../../renderers/registry.ts';
import { isMarked } from '../../renderers/renderer.ts';
import type { AgentHost } from './agent-host.ts';
import type { Background } from './command.ts';
import { kernelText } from './daemon-steps.ts';
import { guestOk } from './guest-commands.ts';
import { listGuestDir, readGuestFile } from './guest-files.ts';
import { guestSystem } from './guest-system.ts';
import { kernelOfGuest } from './proofs/proof-guest.ts';
import { assignAddress, attachEni, detachEni, unassignAddress, type Vpc } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

/** Of each link, and of `machine` for what belongs to none: its files, addresses, routes and rules. */
export type Picture = ReadonlyMap<string, string>;

const eni = (n: number): EniSpec => ({
  link: `eth${n}`,
  mac: `02:00:00:00:00:0${n + 1}`,
  // A lease would come when it likes.
  dhcp: false,
  subnets: [
    { subnet: `10.0.${n}.0/24`, addresses: [`10.0.${n}.10`, `10.0.${n}.11`] },
    { subnet: `2001:db8:${n}::/64`, addresses: [`2001:db8:${n}::10`] },
  ],
});

export const secondaries: readonly EniSpec[] = [1, 2, 3].map(eni);

/** Whose a line or a file is: a route names the link that it leaves by, and perhaps another one's subnet. */
const ownerOf = (text: string) =>
  /\b(eth[1-3])\b/.exec(text)?.[1] ??
  /\b10\.0\.([1-3])\.\d|\b2001:db8:([1-3]):|\b02:00:00:00:00:0([2-4])\b/
    .exec(text)
    ?.slice(1)
    .map((n, at) => (n === undefined ? undefined : `eth${Number(n) - (at === 2 ? 1 : 0)}`))
    .find(link => link !== undefined) ??
  'machine';

const folders =
  '/etc/network/interfaces.d /etc/systemd/network /etc/netplan /run/systemd/network /etc/NetworkManager';
const readAll = `find ${folders} -type f 2> /dev/null | sort | while read -r f; do printf '\\n\\001%s\\n' "$f"; cat "$f"; done`;

export async function pictureOf(host: AgentHost): Promise<Picture> {
  const files = (await guestOk(host.guest, ['sh', '-c', readAll])).split('\n\u0001').slice(1);
  const lines = (await kernelText(host)).split('\n');
  const parts = new Map<string, string>();
  const add = (owner: string, text: string) => parts.set(owner, `${parts.get(owner) ?? ''}${text}\n`);
  for (const text of files) add(ownerOf(text), text);
  for (const text of lines) {
    const owner = ownerOf(text);
    // Nobody can put a rule back that names a link which the cloud has taken away.
    if (owner === 'machine' || host.vpc.enis.has(owner)) add(owner, text);
  }
  return parts;
}

/** The network services may still be about what the last command has asked of them. */
export async function restingPicture(host: AgentHost): Promise<Picture> {
  let last = await pictureOf(host);
  for (let look = 0; look < 40; look++) {
    await pause(150);
    const next = await pictureOf(host);
    if (isSame(last, next)) return next;
    last = next;
  }
  return last;
}

/** ENIs that are neither what they were nor what they are to become, or where one is the one and another the other. */
export function mixedIn(found: Picture, before: Picture, after: Picture): readonly string[] {
  if (isSame(found, before) || isSame(found, after)) return [];
  const links = [...new Set([...found.keys(), ...before.keys(), ...after.keys()])].sort();
  return links.map(link => {
    const [was, is, becomes] = [before.get(link) ?? '', found.get(link) ?? '', after.get(link) ?? ''];
    if (is === was) return `${link}: ${is === becomes ? 'the same in both' : 'the old one'}`;
    if (is === becomes) return `${link}: the new one`;
    const against = (other: string) => diffNormalForms(other.split('\n'), is.split('\n')).join('\n');
    return `${link}: beside the old one\n${against(was)}\nbeside the new one\n${against(becomes)}`;
  });
}

/** What differs from the plan that the agent itself says is applied, in the kernel and in its files: a torn apply, whatever the readings were. */
export async function unlikeApplied(host: AgentHost): Promise<readonly string[]> {
  const { guest, vpc } = host;
  const { backend, applied }: State = JSON.parse(readGuestFile(guest, '/var/lib/eni-agent/state.json') ?? '');
  const kernel = await kernelOfGuest(vpc);
  const planFor = (enis: State['applied']): NetworkPlan => ({ primaryLink: 'eth0', enis, skipped: [] });
  const isThere = ({ link }: { link: string }) => vpc.enis.has(link);
  const plan = planFor(applied.filter(isThere));
  // With a link goes what leads by it; its rules go when the service or the agent says so.
  const foreign = new Set(normalFormOfPlan(planFor(applied.filter(eni => !isThere(eni)))));
  const system = guestSystem(guest);
  const renderer = renderers[backend!];
  const files = renderer.render(applied, await withPrimaryLink(system, await readHostFacts(system), 'eth0'));
  const ours = renderer.ownFiles.flatMap(({ dir, name }) =>
    listGuestDir(guest, dir).flatMap(file => (name.test(file) ? [`${dir}/${file}`] : [])),
  );
  return [
    ...diffNormalForms(normalFormOfPlan(plan), normalFormOfKernel(kernel, plan, { foreign })),
    ...files.filter(f => readGuestFile(guest, f.path) !== f.content).map(f => `not as rendered: ${f.path}`),
    ...ours
      .filter(path => isMarked(readGuestFile(guest, path) ?? '') && !files.some(f => f.path === path))
      .map(path => `of no ENI: ${path}`),
  ];
}

export function isSame(a: Picture, b: Picture): boolean {
  return a.size === b.size && [...a].every(([link, text]) => b.get(link) === text);
}

/** What only an apply that is under way may have on the disk. */
export async function leftOvers({ guest }: AgentHost): Promise<readonly string[]> {
  const search = "find /etc /run /var/lib /usr/lib/systemd -xdev -name '*eni-agent*tmp*' 2> /dev/null; true";
  const temporary = (await guestOk(guest, ['sh', '-c', search])).split('\n').filter(line => line !== '');
  return [...temporary, ...(isApplying({ guest }) ? ['checkpoint.json'] : [])];
}

export function isApplying({ guest }: Pick<AgentHost, 'guest'>): boolean {
  return listGuestDir(guest, '/var/lib/eni-agent').includes('checkpoint.json');
}

/** SIGKILL for the agent alone: what it has started goes on. False if it had ended. */
export function killAgent({ pid, running }: Background): boolean {
  try {
    // nsenter waits for the program, which is its child in the other pid namespace.
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    if (!running() || child === undefined) return false;
    return process.kill(Number(child), 'SIGKILL');
  } catch {
    return false;
  }
}

export type Dice = (below: number) => number;

/** The same numbers for the same seed. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** The cloud does something to one or two ENIs; of an ENI that stays, to one family, which is one key of the metadata. */
export async function changeSomething(vpc: Vpc, dice: Dice): Promise<string> {
  const first = dice(3);
  const chosen = dice(2) === 0 ? [first] : [first, (first + 1 + dice(2)) % 3];
  const done: string[] = [];
  for (const spec of chosen.map(at => secondaries[at]!)) {
    const { link } = spec;
    const n = link.slice(3);
    if (!vpc.enis.has(link)) {
      await attachEni(vpc, spec);
      done.push(`+${link}`);
    } else if (dice(3) === 0) {
      await detachEni(vpc, link);
      done.push(`-${link}`);
    } else {
      const [one, other] =
        dice(2) === 0 ? [`10.0.${n}.11`, `10.0.${n}.12`] : [`2001:db8:${n}::10`, `2001:db8:${n}::11`];
      const has = (text: string) =>
        vpc.enis.get(link)!.subnets.some(s => s.addresses.some(ip => ip === text));
      const [gone, comes] = has(one) ? [one, other] : [other, one];
      await assignAddress(vpc, link, comes);
      await unassignAddress(vpc, link, gone);
      done.push(`${gone}>${comes}`);
    }
  }
  return done.join(' ');
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
