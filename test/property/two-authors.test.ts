// A machine on which somebody has written beside us: what the model says is his is never written, no byte of his files is missing afterwards,
// and an ENI of which nobody has spoken works. Each story is a `once`, another, and a `remove`.
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createMachine, type Machine } from '../support/fake-machine.ts';
import { fakeBackends } from '../support/fake-machine-service.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';
import { arbitraryFiles, type NamedLink, type WrittenFile } from '../support/two-authors.ts';

const recording = loadRecording('aws', 'two-secondaries-one-subnet');
const macs = ['0a:07:84:3d:6e:01', '0a:07:84:3d:6e:02'] as const;
const names = ['eth1', 'eth2', 'eth10', 'ens6', 'enp0s7f1', 'lan-2', 'a_b.c'] as const;
const runs = Number(process.env.PROPERTY_RUNS ?? 60);

let machine: Machine | undefined;
afterEach(() => machine?.close());

describe.each(fakeBackends)('%s', backend => {
  const states = fc
    .uniqueArray(fc.constantFrom(...names), { minLength: 2, maxLength: 2 })
    .map((drawn): readonly NamedLink[] => drawn.map((name, i) => ({ name, mac: macs[i]! })))
    .chain(links => fc.record({ links: fc.constant(links), files: arbitraryFiles(backend, links) }));

  test('what is another’s is neither written nor missing', { timeout: 1_200_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(states, async ({ links, files }) => {
        await machine?.close();
        machine = await createMachine({ recording, backend, unplugged: true });
        await liveBeside(machine, links, files);
      }),
      { numRuns: runs },
    );
  });
});

async function liveBeside(
  { system, attach, agent }: Machine,
  links: readonly NamedLink[],
  files: readonly WrittenFile[],
): Promise<void> {
  for (const { name, mac } of links) attach(mac, name);
  for (const { path, text } of files)
    system.put(path, text, path.includes('system-connections') ? 0o600 : 0o644);
  const owned = new Set(files.flatMap(({ owns }) => owns ?? []));
  const has = (link: string) =>
    system.kernel.addresses.some(a => a.link === link && a.ip.startsWith('172.31.'));
  const before = [...system.files].filter(([path]) => !path.startsWith('/run/'));
  system.journal.length = 0;
  for (const command of ['once', 'once', 'remove']) {
    const { code, out, err } = await agent(command);
    const said = `${command} ended with ${code}: ${out}${err}`;
    expect(code, said).toBe(command !== 'remove' && owned.size > 0 ? 2 : 0);
    for (const { path, text } of files) expect(system.files.get(path)?.content, path).toBe(text);
    for (const { name } of links)
      expect(has(name), `${name}: ${said}`).toBe(command !== 'remove' && !owned.has(name));
  }
  for (const name of owned)
    for (const line of system.journal)
      expect(line).not.toMatch(new RegExp(`\\b${name.replace('.', '\\.')}(?![\\w.-])`));
  const after = new Map(system.files);
  for (const [path, { content, mode }] of before)
    expect(after.get(path), path).toMatchObject({ content, mode });
}
