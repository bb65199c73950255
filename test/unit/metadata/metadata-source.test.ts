// The memory of a process that lives on: what it asks again, what it never acts on without a full reading, and one token for hours.
import { describe, expect, test } from 'vitest';
import type { ClientOptions } from '../../../agent/metadata/client.ts';
import { instanceIdPath, macsPath } from '../../../agent/metadata/clouds/mac-tree.ts';
import { judgeAnswer } from '../../../agent/metadata/judge-answer.ts';
import { type MetadataSource, openMetadataSource } from '../../../agent/metadata/metadata-source.ts';
import type { Response } from '../../../agent/metadata/provider.ts';
import { answer, type RecordedAnswer } from '../../../agent/metadata/recording.ts';
import { MetadataEmulator } from '../../support/metadata-emulator.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

const mac = '0a:07:84:3d:6e:01';
const keyPath = (key: string) => `${macsPath}${mac}/${key}`;

interface Service {
  readonly source: MetadataSource;
  /** Paths of each read; cleared by the test. */
  readonly reads: string[][];
  readonly options: ClientOptions[];
  fault: ((path: string) => Response | undefined) | undefined;
  readonly clock: { now: number };
  set(path: string, value: RecordedAnswer | undefined): void;
}

function open(name = 'dual-stack'): Service {
  const recording = loadRecording('aws', name);
  let { responses } = recording;
  const clock = { now: 0 };
  const service: Service = {
    clock,
    reads: [],
    options: [],
    fault: undefined,
    set(path, value) {
      const { [path]: _, ...others } = responses;
      responses = value === undefined ? others : { ...others, [path]: value };
    },
    source: openMetadataSource({
      provider: 'aws',
      timeoutMs: 1000,
      readDmi: () => Promise.reject(new Error('the provider is named')),
      now: () => clock.now,
      connect(options) {
        const paths: string[] = [];
        service.reads.push(paths);
        service.options.push(options);
        return {
          async get(path) {
            paths.push(path);
            const { status, body } = service.fault?.(path) ?? answer({ ...recording, responses }, path);
            return judgeAnswer(status, body);
          },
          requests: () => paths.length,
          endpoint: () => options.endpoints[0],
          close: () => undefined,
        };
      },
    }),
  };
  return service;
}

/** Reads until the memory is warm; the reads before are forgotten. */
async function warm(name?: string): Promise<Service> {
  const service = open(name);
  await service.source.read();
  service.reads.length = 0;
  return service;
}

describe('what is asked', () => {
  test('everything at first, then what may have changed, then everything again when told', async () => {
    const service = open();
    await service.source.read();
    await service.source.read();
    service.source.forget();
    await service.source.read();
    const [first, second, third] = service.reads.map(paths => paths.length);
    expect(first).toBe(third);
    expect(first).toBeGreaterThan(15);
    expect(second).toBeLessThanOrEqual(2 + 2);
  });

  test('each key that may change comes up within a few reads, those that may not never', async () => {
    const service = await warm();
    for (let i = 0; i < 6; i += 1) await service.source.read();
    const asked = new Set(service.reads.flat());
    for (const path of [macsPath, keyPath(''), keyPath('local-ipv4s'), keyPath('ipv6s')])
      expect(asked).toContain(path);
    for (const path of [instanceIdPath, keyPath('interface-id'), keyPath('subnet-ipv4-cidr-block')])
      expect(asked).not.toContain(path);
  });

  test('an ENI that is new is asked in full, and so is one that came back', async () => {
    const service = await warm('two-secondaries-one-subnet');
    const other = `${macsPath}0a:07:84:3d:6e:02/`;
    const whole = loadRecording('aws', 'two-secondaries-one-subnet').responses;
    const keys = Object.keys(whole).filter(path => path.startsWith(other));
    for (const path of keys) service.set(path, undefined);
    expect((await service.source.read()).instance.enis).toHaveLength(2);
    service.reads.length = 0;
    for (const path of keys) service.set(path, whole[path]);
    expect((await service.source.read()).instance.enis).toHaveLength(3);
    expect(service.reads[0]).toContain(`${other}interface-id`);
  });
});

