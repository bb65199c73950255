// One hot-plug, watched from outside of the guest's processes: the kernel's own announcements with their times, and a ping that is tried
// from the ENI's last address every 2 ms. Both are processes of the bench in the guest's network namespace; nothing is polled but that.
import { fileURLToPath } from 'node:url';
import type { AgentHost } from '../lab/agent-host.ts';
import { startBackground, waitFor } from '../lab/command.ts';
import { inNamespace } from '../lab/namespace.ts';
import { type EniSpec, remoteClient } from '../lab/vpc-spec.ts';
import { appearedAt, type Completion, completionOf, type KernelEvent, parseEvents } from './kernel-events.ts';
import { prepareEni } from './plug.ts';

export interface WatchedPlug extends Completion {
  readonly linkAtMs: number;
  readonly pingAtMs: number;
  /** Milliseconds from the appearance of the link to the later of the two: kernel complete, first ping answered. */
  readonly tookMs: number;
  readonly events: readonly KernelEvent[];
}

const probe = fileURLToPath(new URL('ping-probe.pl', import.meta.url));
const patience = 60_000;
/** After the ping and the last event: what comes later than this is not waited for. */
const quiet = 1500;

/** Plugs the ENI and waits until the kernel is silent. Throws if the ENI did not come to work, or not with all its addresses. */
export async function watchPlug(host: AgentHost, spec: EniSpec): Promise<WatchedPlug> {
  const { vpc } = host;
  const prepared = await prepareEni(host, spec);
  const { addresses, subnet } = prepared.eni.subnets[0]!;
  const ping = ['perl', probe, addresses.at(-1)!, remoteClient.address[4], String(patience / 1000)];
  const pinged = startBackground(await inNamespace(vpc.guest, ping));
  try {
    await waitFor(() => pinged.output().includes('ready'), 3000);
    const events = await eventsOf(host, async () => {
      await prepared.plug();
      await waitFor(() => !pinged.running(), patience, 50);
    });
    const linkAtMs = appearedAt(events, spec.link) ?? Number.NaN;
    const completion = completionOf(events, spec.link, subnet.replace(/0\/24$/, ''));
    const pingAtMs = Number(/^answered (\S+)$/m.exec(pinged.output())?.[1]) * 1000;
    const tookMs = Math.max(pingAtMs, completion?.completeAtMs ?? Number.NaN) - linkAtMs;
    if (completion === undefined || Number.isNaN(tookMs) || completion.addresses < addresses.length)
      throw new Error(`${spec.link} did not come to work: ${JSON.stringify({ ...completion, pingAtMs })}`);
    return { ...completion, linkAtMs, pingAtMs, tookMs, events };
  } finally {
    await pinged.stop();
  }
}

/** What the kernel announces in the guest from before the action until it has been silent for a while after it. */
export async function eventsOf(
  { vpc }: AgentHost,
  action: () => Promise<unknown>,
): Promise<readonly KernelEvent[]> {
  const argv = ['ip', '-o', '-ts', 'monitor', 'link', 'address', 'route', 'rule'];
  const monitor = startBackground(await inNamespace(vpc.guest, argv));
  try {
    // It does not say when it listens.
    await new Promise(resolve => setTimeout(resolve, 150));
    await action();
    let length = -1;
    let since = Date.now();
    const isQuiet = () => {
      if (monitor.output().length !== length) {
        length = monitor.output().length;
        since = Date.now();
      }
      return Date.now() - since > quiet;
    };
    await waitFor(isQuiet, 20_000, 50);
    return parseEvents(monitor.output());
  } finally {
    await monitor.stop();
  }
}
