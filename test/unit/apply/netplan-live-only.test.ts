// Which ENIs networkd has not loaded, because it must not be made to: noted when a change goes live, and forgotten when it has loaded them.
import { beforeEach, describe, expect, test } from 'vitest';
import type { ApplyContext } from '../../../agent/apply/apply-context.ts';
import { liveOnlyPath, noteLive, readLiveOnly } from '../../../agent/apply/netplan/live-only.ts';
import { reloadHazardOf } from '../../../agent/apply/netplan/loaded.ts';
import { silentLog } from '../../../agent/log.ts';
import { describeLiveOnly, type LiveOnly } from '../../../agent/model/live-only.ts';
import { lookOnly } from '../../../agent/system/look-only.ts';
import { netplan } from '../../../renderers/netplan/renderer.ts';
import { networkd } from '../../../renderers/networkd/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import type { EniChange } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';
import { FakeNetplan } from '../../support/fake-netplan.ts';
import { withoutRoot } from '../../support/without-root.ts';

const hazard = '10-netplan-eth0.network was rewritten after systemd-networkd.service loaded its files';
const facts = factsForBackend('netplan', 'debian-12');
const [eni] = examplePlans['static-dual-stack']!.enis;
const change: EniChange = { kind: 'changed', before: eni!, after: eni! };
const files = netplan
  .render([eni!], facts)
  .map(f => ({ path: f.path, mode: f.mode, before: undefined, after: f.content }));

let host: FakeNetplan;
const context = (more: Partial<ApplyContext> = {}): ApplyContext => ({
  ...{ system: host, log: silentLog, renderer: netplan, facts, reloadHazard: hazard },
  ...{ compare: { base: 28_000, ruleProtocol: true }, verifyTimeoutMs: 0, metadataAddress: undefined },
  ...more,
});
const live = (links = ['eth1'], reloadHazard: string | null = hazard): Promise<LiveOnly | undefined> =>
  readLiveOnly(host, netplan, reloadHazard ?? undefined, { links, touch: true });

beforeEach(async () => {
  host = new FakeNetplan();
  host.define('50-cloud-init.yaml', 'eth0');
  host.bootNetplan();
  await host.sleep(1000);
});

test('a change that went live: since when, which links, why, and the one step', async () => {
  await noteLive(context(), { changes: [change], files });
  const since = new Date(host.now()).toISOString();
  await host.sleep(60_000);
  await noteLive(context(), { changes: [{ kind: 'added', after: { ...eni!, link: 'eth2' } }], files: [] });
  const found = await live();
  expect(found).toEqual({ since, links: ['eth1'], reason: hazard, nextStep: expect.any(String) });
  expect(describeLiveOnly(found!)).toBe(
    `live only: systemd-networkd has not loaded the files of eth1, because a reload could interrupt the primary (${hazard}); run "systemctl restart systemd-networkd" at a quiet moment, or reboot`,
  );
});

describe('it is over', () => {
  beforeEach(async () => {
    await noteLive(context(), { changes: [change], files });
    await host.sleep(1000);
    expect(await live()).toBeDefined();
  });

  test.each([true, false])(
    'when somebody has made networkd load its files (unit tells it: %s)',
    async tells => {
      host.notifiesReload = tells;
      host.daemonReload();
      host.reload();
      expect(await live()).toBeUndefined();
      expect(host.files.has(liveOnlyPath)).toBe(false);
    },
  );

  test('when the agent has', async () => {
    await noteLive(context({ reloadHazard: undefined }), { changes: [change], files });
    expect(await live(['eth1'], null)).toBeUndefined();
  });

  test('for an ENI that is removed, or that is not planned any more', async () => {
    expect(await live(['eth7'])).toBeUndefined();
    await noteLive(context(), { changes: [change], files });
    await noteLive(context(), {
      changes: [{ kind: 'removed', before: eni!, linkPresent: false }],
      files: [],
    });
    expect(await live()).toBeUndefined();
  });

  test('not when only the hazard has gone: then the next pass has something to load', async () => {
    expect(await live(['eth1'], null)).toMatchObject({
      links: ['eth1'],
      reason: expect.stringMatching(/next pass/),
    });
  });
});

test('what is mended in the kernel, with the file as it was, is as loaded as before', async () => {
  await noteLive(context(), { changes: [change], files: [] });
  expect(await live()).toBeUndefined();
});

test('a look writes nothing; notes that are garbage say nothing; other backends know no such state', async () => {
  await noteLive(context(), { changes: [change], files });
  await host.sleep(1000);
  host.reload();
  const look = { links: ['eth1'], touch: false };
  expect(await readLiveOnly(host, netplan, hazard, look)).toBeUndefined();
  expect(host.files.has(liveOnlyPath)).toBe(true);
  expect(await readLiveOnly(host, networkd, undefined, look)).toBeUndefined();
  for (const text of ['{', '[]', 'null', '{"eth1":"soon"}']) {
    host.put(liveOnlyPath, text);
    expect(await live()).toBeUndefined();
  }
});

describe('without root nothing is said of what cannot be read', () => {
  const refusal = 'No journal files were opened due to insufficient permissions.\n';

  test.each([
    ['when networkd has loaded its files', false],
    ['whether a reload would be harmless', true],
  ])('%s', async (_name, tells) => {
    host.notifiesReload = tells;
    await reloadHazardOf(host, netplan, { readOnly: false });
    await noteLive(context(), { changes: [change], files });
    await host.sleep(1000);
    const run = host.run.bind(host);
    host.run = async (argv, options) =>
      argv[0] === 'journalctl' ? { exitCode: 1, stdout: '', stderr: refusal } : run(argv, options);
    const { system } = lookOnly(withoutRoot(host));
    const hazardSeen = await reloadHazardOf(system, netplan, { readOnly: true });
    const look = { links: ['eth1'], touch: false };
    expect(await readLiveOnly(system, netplan, hazardSeen, look)).toBeUndefined();
    expect(host.files.has(liveOnlyPath)).toBe(true);
  });
});
