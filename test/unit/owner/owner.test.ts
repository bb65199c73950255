// `eni-agent owner` on the command line: its answer, its evidence, and what it says to a wrong question.
import { describe, expect, test } from 'vitest';
import { statePath } from '../../../agent/apply/state-file.ts';
import { marker } from '../../../renderers/renderer.ts';
import { runCli } from '../../support/cli-machine.ts';
import { createMachine } from '../../support/fake-machine.ts';
import { loadRecording } from '../../support/metadata-emulator-recordings.ts';

const network = '/mnt/etc/systemd/network';
const owner = (files: Readonly<Record<string, string>>, ...more: readonly string[]) =>
  runCli(
    ['owner', 'eth1', '--root', '/mnt', '--backend', 'networkd', ...more],
    { '/mnt/etc/x': '', ...files },
    false,
  );
const storage = { [`${network}/20-storage.network`]: '[Match]\nName=eth1\n[Network]\nDHCP=yes\n' };
const ours = { [`${network}/07-eni-eth1.network`]: `# ${marker}\n[Match]\nName=eth1\n` };

describe('below a folder', () => {
  test('somebody else', async () => {
    const { code, out, err } = await owner(storage);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Somebody else has it: eni-agent leaves it alone.');
    expect(out).toMatch(/\/etc\/systemd\/network\/20-storage\.network(:\d+)?: .*eth1/);
    expect(out).toMatch(/^At boot {2}\/etc\/systemd\/network\/20-storage\.network$/m);
    expect(out).not.toContain('/mnt');
  });

  test.each([
    [{}, 'none', null],
    [ours, 'eni-agent', '/etc/systemd/network/07-eni-eth1.network'],
    [storage, 'other', '/etc/systemd/network/20-storage.network'],
    [{ ...ours, ...storage }, 'other', '/etc/systemd/network/20-storage.network'],
  ])('%j as JSON: %s', async (files, whose, atBoot) => {
    const { out } = await owner(files, '--json', '--mac', '02:00:00:00:00:02');
    expect(JSON.parse(out)).toMatchObject({
      ...{ version: 1, link: 'eth1', mac: '02:00:00:00:00:02', backend: 'networkd' },
      ...{ owner: whose, atBoot, now: null, notRead: [] },
    });
  });

  test('without a MAC it says so, and what it says of now is that nobody was asked', async () => {
    const { out } = await owner(storage);
    expect(out).toContain('"--mac" gives the MAC');
    expect(out).toMatch(/^Now {6}not asked: these are only files$/m);
    expect((await owner(storage, '--mac', '02:00:00:00:00:02')).out).not.toContain('--mac');
  });

  test('what to do: with a definition, and with a file that could not be read', async () => {
    expect((await owner(storage)).out).toContain('and what refers to it (a bridge, a bond, a VLAN)');
    const { out } = await owner({
      [`${network}/20-x.network`]: `[Match]\nName=eth2\n${'#'.repeat(70_000)}\n`,
    });
    expect(out).toContain('Not known, since a file could not be read: eni-agent leaves it alone.');
    expect(out).toContain('Make that file readable, or correct it, and ask again.');
    expect(out).not.toContain('hand it over');
  });

  test('ifupdown: without a line that reads our folder nobody has it, and that line is what to add', async () => {
    const ask = (interfaces: string) =>
      runCli(
        ['owner', 'eth1', '--root', '/mnt', '--backend', 'ifupdown'],
        { '/mnt/etc/network/interfaces': interfaces },
        false,
      );
    const { out } = await ask('auto lo\niface lo inet loopback\n');
    expect(out).toContain('Nobody configures it, but a file of eni-agent would not be read');
    expect(out).toContain('add the line "source /etc/network/interfaces.d/*"');
    expect(out).toContain('Add that line, and run "eni-agent refresh".');
    expect(out).not.toMatch(/Somebody else|hand it over|^At boot {2}\//m);
    const defined = await ask('auto eth1\niface eth1 inet dhcp\n');
    expect(defined.out).toContain('Somebody else has it');
    expect(defined.out).toMatch(/^At boot {2}\/etc\/network\/interfaces$/m);
  });

  test('a file of ours for another link is not for this one', async () => {
    const { out } = await owner({ [`${network}/07-eni-eth10.network`]: `# ${marker}\n` }, '--json');
    expect(JSON.parse(out)).toMatchObject({ owner: 'none', own: [] });
  });
});

describe('the primary', () => {
  test('on the machine: no advice that would cut it off', async () => {
    const machine = await createMachine({ recording: loadRecording('aws', 'two-enis') });
    try {
      const ask = async (link: string) => (await machine.agent('owner', link)).out;
      // Before the first pass by the default route, after it by the metadata.
      for (const step of ['by route', 'by metadata']) {
        const out = await ask('eth0');
        expect(out, step).toContain('This is the primary: eni-agent does not configure it.');
        expect(out, step).toMatch(/^At boot {2}\/etc\/network\/interfaces/m);
        expect(out, step).not.toMatch(/hand it over|take out|Somebody else/);
        expect(await ask('eth1'), step).not.toContain('This is the primary');
        expect(JSON.parse((await machine.agent('owner', 'eth0', '--json')).out)).toMatchObject({
          owner: 'other',
          primary: true,
        });
        await machine.agent('once');
      }
      machine.system.put('/etc/network/interfaces.d/40-by-hand', 'auto eth1\niface eth1 inet manual\n');
      const other = await ask('eth1');
      expect(other).toContain('hand it over');
      expect(other).not.toMatch(/primary/);
      // The state came with the image of another machine: its primary is no link here.
      const primary = machine.state().lastGood.find(eni => eni.primary)!;
      const cloned = machine.system.files
        .get(statePath)!
        .content.replaceAll(primary.mac, '02:00:00:00:00:99');
      machine.system.put(statePath, cloned);
      expect(await ask('eth0')).toContain('This is the primary');
    } finally {
      await machine.close();
    }
  });

  test('of files alone: only a yes is certain', async () => {
    const { out } = await owner(storage);
    expect(out).toContain(
      'The primary is not configured by eni-agent: leave it as it is. Of any other link:',
    );
    expect(JSON.parse((await owner(storage, '--json')).out)).toMatchObject({ primary: null });
  });
});

describe('a wrong question', () => {
  test.each([
    [[], 'owner needs the name of a link'],
    [['../etc'], '"../etc" is not the name of a link'],
    [['eth1', 'eth2'], "Unexpected argument 'eth2'"],
    [['eth1', '--root', '/nowhere'], '--root "/nowhere" is not a folder'],
    [['eth1', '--mac', '1'], '--mac "1" is not a MAC address'],
    [['eth1', '--root', '/', '--backend', 'magic'], 'unknown backend "magic"'],
  ])('%j: %s', async (words, text) => {
    const { code, err, out } = await runCli(['owner', ...words], { '/mnt/etc/x': '' }, false);
    expect(err).toContain(text);
    expect(code).toBe(64);
    expect(out).toBe('');
  });

  test('no backend can be told', async () => {
    const { code, err } = await runCli(['owner', 'eth1', '--root', '/mnt'], { '/mnt/etc/x': '' }, false);
    expect(code).toBe(1);
    expect(err).toContain('--backend');
  });
});
