// `rollback` and `remove` on netplan, while somebody has changed the primary's definition and not applied it: a reload of networkd would apply
// it, so there is none.
import { beforeEach, describe, expect, test } from 'vitest';
import { installGenerated } from '../../agent/apply/netplan/generator.ts';
import { holdLoaded } from '../../agent/apply/netplan/loaded.ts';
import { emptyState } from '../../agent/apply/state-file.ts';
import type { CommandContext } from '../../agent/cli/command.ts';
import { rollback } from '../../agent/cli/commands/rollback.ts';
import { defaultSettings } from '../../agent/config/read-settings.ts';
import { type Log, silentLog } from '../../agent/log.ts';
import { removeAll } from '../../agent/removal/remove-all.ts';
import { netplan } from '../../renderers/netplan/renderer.ts';
import { factsForBackend } from '../../renderers/releases/lookup.ts';
import type { EniChange } from '../../renderers/renderer.ts';
import { examplePlans } from '../support/example-plans.ts';
import { FakeNetplan } from '../support/fake-netplan.ts';

const facts = factsForBackend('netplan', 'debian-12');
const generator = netplan.netplanGenerator!;
const plan = examplePlans['static-dual-stack']!;
const changes: readonly EniChange[] = plan.enis.map(after => ({ kind: 'added', after }));
const files = netplan
  .render(plan.enis, facts)
  .map(f => ({ path: f.path, mode: f.mode, before: undefined, after: f.content }));
const settings = { ...defaultSettings, agent: { ...defaultSettings.agent, verifyTimeoutMs: 0 } };

let host: FakeNetplan;
let warnings: string[];
let log: Log;

/** A machine with an ENI that was applied and loaded, and the checkpoint of that. */
beforeEach(async () => {
  warnings = [];
  log = { ...silentLog, warn: (_fields, text) => void warnings.push(text) };
  host = new FakeNetplan();
  for (const name of ['rmdir', '/lib/systemd/systemd-networkd-wait-online'])
    host.programs.set(name, {
      looks: () => false,
      run: (args, step) => {
        step(`${name} ${args.join(' ')}`);
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    });
  host.define('50-cloud-init.yaml', 'eth0');
  host.bootNetplan();
  await host.sleep(1000);
  for (const f of files) await host.writeFile(f.path, f.after, f.mode);
  const context = { system: host, log, renderer: netplan, facts, reloadHazard: undefined };
  const noteLoaded = await installGenerated(context, changes, async () => {
    await host.run(['/usr/libexec/netplan/generate', '--root-dir', generator.root]);
  });
  await host.run(['networkctl', 'reload']);
  await noteLoaded();
  await host.sleep(1000);
  const state = { ...emptyState, backend: 'netplan', applied: plan.enis };
  host.put('/var/lib/eni-agent/state.json', JSON.stringify(state));
  const primary = { link: 'eth0', addresses: [], defaultRoutes: [] };
  const checkpoint = {
    version: 1,
    time: '2026-01-01T00:00:00Z',
    backend: 'netplan',
    changes,
    files,
    primary,
  };
  host.put(
    '/var/lib/eni-agent/last-change.json',
    JSON.stringify({ ...checkpoint, committed: true, stateBefore: emptyState, knownFaults: [] }),
  );
});

const takeBack = {
  rollback: async () => {
    const configuration = async () => ({ forLooking: async () => ({ settings, trouble: undefined }) });
    const context = { system: host, configuration, log: async () => log, print: () => {} };
    await rollback.run(context as unknown as CommandContext, {});
  },
  remove: async () => {
    await removeAll({ system: host, settings, log });
  },
};

describe.each(['rollback', 'remove'] as const)('%s', command => {
  /** Whatever it says of the kernel, which this machine has not. */
  const run = async () => {
    host.reconfigured = [];
    host.journal = [];
    await takeBack[command]().catch(error => expect(error.code).toMatch(/^(verify|rollback)-failed$/));
    return host.journal.filter(line => line.includes('networkctl reload'));
  };

  test('makes networkd reload where that reaches our links only', async () => {
    expect(await run()).toHaveLength(1);
    expect(host.reconfigured).not.toContain('eth0');
    expect(warnings).toEqual([]);
  });

  test('makes no reload while the edit of somebody is not applied, and says so', async () => {
    host.define('50-cloud-init.yaml', 'eth0', '      mtu: 1400\n');
    host.daemonReload();
    await host.sleep(1000);
    expect(await holdLoaded(host, generator, { readOnly: true })).toContain(
      '10-netplan-eth0.network was changed',
    );
    expect(await run()).toEqual([]);
    expect(host.reconfigured).toEqual([]);
    expect(warnings.join()).toContain(
      'without a reload of the network service; run "systemctl restart systemd-networkd"',
    );
  });
});