describe('what is acted on', () => {
  test('news is read again in full, and the second reading counts', async () => {
    const service = await warm();
    service.set(keyPath('local-ipv4s'), '172.31.44.13\n172.31.45.71');
    const reading = await service.source.read();
    expect(service.reads).toHaveLength(2);
    expect(service.reads[1]!.length).toBeGreaterThan(15);
    expect(reading.requests).toBe(service.reads.flat().length);
    expect(reading.instance.enis.find(e => e.mac === mac)?.ipv4.addresses).toMatchObject({
      value: ['172.31.44.13', '172.31.45.71'],
    });
    await service.source.read();
    expect(service.reads).toHaveLength(3);
  });

  test('a reading is as old as what of it comes from memory', async () => {
    const service = await warm();
    service.clock.now = 60_000;
    expect(await service.source.read()).toMatchObject({ at: 0 });
    service.source.forget();
    expect(await service.source.read()).toMatchObject({ at: 60_000 });
    service.clock.now = 120_000;
    expect(await service.source.read()).toMatchObject({ at: 60_000 });
    service.set(keyPath('local-ipv4s'), '172.31.44.13');
    expect(await service.source.read()).toMatchObject({ at: 120_000 });
  });

  test('news that the second reading does not confirm is none', async () => {
    const service = await warm();
    const { instance } = await service.source.read();
    let asked = 0;
    service.fault = path => {
      if (path !== keyPath('local-ipv4s')) return undefined;
      asked += 1;
      return asked === 1 ? { status: 200, body: '172.31.44.13' } : undefined;
    };
    expect((await service.source.read()).instance).toEqual(instance);
  });

  test('a reading with problems is no memory: the next one asks everything', async () => {
    const service = await warm();
    service.fault = path => (path.endsWith('ipv6s') ? { status: 503, body: '' } : undefined);
    for (let i = 0; i < 3; i += 1) await service.source.read();
    service.reads.length = 0;
    service.fault = undefined;
    await service.source.read();
    expect(service.reads[0]!.length).toBeGreaterThan(15);
    await service.source.read();
    expect(service.reads[1]!.length).toBeLessThan(5);
  });

  test('a read that throws changes nothing in the memory, and its requests count', async () => {
    const service = await warm();
    const before = service.source.requests();
    service.fault = path => (path === macsPath ? { status: 503, body: '' } : undefined);
    await expect(service.source.read()).rejects.toMatchObject({ code: 'metadata-invalid' });
    expect(service.source.requests()).toBeGreaterThan(before);
    service.fault = undefined;
    service.reads.length = 0;
    await service.source.read();
    expect(service.reads).toHaveLength(1);
    expect(service.reads[0]!.length).toBeLessThan(5);
  });
});

test('one session for nine tenths of six hours, then a new one', async () => {
  const service = open();
  await service.source.read();
  service.clock.now = 19_440_000;
  await service.source.read();
  service.clock.now += 1;
  await service.source.read();
  const [a, b, c] = service.options.map(o => o.session);
  expect(a).toBe(b);
  expect(c).not.toBe(b);
  expect(service.options[0]!.token?.ttlSeconds).toBe(21_600);
});

test('where the url is given, nobody else is asked', async () => {
  const asked: (readonly string[])[] = [];
  const source = openMetadataSource({
    provider: 'aws',
    url: 'http://127.0.0.1:1',
    timeoutMs: 1000,
    readDmi: () => Promise.reject(new Error('the provider is named')),
    now: () => 0,
    connect({ endpoints }) {
      asked.push(endpoints);
      throw new Error('enough');
    },
  });
  await expect(source.read()).rejects.toThrow('enough');
  expect(asked).toEqual([['http://127.0.0.1:1']]);
});

test('a service that hangs does not outlive the source', async () => {
  const emulator = new MetadataEmulator(loadRecording('aws', 'two-enis'));
  const url = await emulator.listen();
  emulator.fault({ match: 'macs', delayMs: 60_000 });
  const readDmi = () => Promise.reject(new Error('the provider is named'));
  const source = openMetadataSource({ provider: 'aws', url, timeoutMs: 60_000, readDmi, now: () => 0 });
  const read = source.read();
  const ended = expect(read).rejects.toThrow('reading the metadata was cancelled');
  setTimeout(() => source.close(), 50);
  await ended;
  await emulator.close();
});
