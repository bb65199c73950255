// What every provider owes, whatever the service does: run over each line of the registry against the emulator on loopback.
import { afterEach, describe, expect, test } from 'vitest';
import { AgentError } from '../../agent/errors.ts';
import { readInstance } from '../../agent/metadata/read-instance.ts';
import type { Recording } from '../../agent/metadata/recording.ts';
import { instanceFromRecording } from '../../agent/metadata/recording.ts';
import { providers } from '../../agent/metadata/registry.ts';
import type { Dmi } from '../../agent/model/host.ts';
import { valueOr } from '../../agent/model/instance.ts';
import type { Fault } from '../support/metadata-emulator.ts';
import { MetadataEmulator } from '../support/metadata-emulator.ts';
import { loadRecording, recordingNames } from '../support/metadata-emulator-recordings.ts';

const dmi: Dmi = {
  sysVendor: '',
  productName: '',
  productFamily: '',
  productUuid: '',
  biosVendor: '',
  biosVersion: '',
  boardAssetTag: '',
  chassisAssetTag: '',
  hypervisorUuid: '',
};

const running: MetadataEmulator[] = [];

afterEach(async () => {
  for (const emulator of running.splice(0)) await emulator.close();
});

async function serve(recording: Recording): Promise<{ emulator: MetadataEmulator; url: string }> {
  const emulator = new MetadataEmulator(recording);
  running.push(emulator);
  return { emulator, url: await emulator.listen() };
}

