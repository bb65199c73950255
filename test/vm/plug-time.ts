// From QMP's device_add to the first answered ping from the new ENI, and where the time goes: kernel, udev, agent, network service. Seen by
// the VM's own announcements (netlink, udev), the agent's log at debug, and the metadata service's log. All times in ms since device_add.
import { readFileSync } from 'node:fs';
import { completionOf, firstOf, parseEvents } from '../bench/kernel-events.ts';
import { slack } from '../lab/command.ts';
import { type EniSpec, remoteClient, type VpcEni } from '../lab/vpc-spec.ts';
import type { LoggedRequest } from '../support/metadata-emulator.ts';
import { plugNic } from './hot-plug.ts';
import type { TcpStream } from './tcp-stream.ts';
import { type Vm, vmOk } from './vm.ts';

export interface PlugTime {
  /** In the order of time: what happened, and when. */
  readonly steps: readonly { readonly name: string; readonly atMs: number }[];
  /** How exactly the VM's clock is known here. */
  readonly withinMs: number;
}

const probe = readFileSync(new URL('ping-probe.py', import.meta.url), 'utf8');
const dir = '/run/lab-plug';
/** For the first answer, in the VM. */
const patienceSeconds = 90 * slack;
/** Watchers, and the probe; udevadm's stamps are of the monotonic clock, whose beginning is written down too. */
const watch = (source: string) => `mkdir -p ${dir}; cd ${dir}; rm -f *
cat > probe.py << 'PYTHON'
${probe}PYTHON
ip -o -ts monitor link address route rule > ip & echo $! > pids
stdbuf -oL udevadm monitor --kernel --udev --subsystem-match=net > udev & echo $! >> pids
python3 probe.py ${source} ${remoteClient.address[4]} ${patienceSeconds} > ping &
python3 -c "import time; print(time.time() - time.monotonic())" > clock
for _ in $(seq ${100 * slack}); do [ -s ping ] && [ -s udev ] && break; sleep 0.1; done; sleep 0.5`;

const collect = (since: number) => `cd ${dir}
for _ in $(seq ${10 * patienceSeconds}); do grep -q answered ping && break; sleep 0.1; done
sleep 3; kill $(cat pids)
cat ping clock; echo --; cat udev; echo --; cat ip; echo --
journalctl -u eni-agent -o cat --since=@${since}`;

/** Plugs the ENI and waits until its first address has got an answer from far away. The agent must run, logging at debug. */
export async function timePlug(vm: Vm, spec: EniSpec, stream: TcpStream): Promise<PlugTime> {
  const source = spec.subnets[0]!.addresses[0]!;
  await vmOk(vm, watch(source));
  await vm.metadata.send({ do: 'clear-log' });
  const { eni, atMs } = await plugNic(vm, spec);
  const text = await vmOk(vm, collect(Math.floor(atMs / 1000) - 1), 120_000);
  const [times = '', udev = '', kernel = '', log = ''] = text.split('--\n');
  const { clockMs, clockWithinMs } = stream.state();
  const logged = (await vm.metadata.send({ do: 'log' })) as readonly LoggedRequest[];
  const requests = logged.filter(request => request.at >= atMs);
  const inVm = {
    ...seenInVm(eni, kernel, udev, Number(times.trim().split('\n').at(-1))),
    ...seenByAgent(log),
  };
  const answered = Number(/^answered (\S+)$/m.exec(times)?.[1]) * 1000;
  const here = { 'first metadata request': requests[0]?.at, 'last metadata request': requests.at(-1)?.at };
  const all = [
    ...Object.entries({ ...inVm, 'first ping answered': answered }).map(
      ([name, at]) => [name, at === undefined ? undefined : at - clockMs] as const,
    ),
    ...Object.entries(here),
  ];
  const steps = all
    .flatMap(([name, at]) => (at === undefined ? [] : [{ name, atMs: Math.round(at - atMs) }]))
    .sort((a, b) => a.atMs - b.atMs);
  if (Number.isNaN(answered)) throw new Error(`${source} got no answer: ${JSON.stringify(steps)}\n${log}`);
  return { steps, withinMs: Math.round(clockWithinMs / 2) };
}

/** What a person reads. */
export function renderPlugTime(title: string, { steps, withinMs }: PlugTime): string {
  const lines = steps.map(({ name, atMs }) => `  ${String(atMs).padStart(6)} ms  ${name}`);
  return [`${title}: device_add to ping (clocks compared within ${withinMs} ms)`, ...lines].join('\n');
}

function seenInVm(eni: VpcEni, ip: string, udev: string, monotonicZero: number) {
  const events = parseEvents(ip);
  const { addresses, subnet } = eni.subnets[0]!;
  const stamp = (kind: string) => {
    const pattern = new RegExp(`^${kind}\\s*\\[([\\d.]+)\\] (?:add|move) .*/${eni.link} `, 'm');
    const seconds = pattern.exec(udev)?.[1];
    return seconds === undefined ? undefined : (Number(seconds) + monotonicZero) * 1000;
  };
  const added = /^KERNEL\[([\d.]+)\] add /m.exec(udev)?.[1];
  return {
    'link in the kernel': added === undefined ? undefined : (Number(added) + monotonicZero) * 1000,
    'udev has processed it': stamp('UDEV'),
    'first address in the kernel': firstOf(events, o => o.startsWith(`address ${eni.link} ${addresses[0]}/`)),
    'all addresses, routes and rules in the kernel': completionOf(
      events,
      eni.link,
      subnet.replace(/0\/24$/, ''),
    )?.completeAtMs,
  };
}

function seenByAgent(log: string): Readonly<Record<string, number | undefined>> {
  const lines = log.split('\n').flatMap(line => {
    if (!line.startsWith('{')) return [];
    const { time, msg } = JSON.parse(line) as { readonly time: string; readonly msg: string };
    return [{ at: Date.parse(time), msg }];
  });
  return {
    'agent has written the file': lines.find(l => l.msg === 'wrote')?.at,
    'agent has run the network service’s command': lines.findLast(l => l.msg === 'ran')?.at,
    'agent has verified': lines.find(l => /^(added|changed):/.test(l.msg))?.at,
  };
}
