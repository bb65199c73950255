// What `doctor` and `status` say when it is not the agent that is in trouble: the network service has stopped, or the primary has nothing.
import { afterEach, describe, expect, test } from 'vitest';
import { createMachine, type Machine } from '../support/fake-machine.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';

let machine: Machine;
afterEach(() => machine.close());

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly saw: string;
  readonly hint: string | null;
}

async function doctor(): Promise<readonly Finding[]> {
  const { out, code } = await machine.agent('doctor', '--json');
  expect(code).toBe(2);
  return JSON.parse(out).findings;
}

const recording = loadRecording('aws', 'two-enis');

describe.each(['networkmanager-keyfile', 'networkd'] as const)('%s has stopped', backend => {
  const unit = backend === 'networkd' ? 'systemd-networkd' : 'NetworkManager';
  const stop = async () => {
    machine = await createMachine({ recording, backend });
    expect(await machine.agent('once')).toMatchObject({ code: 0 });
    const systemctl = machine.system.programs.get('systemctl')!;
    machine.system.programs.set('systemctl', {
      ...systemctl,
      run: (args, step) => {
        const { stdout, ...rest } = systemctl.run(args, step);
        return { ...rest, stdout: stdout.replace(/ActiveState=active/g, 'ActiveState=inactive') };
      },
    });
  };

  test('doctor names it', async () => {
    await stop();
    const findings = await doctor();
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'network service',
        verdict: 'failure',
        saw: expect.stringContaining(`${unit} is not running`),
        hint: expect.stringContaining(`systemctl start ${unit}`),
      }),
    );
    // Whoever names the backend in the configuration now has not mended anything.
    expect(JSON.stringify(findings)).not.toContain('[agent] backend = NAME');
    // The metadata was not asked, or has answered: it is not blamed.
    expect(
      findings.filter(f => f.check === 'metadata' && f.verdict !== 'ok' && f.verdict !== 'skipped'),
    ).toEqual([]);
  });

  test('status says what it can', async () => {
    await stop();
    const { out } = await machine.agent('status');
    expect(out).not.toContain('no answer');
    expect(out).toContain('eni-013cdce36ded5e79f');
  });
});

test('a primary without an address is the finding, and explains the metadata', async () => {
  machine = await createMachine({ recording });
  await machine.agent('once');
  machine.system.sh('ip addr flush dev eth0');
  await machine.metadata.close();
  const findings = await doctor();
  expect(findings).toContainEqual(
    expect.objectContaining({ check: 'primary', verdict: 'failure', saw: 'eth0 has no IPv4 address' }),
  );
  expect(findings.find(f => f.check === 'metadata')).toMatchObject({
    verdict: 'warning',
    hint: expect.stringContaining('see "primary" above'),
  });
  expect(JSON.stringify(findings)).not.toContain('hop limit');
});
