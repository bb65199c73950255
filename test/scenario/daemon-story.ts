// A daemon and the metadata service that it asks: in memory, so that the virtual clock goes on while an answer is outstanding, or the
// emulator over HTTP. Whatever a test does, the primary and what others own must be there at every single step.
import { afterEach, expect } from 'vitest';
import type { Watchdog } from '../../agent/daemon/systemd/watchdog.ts';
import { type OpenClient, openClient } from '../../agent/metadata/client.ts';
import { judgeAnswer } from '../../agent/metadata/judge-answer.ts';
import type { Response } from '../../agent/metadata/provider.ts';
import { answer } from '../../agent/metadata/recording.ts';
import { type FakeDaemon, startDaemon } from '../support/fake-daemon.ts';
import type { Machine, MachineSpec } from '../support/fake-machine.ts';
import { useMachines } from './story.ts';

/** What goes wrong with a path: another answer than the true one, a late one, or an exception; undefined if nothing does. */
export type ServiceFault = (path: string) => Response | Promise<Response> | undefined;

export interface Read {
  /** Virtual time, milliseconds since the epoch. */
  readonly at: number;
  /** The paths that were asked for. */
  readonly paths: string[];
}

export interface Life {
  readonly machine: Machine;
  readonly daemon: FakeDaemon;
  /** Of the service in memory. */
  readonly service: { fault: ServiceFault | undefined };
  /** Every read of the metadata so far. */
  readonly reads: Read[];
}

export interface LifeSpec extends MachineSpec {
  /** One on which a daemon has run before. */
  readonly machine?: Machine;
  /** Over a socket, where the virtual clock waits for answers. */
  readonly overHttp?: boolean;
  readonly watchdog?: (machine: Machine) => Watchdog;
  /** Before the daemon starts. */
  readonly prepare?: (machine: Machine) => void | Promise<void>;
}

/** Call once per file: returns the maker of machines with a daemon, which end with their test. */
export function useDaemons(): (spec: LifeSpec) => Promise<Life> {
  const start = useMachines();
  let ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    const all = ends;
    ends = [];
    for (const end of all) await end();
  });
  return async spec => {
    const machine = spec.machine ?? (await start(spec));
    await spec.prepare?.(machine);
    const service: Life['service'] = { fault: undefined };
    const reads: Read[] = [];
    const checkForeign = watchForeign(machine);
    const daemon = startDaemon(machine.system, {
      ...(spec.watchdog === undefined ? {} : { watchdog: spec.watchdog(machine) }),
      patient: spec.overHttp === true,
      connect(options) {
        const read: Read = { at: machine.system.now(), paths: [] };
        reads.push(read);
        const client = spec.overHttp === true ? openClient(options) : inMemory(machine, service);
        return {
          ...client,
          get(path) {
            read.paths.push(path);
            return client.get(path);
          },
        };
      },
    });
    ends.push(async () => {
      await daemon.stop();
      checkForeign();
      expect(daemon.log.filter(line => line.includes('code=bug'))).toEqual([]);
    });
    return { machine, daemon, service, reads };
  };
}

/** The seconds at which the metadata was looked at from that moment on; what was read twice at one moment is one look. */
export function lookTimes(reads: readonly Read[], since: number): readonly number[] {
  const times = reads.filter(r => r.at >= since).map(r => (r.at - since) / 1000);
  return [...new Set(times)];
}

/** Requests from that moment on. */
export function requestsSince(reads: readonly Read[], since: number): number {
  return reads.filter(r => r.at >= since).reduce((sum, { paths }) => sum + paths.length, 0);
}

/** The waits between reads, each within the jitter of what it should be. */
export function expectWaits(times: readonly number[], seconds: readonly number[], jitter = 0.15): void {
  const waits = times.map((time, index) => time - (times[index - 1] ?? 0));
  expect(waits.length, `${waits}`).toBeGreaterThanOrEqual(seconds.length);
  for (const [index, expected] of seconds.entries()) {
    expect(waits[index], `wait ${index} of ${waits}`).toBeGreaterThanOrEqual(expected * (1 - jitter) - 0.001);
    expect(waits[index], `wait ${index} of ${waits}`).toBeLessThanOrEqual(expected * (1 + jitter) + 0.001);
  }
}

/** The answer of a service that has none: status 0 with the reason, as the client says it. */
export function noAnswerBecause(why: string): Response {
  return { status: 0, body: why };
}

function inMemory({ metadata }: Machine, service: Life['service']): OpenClient {
  let requests = 0;
  return {
    async get(path) {
      requests += 1;
      const wrong = await service.fault?.(path);
      const { status, body } = wrong ?? answer(metadata.recording, path);
      return status === 0 ? { status, body } : judgeAnswer(status, body);
    },
    requests: () => requests,
    endpoint: () => 'http://169.254.169.254',
    close: () => undefined,
  };
}

/** Everything that was there before the daemon, but for the links of ENIs, stays at every step. */
function watchForeign({ system }: Machine): () => void {
  const isEni = (line: string) => /\beth[1-9]\d*\b|\b(28|33)[0-9]{3}\b(?!.*fwmark)/.test(line);
  const kernel = system.kernel.describe().filter(line => !isEni(line));
  const paths = ['/etc/network/interfaces', '/etc/resolv.conf', '/etc/dhcp/dhclient-enter-hooks.d/debug'];
  const contents = () => paths.map(path => system.files.get(path)?.content);
  const files = contents();
  const lost = new Set<string>();
  system.watch = () => {
    const now = new Set(system.kernel.describe());
    for (const line of kernel) if (!now.has(line)) lost.add(line);
  };
  return () => {
    system.watch?.();
    expect([...lost]).toEqual([]);
    expect(contents()).toEqual(files);
  };
}
