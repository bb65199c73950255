// What the backend itself takes: one new .network file for a link that is up, `networkctl reload`, and everything of the file in the
// kernel. The file is the agent's own, so that the work is the same; the agent is not running.
import type { AgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import { listGuestDir, readGuestFile, removeGuestFile, writeGuestFile } from '../lab/guest-files.ts';
import type { EniSpec } from '../lab/vpc-spec.ts';
import { completionOf } from './kernel-events.ts';
import { eventsOf } from './watch-plug.ts';

const folder = '/etc/systemd/network';

/** Milliseconds, one per round. The ENI must be configured by the agent, and the agent stopped. */
export async function reloadCosts(host: AgentHost, eni: EniSpec, rounds: number): Promise<readonly number[]> {
  const { guest } = host;
  const subnet = eni.subnets[0]!;
  const name = listGuestDir(guest, folder).find(file => file.includes(`eni-${eni.link}.`));
  if (name === undefined) throw new Error(`no file of ${eni.link} in ${folder}`);
  const path = `${folder}/${name}`;
  const content = readGuestFile(guest, path)!;
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await eventsOf(host, async () => {
      removeGuestFile(guest, path);
      await guestOk(guest, ['networkctl', 'reload']);
    });
    let startedMs = 0;
    const events = await eventsOf(host, async () => {
      writeGuestFile(guest, path, content);
      // The time is taken inside, so that the way into the guest is not part of it.
      const script = 'echo $EPOCHREALTIME; exec networkctl reload';
      startedMs = Number(await guestOk(guest, ['bash', '-c', script])) * 1000;
    });
    const completion = completionOf(events, eni.link, subnet.subnet.replace(/0\/24$/, ''));
    // The lease's address stays from before, so it may be no event.
    if (
      completion === undefined ||
      completion.rules === 0 ||
      completion.addresses < subnet.addresses.length - 1
    )
      throw new Error(`networkd did not load ${path}: ${JSON.stringify(completion)}`);
    took.push(completion.completeAtMs - startedMs);
  }
  return took;
}
