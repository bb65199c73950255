// 300 hot-plug cycles over 8 ENIs, side by side, under a metadata service that fails one answer in five: at the end the machine is what
// it was after the first cycles, and all works. On networkd; ifupdown runs the same by ENI_AGENT_SOAK=ifupdown.
// needs: tree bookworm
// with --all only: it takes six minutes
import { afterAll, beforeAll, expect, test } from 'vitest';
import { primary } from '../matrix/enis.ts';
import { agentOk, destroyAgentHost } from './agent-host.ts';
import { waitFor } from './command.ts';
import {
  createDaemonHost,
  type Daemon,
  type Holdings,
  holdingsOf,
  inspectedUnit,
  liveHeapKb,
  processesOf,
  readLog,
  readRawLog,
  readReport,
  settled,
  startDaemon,
} from './daemon-host.ts';
import { allPing, asPlanned, filesOf, isUntouchedForLong, kernelText, oneInFive } from './daemon-steps.ts';
import { ip } from './namespace.ts';
import { attachEni, detachEni } from './vpc.ts';
import type { EniSpec } from './vpc-spec.ts';

const image = process.env.ENI_AGENT_SOAK === 'ifupdown' ? 'ifupdown' : 'networkd';
const cycles = Number(process.env.ENI_AGENT_SOAK_CYCLES ?? 304);
/** By then everything that is loaded once has been loaded, and every cache is as large as it gets. */
const warmUp = 32;

const enis: readonly EniSpec[] = [1, 2, 3, 4, 5, 6, 7, 8].map(n => ({
  link: `eth${n}`,
  mac: `02:00:00:00:01:0${n}`,
  dhcp: false,
  subnets: [
    { subnet: `10.1.${n}.0/24`, addresses: [`10.1.${n}.10`, `10.1.${n}.11`] },
    { subnet: `2001:db8:10${n}::/64`, addresses: [`2001:db8:10${n}::10`] },
  ],
}));

const comesPerRound = 2;

/** How long an ENI may take under these faults; without them it is a second. After some looks in vain the daemon waits for 60 and 120 s. */
const patienceMs = 240_000;

let daemon: Daemon;

beforeAll(async () => {
  const host = await createDaemonHost(
    { name: `soak${image}`, provider: 'aws', enis: [primary] },
    { image, primary: 'static', files: image === 'networkd' ? inspectedUnit : {} },
  );
  daemon = await startDaemon(host, undefined, true);
});
afterAll(async () => {
  if (process.env.DAEMON_LOG !== undefined && daemon !== undefined) console.info(await readRawLog(daemon));
  await destroyAgentHost(daemon?.host);
});

test(`${cycles} cycles`, async () => {
  const { host } = daemon;
  const { vpc, metadata } = host;
  let late = 0;
  const took: number[] = [];

  const works =
    ({ link, subnets: [subnet] }: EniSpec) =>
    async () =>
      (await ip(vpc.guest, '-4', 'rule')).includes(`\tfrom ${subnet?.subnet} `) &&
      (await ip(vpc.guest, '-o', '-4', 'addr', 'show', 'dev', link)).includes('.11/32');
  // networkd takes rules away with the link; the file is ours to take.
  const isGone = async () =>
    !(await ip(vpc.guest, '-4', 'rule')).includes('\tfrom 10.1.') &&
    !filesOf(host).some(path => path.includes('-eni-eth'));

  /**
   * All ENIs come, one after the other, while the service fails; each goes as soon as it works, and comes and goes once more. When the
   * service answers again, nothing of them is left: to take something away needs two readings without a fault.
   */
  async function round(): Promise<void> {
    for (const fault of oneInFive) await metadata.send({ do: 'fault', fault });
    await Promise.all(
      enis.map(async (eni, number) => {
        await pause(number * 40);
        for (let come = 0; come < comesPerRound; come++) {
          const start = Date.now();
          await attachEni(vpc, eni);
          // The metadata knows of it a little later.
          await pause(100);
          await metadata.sync();
          if (!(await waitFor(works(eni), patienceMs, 100))) late += 1;
          took.push(Date.now() - start);
          await detachEni(vpc, eni.link);
        }
      }),
    );
    await metadata.sync();
    await metadata.send({ do: 'clear-faults' });
    if (!(await waitFor(isGone, patienceMs, 100))) late += 1;
  }

  async function run(count: number): Promise<void> {
    for (let done = 0; done < count; done += enis.length * comesPerRound) await round();
  }

  /** Between two looks: the sample of five seconds that has the fewest file descriptors, in which no command runs. */
  async function leastHeld() {
    const samples: { processes: readonly string[]; holdings: Holdings }[] = [];
    for (let sample = 0; sample < 50; sample++) {
      samples.push({ processes: processesOf(host), holdings: holdingsOf(daemon) });
      await pause(100);
    }
    const held = (sample: (typeof samples)[number]) =>
      sample.processes.length * 1000 + sample.holdings.fileDescriptors;
    return samples.sort((a, b) => held(a) - held(b))[0]!;
  }

  /** At rest, with all ENIs there and then with none. */
  async function takeStock() {
    for (const eni of enis) await attachEni(vpc, eni);
    await metadata.sync();
    await agentOk(host, ['refresh']).catch(() => undefined);
    await settled(daemon, 60_000);
    await asPlanned(host);
    await allPing(host);
    for (const eni of enis) await detachEni(vpc, eni.link);
    await metadata.sync();
    await agentOk(host, ['refresh']).catch(() => undefined);
    await settled(daemon, 60_000);
    const heapKb = await liveHeapKb(daemon);
    const { processes, holdings } = await leastHeld();
    return { files: filesOf(host), kernel: await kernelText(host), processes, holdings, heapKb };
  }

  const bare = await kernelText(host);
  const { pid } = readReport(host)!;
  await isUntouchedForLong(host, async () => {
    await run(warmUp);
    const before = await takeStock();
    await run(cycles - warmUp);
    const after = await takeStock();
    const { counters } = readReport(host)!;
    const lines = (await readLog(daemon)).length;
    const sorted = took.sort((a, b) => a - b);
    if (process.env.DAEMON_LOG !== undefined)
      console.info({
        before,
        after,
        counters,
        late,
        lines,
        median: sorted[sorted.length >> 1],
        longest: sorted.at(-1),
      });

    expect(late, 'ENIs that did not come or go in time').toBe(0);
    expect(after.kernel).toBe(bare);
    expect(after.files).toEqual(before.files);
    expect(after.processes).toEqual(before.processes);
    expect(after.holdings.fileDescriptors).toBeLessThanOrEqual(before.holdings.fileDescriptors);
    expect(after.holdings.children).toEqual(['ip']);
    // After a garbage collection. Code that is compiled late and caches of the runtime are a megabyte; 10 kB per cycle are more.
    expect(after.heapKb - before.heapKb, 'live heap').toBeLessThan(2560);
    expect(readReport(host)?.pid, 'the same process all the time').toBe(pid);
  });
}, 900_000);

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
