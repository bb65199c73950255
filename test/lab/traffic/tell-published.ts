// Ports that containers publish on an ENI's address: lost without the option, answered by the ENI with it. Told once for each service.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type AgentHost, agentOk } from '../agent-host.ts';
import { guestOk, runInGuest } from '../guest-commands.ts';
import { rebootGuest } from '../guest-power.ts';
import { trafficMachines } from './machines.ts';
import {
  addPublished,
  addWgQuick,
  marking,
  publish,
  sendCounted,
  switchTo,
  toPrimary,
  toPublished,
} from './published.ts';
import { buildStage, type Stage, strikeStage, type TrafficStory } from './stage.ts';
import { lostOf, renderTable } from './table.ts';

const unit = 'eni-agent-published-ports.service';
const unitText = readFileSync(fileURLToPath(new URL(`../../../systemd/${unit}`, import.meta.url)), 'utf8');
const script = '/var/lib/eni-agent/published-ports.sh';

export interface PublishedStory extends TrafficStory {
  /** There is no nft in the guest. */
  readonly withoutNft?: boolean;
  readonly machines?: readonly string[];
}

export function tellPublished(story: PublishedStory): void {
  const { withoutNft = false, machines = ['exclusive', 'shared', 'withprimary'] } = story;
  const files = { [`etc/systemd/system/${unit}`]: unitText, ...story.files };
  describe.each(trafficMachines.filter(m => machines.includes(m.name)))('$title', machine => {
    test('lost without the option, and answered by the ENI with it', async () => {
      const stage = await buildStage({ ...story, files }, machine);
      try {
        await tell(stage, `${story.image}, ${machine.title}`, withoutNft);
      } finally {
        await strikeStage(stage);
      }
    });
  });
}

async function tell(stage: Stage, title: string, withoutNft: boolean): Promise<void> {
  const { host, field } = stage;
  if (withoutNft) await breakNft(stage);
  const places = await addPublished(stage);
  const send = async (note: string, isWhole = true) => {
    const flows = [...toPublished(field, places), ...(isWhole ? toPrimary(field) : [])];
    const { results, drops } = await sendCounted(stage, flows);
    const table = renderTable(`${title}: ${note}`, results, drops === 0 ? [] : [String(drops)]);
    console.log(table);
    return { lost: lostOf(results), drops, table };
  };
  const expectAll = async (note: string, isWhole = true) => {
    const { lost, drops, table } = await send(note, isWhole);
    expect([lost.length, drops], table).toEqual([0, 0]);
  };

  const off = await send('without the option');
  expect(off.lost.filter(line => line.includes(' c: ')).length, off.table).toBeGreaterThan(5);

  await switchTo(host, true);
  expect(await marking(host)).toContain(withoutNft ? 'ENI-AGENT' : 'meta mark set');
  await expectAll('with the option');
  expect(await agentOk(host, ['once'])).toContain('Nothing to do.');
  await agentOk(host, ['status']);

  // Whatever else was there is gone as well; Docker would load its own again.
  await guestOk(host.guest, ['/usr/sbin/nft', 'flush', 'ruleset']);
  await publish(host);
  expect(await marking(host)).toBe('');
  await agentOk(host, ['status'], 2);
  expect((await send('after nft flush ruleset')).lost.length).toBeGreaterThan(5);
  expect(await agentOk(host, ['once'])).not.toContain('failed');
  await expectAll('after once');

  const withoutTunnel = await addWgQuick(host);
  await expectAll('beside wg-quick', false);
  await withoutTunnel();

  await switchTo(host, false);
  expect(await marking(host)).toBe('');
  expect(await guestOk(host.guest, ['ip', 'rule'])).not.toContain('/0xff000000');
  await switchTo(host, true);
  await tellBoot(stage, withoutNft);
}

/** The guest's own unit, or what the init script runs, without the agent. */
async function tellBoot({ host }: Stage, withoutNft: boolean): Promise<void> {
  const { guest } = host;
  const before = await markedRules(host);
  expect(before.length).toBeGreaterThanOrEqual(3);
  await rebootGuest(guest);
  expect(await marking(host)).toBe('');
  const isSystemd = guest.image.init === 'systemd';
  await guestOk(guest, isSystemd ? ['systemctl', 'start', unit] : ['sh', script]);
  expect(await marking(host)).toContain(withoutNft ? 'ENI-AGENT' : 'meta mark set');
  const key = await guestOk(guest, ['cat', '/proc/sys/net/ipv4/conf/eth1/src_valid_mark']);
  expect(key.trim()).toBe('1');
  expect(await markedRules(host)).toEqual(before);
  // The MTU of the primary is another one after this boot, so there may be something to do.
  expect(await agentOk(host, ['once'])).not.toContain(script);
  await agentOk(host, ['remove']);
  expect([await marking(host), (await runInGuest(guest, ['cat', script])).exitCode]).toEqual(['', 1]);
}

/** Of both families, without who has added them. */
async function markedRules({ guest }: AgentHost): Promise<readonly string[]> {
  const text = await guestOk(guest, ['sh', '-c', 'ip -4 rule; ip -6 rule']);
  const lines = text.split('\n').filter(line => line.includes('/0xff000000'));
  return lines.map(line => line.replace(/ proto \S+/, '').trim()).sort();
}

/** In front of the guest's own, for the script alone: the agent's path does not begin there. */
async function breakNft({ host }: Stage): Promise<void> {
  const text = '#!/bin/sh\necho "syntax error" >&2\nexit 1\n';
  await guestOk(host.guest, [
    'sh',
    '-c',
    `printf '%s' '${text}' > /usr/local/sbin/nft; chmod 755 /usr/local/sbin/nft`,
  ]);
}
