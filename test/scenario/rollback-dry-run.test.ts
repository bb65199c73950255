// `rollback --dry-run` says what `rollback` then does, and does nothing itself.
import { describe, expect, test } from 'vitest';
import type { Machine } from '../support/fake-machine.ts';
import { beforeAttach, beforeChange, beforeRemoval } from './prepared.ts';
import { once, useMachines } from './story.ts';
import { travels } from './travels.ts';

const make = useMachines();

interface Preview {
  readonly wouldRollBack: string;
  readonly enis: readonly { readonly kind: string; readonly added: string[]; readonly removed: string[] }[];
  readonly files: readonly { readonly path: string; readonly mode: string; readonly after: string | null }[];
  readonly kept: readonly string[];
}

async function dryRun(machine: Machine): Promise<Preview> {
  machine.system.restart();
  const before = machine.picture();
  const all = new Map(machine.system.files);
  const outcome = await machine.agent('rollback', '--dry-run', '--json');
  expect(outcome, outcome.err).toMatchObject({ code: 2, err: '' });
  const { journal } = machine.system;
  expect(journal.filter(line => !/^write \/run\/eni-agent\/(tool-versions|kernel-probe)/.test(line))).toEqual(
    [],
  );
  expect(machine.picture()).toEqual(before);
  expect([...machine.system.files.keys()]).toEqual([...all.keys()]);
  return JSON.parse(outcome.out) as Preview;
}

describe.each(travels)('$backend', travel => {
  test.each([
    ['a hot-plug', beforeAttach, 'removed'],
    ['an address', beforeChange, 'changed'],
    ['a detach', beforeRemoval, 'added'],
  ] as const)('%s', async (_name, prepare, kind) => {
    const { machine } = await prepare(spec => make({ ...spec, backend: travel.backend }));
    expect((await once(machine)).code).toBeLessThanOrEqual(2);
    const preview = await dryRun(machine);
    expect(preview.enis.map(eni => eni.kind)).toEqual([kind]);
    const lines = (key: string) => machine.system.kernel.describe().filter(line => line.includes(key));
    const before = machine.files();
    const text = await machine.agent('rollback', '--dry-run');
    machine.system.restart();
    expect((await machine.agent('rollback')).code).toBe(0);
    const after = machine.files();
    const touched = new Set([...Object.keys(before), ...Object.keys(after)]);
    const changed = [...touched].filter(file => before[file] !== after[file]);
    // A file is named with its mode here.
    const ours = changed
      .map(file => file.replace(/ \d+$/, ''))
      .filter(path => !path.startsWith('/run/network/'));
    expect(preview.files.map(f => f.path).sort()).toEqual(ours.sort());
    for (const { path, mode, after: content } of preview.files)
      expect(after[`${path} ${mode.slice(1)}`] ?? null).toBe(content);
    for (const eni of preview.enis) {
      const addresses = (keys: readonly string[]) =>
        keys.flatMap(key => /^address \S+ ([\d.]+)\//.exec(key)?.[1] ?? []);
      for (const ip of addresses(eni.removed)) expect(lines(` ${ip}/`), ip).toEqual([]);
      if (kind === 'changed') expect(addresses(eni.removed)).toEqual(['172.31.40.12']);
      for (const path of preview.files.map(f => f.path)) expect(text.out).toContain(path);
    }
  });
});

test('nothing to roll back', async () => {
  const { machine } = await beforeAttach(make);
  machine.system.files.delete('/var/lib/eni-agent/last-change.json');
  const outcome = await machine.agent('rollback', '--dry-run');
  expect(outcome.code).toBe(1);
  expect(outcome.err).toContain('nothing-to-roll-back');
});

test('a file that somebody has replaced stays, and is named', async () => {
  const { machine } = await beforeAttach(make);
  await once(machine);
  machine.system.put(travels[0]!.file, 'auto eth1\n');
  const preview = await dryRun(machine);
  expect(preview.kept).toEqual([travels[0]!.file]);
  expect(preview.files.map(({ path }) => path)).toEqual([
    '/etc/network/eni-agent-stanza',
    '/etc/udev/rules.d/70-eni-agent-primary.rules',
  ]);
});
