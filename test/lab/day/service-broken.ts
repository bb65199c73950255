// The network service is stopped, or broken in a way that its own administrator would bring about, and the cloud changes something. The change
// cannot be applied: everybody says so, also after other events, and it is applied by itself when the service works again.
import { expect } from 'vitest';
import { metricsPath } from '../../../agent/daemon/metrics/file.ts';
import { slack } from '../command.ts';
import { readGuestFile, removeGuestFile, writeGuestFile } from '../guest-files.ts';
import { assignAddress, attachEni, detachEni, unassignAddress } from '../vpc.ts';
import type { EniSpec } from '../vpc-spec.ts';
import type { Day, DayImage } from './day.ts';

interface Trouble {
  readonly begin: (day: Day) => Promise<unknown>;
  readonly end: (day: Day) => Promise<unknown>;
  /** A folder that the agent watches, beside its own files. */
  readonly folder: string;
}

const badYaml = '/etc/netplan/99-broken.yaml';
const badHook = '/etc/network/if-up.d/zz-broken';

const troubles: Readonly<Record<DayImage, Trouble>> = {
  netplan: {
    begin: async ({ host }) => writeGuestFile(host.guest, badYaml, 'network: [\n', 0o600),
    end: async ({ host }) => removeGuestFile(host.guest, badYaml),
    folder: '/etc/netplan',
  },
  'networkmanager-keyfile': {
    begin: ({ sh }) => sh('systemctl stop NetworkManager'),
    end: ({ sh }) => sh('systemctl start NetworkManager'),
    folder: '/etc/NetworkManager/system-connections',
  },
  networkd: {
    // Stopped it would drop the primary's lease, and the cloud could tell nothing.
    begin: ({ sh }) => sh('systemctl kill -s STOP systemd-networkd'),
    end: ({ sh }) => sh('systemctl kill -s CONT systemd-networkd'),
    folder: '/etc/systemd/network',
  },
  'ifupdown-systemd': {
    begin: async ({ host }) => writeGuestFile(host.guest, badHook, '#!/bin/sh\nexit 1\n', 0o755),
    end: async ({ host }) => removeGuestFile(host.guest, badHook),
    folder: '/etc/network/interfaces.d',
  },
};

const added: EniSpec = {
  link: 'eth5',
  mac: '02:00:00:00:00:16',
  subnets: [{ subnet: '10.0.5.0/24', addresses: ['10.0.5.10', '10.0.5.11'] }],
};

/** The last wait between two tries, with its jitter. */
const retryMs = 280_000;

export async function serviceBroken(day: Day): Promise<void> {
  const { host, image, sh } = day;
  const { begin, end, folder } = troubles[image];
  // With ifupdown an address comes without ifup: there it is a whole ENI.
  const link = image === 'ifupdown-systemd' ? added.link : 'eth1';
  const address = image === 'ifupdown-systemd' ? '10.0.5.11' : '10.0.1.39';
  await begin(day);
  try {
    if (link === added.link) await attachEni(host.vpc, added);
    else await assignAddress(host.vpc, link, address);
    await host.metadata.sync();
    // A networkd that does not answer costs a pass more than `refresh` waits, where the machine is busy.
    const refreshed = await day.eniAgent('refresh');
    if (image !== 'networkd' || refreshed.exitCode === 2) {
      expect(refreshed.exitCode).toBe(2);
      expect(refreshed.stdout).toContain('failed');
    } else expect(refreshed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('lock-held: ') });
    await saysFailed(day, link);
    // A file event, and a repair by what was believed before, which cannot be made either.
    await sh(
      `echo '# a note' > ${folder}/note.txt; rm ${folder}/note.txt; ip rule del pref $(ip rule | sed -n 's/^\\(286[0-9]*\\):.*/\\1/p' | tail -n 1)`,
    );
    await new Promise(resolve => setTimeout(resolve, 3000 * slack));
    await saysFailed(day, link);
  } finally {
    await end(day);
  }
  await day.until('what failed is applied', () => day.report()?.error === null, retryMs);
  await day.settled();
  expect(await sh(`ip -4 addr show dev ${link}`)).toContain(`${address}/`);
  if (link === added.link) await detachEni(host.vpc, link);
  else await unassignAddress(host.vpc, link, address);
  await host.metadata.sync();
  expect(await day.eniAgent('refresh')).toMatchObject({ exitCode: 0 });
}

/** Whoever looks: the report, `status --cached`, the metrics, systemd. */
async function saysFailed(day: Day, link: string): Promise<void> {
  const { host, sh } = day;
  const state = () => day.report()?.enis.find(eni => eni.link === link || eni.mac === added.mac)?.state;
  await day.until('it says failed', () => state() === 'failed' && day.report()!.error !== null, 60_000);
  // Written behind the report: a moment later on a busy machine.
  const metrics = () => readGuestFile(host.guest, metricsPath) ?? '';
  const isMeasured = () => /^eni_agent_eni_state\{.*state="failed"\} 1$/m.test(metrics());
  await day.until('the metrics say failed', isMeasured, 10_000);
  expect(await sh('systemctl show -p StatusText --value eni-agent')).toMatch(
    /[12] failed.*; [a-z]+-[a-z-]+: /,
  );
  const cached = await day.eniAgent('status', '--cached');
  expect(cached).toMatchObject({ exitCode: 2, stdout: expect.stringContaining('failed') });
}