describe.each(providers)('$name', provider => {
  const read = (url: string, timeoutMs?: number) =>
    readInstance({ provider: provider.name, url, dmi, timeoutMs });
  const twoEnis = () => loadRecording(provider.name, 'two-enis');
  /** The key of the second ENI that every fault here hits. */
  const list = { alibaba: 'private-ipv4s', aws: 'local-ipv4s', jdcloud: 'local-ipv4' }[provider.name];
  const secondEni = { alibaba: '00:16:3e:12:16:02', aws: '0a:07:84:3d:6e:01', jdcloud: 'network/2' }[
    provider.name
  ];
  const key = `${secondEni}/${list}$`;

  async function readWith(fault: Fault, timeoutMs?: number) {
    const { emulator, url } = await serve(twoEnis());
    emulator.fault(fault);
    return { ...(await read(url, timeoutMs)), emulator };
  }

  /** The secondary ENI is incomplete and says why; the primary is untouched, and nothing is called absent. */
  function expectUnknown(instance: Awaited<ReturnType<typeof readWith>>['instance'], why: string) {
    const [primary, second] = [true, false].map(p => instance.enis.find(e => e.primary === p)!);
    expect(valueOr(primary!.ipv4.addresses, [])).toHaveLength(1);
    expect(second!.ipv4.addresses).toEqual({ state: 'unknown', why: `${list} is listed but ${why}` });
    expect(instance.problems.map(p => p.text)).toEqual([`${list} is listed but ${why}`]);
  }

  test.each(recordingNames(provider.name))('%s: live and replayed give the same Instance', async name => {
    const recording = loadRecording(provider.name, name);
    const { url } = await serve(recording);
    const live = await read(url);
    const replayed = await instanceFromRecording(recording);
    // A recorded silence is a lost connection when it is live, so only its wording differs.
    const wordless = (text: string) => text.replace(/failed: .*?"|connection \w+/g, 'failed"');
    expect(wordless(JSON.stringify(live.instance))).toBe(wordless(JSON.stringify(replayed)));
    expect(provider.parse(live.responses)).toEqual(live.instance);
  });

  test('a key that answers 404 though it is listed', async () => {
    expectUnknown((await readWith({ match: key, status: 404 })).instance, 'answered 404');
  });

  test('an empty body', async () => {
    expectUnknown((await readWith({ match: key, lie: '' })).instance, 'answered nothing');
  });

  test('an HTML page with status 200', async () => {
    const { instance } = await readWith({ match: key, lie: '\n<html>10.0.0.1</html>' });
    expectUnknown(instance, 'failed: answered 200 with an HTML or XML page');
  });

  test('a redirect is not followed', async () => {
    const elsewhere = await serve(twoEnis());
    const { instance } = await readWith({
      match: key,
      status: 302,
      headers: { Location: `${elsewhere.url}/x` },
    });
    expectUnknown(instance, 'answered 302');
    expect(elsewhere.emulator.log).toEqual([]);
  });

  test('a body that is too large', async () => {
    const { instance } = await readWith({ match: key, lie: 'x'.repeat(600 * 1024) });
    expect(instance.problems[0]?.text).toMatch(/^\S+ is listed but failed: more than \d+ KiB$/);
  });

  test('NUL bytes', async () => {
    expectUnknown(
      (await readWith({ match: key, lie: '10.0.0.1\0' })).instance,
      'failed: answered 200 with NUL bytes',
    );
  });

  test('an answer in a content coding', async () => {
    const { instance } = await readWith({ match: key, lie: 'x', headers: { 'Content-Encoding': 'gzip' } });
    expectUnknown(instance, 'failed: answered in a content coding');
  });

  test('503 once is asked again, and heals', async () => {
    const { instance, emulator } = await readWith({ match: key, status: 503, times: 1 });
    expect(instance.problems).toEqual([]);
    expect(emulator.log.filter(r => new RegExp(key).test(r.path)).map(r => r.status)).toEqual([503, 200]);
  });

  test('503 with Retry-After is asked again after that time', async () => {
    const fault: Fault = { match: key, status: 503, times: 1, headers: { 'Retry-After': '1' } };
    const { emulator } = await readWith(fault);
    const [first, second] = emulator.log.filter(r => new RegExp(key).test(r.path));
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(950);
  });

  test('503 for ever ends after three attempts', async () => {
    const { instance, emulator } = await readWith({ match: key, status: 503 });
    expectUnknown(instance, 'answered 503');
    expect(emulator.counters().statuses['503']).toBe(3);
  });

  test('429 is asked again, 500 is not', async () => {
    expect((await readWith({ match: key, status: 429, times: 1 })).instance.problems).toEqual([]);
    const { instance, emulator } = await readWith({ match: key, status: 500 });
    expectUnknown(instance, 'answered 500');
    expect(emulator.counters().statuses['500']).toBe(1);
  });

  test.each(['before', 'middle'] as const)('a connection lost %s the answer is asked again', async drop => {
    expect((await readWith({ match: key, drop, times: 2 })).instance.problems).toEqual([]);
    const { instance } = await readWith({ match: key, drop });
    expect(instance.problems[0]?.text).toMatch(/is listed but failed: connection (reset|lost)/);
  });

  test('an answer that does not come in time ends with the whole read', async () => {
    const started = Date.now();
    const { instance } = await readWith({ match: key, delayMs: 20_000 }, 700);
    expectUnknown(instance, 'failed: the time limit for reading the metadata is over');
    expect(Date.now() - started).toBeLessThan(2500);
  });

  test('nobody listens: one clear error with endpoint and cause', async () => {
    const { emulator, url } = await serve(twoEnis());
    await emulator.close();
    await expect(read(url)).rejects.toMatchObject({
      name: 'AgentError',
      code: 'metadata-unreachable',
      message: `no metadata service at ${url}: connection refused`,
    });
  });

  test('everything fails: an AgentError, whatever the way', async () => {
    for (const fault of [
      { status: 403, body: '<html>' },
      { status: 503 },
      { lie: '' },
      { lie: 'hello' },
      { lie: '{}' },
      { drop: 'before' as const },
    ]) {
      const { emulator, url } = await serve(twoEnis());
      emulator.fault({ match: '', ...fault });
      const error = await read(url).then(
        () => undefined,
        (e: unknown) => e,
      );
      expect(error, JSON.stringify(fault)).toBeInstanceOf(AgentError);
      expect((error as AgentError).code).toMatch(/^metadata-(unreachable|invalid)$/);
      expect((error as AgentError).message).not.toMatch(/[\n<]/);
    }
  });

  test('at most four connections, and each of them is kept', async () => {
    const { emulator, url } = await serve(loadRecording(provider.name, 'two-secondaries-one-subnet'));
    await read(url);
    expect(emulator.counters().connections).toBeLessThanOrEqual(4);
    expect(emulator.counters().requests).toBeGreaterThan(10);
  });

  test('a caller that gives up ends the read at once', async () => {
    const { emulator, url } = await serve(twoEnis());
    emulator.fault({ match: key, delayMs: 20_000 });
    const signal = AbortSignal.timeout(200);
    await expect(readInstance({ provider: provider.name, url, dmi, signal })).rejects.toMatchObject({
      code: 'metadata-unreachable',
      message: 'reading the metadata was cancelled',
    });
  });
});
