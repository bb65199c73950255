// The QEMU machine protocol, as much of it as a test of hot-plug needs: one JSON object per line.
// https://www.qemu.org/docs/master/interop/qmp-spec.html
import { waitFor } from '../lab/command.ts';
import { connectUnix } from './serial-shell.ts';

export interface QmpEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface Qmp {
  /** Runs one command; resolves with its result, throws with QEMU's own words. One at a time. */
  run(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** All events so far. */
  readonly events: readonly QmpEvent[];
  /** Waits for an event that has come after the first `since` ones. */
  waitForEvent(test: (event: QmpEvent) => boolean, since: number, timeout: number): Promise<boolean>;
  close(): void;
}

interface Message extends Partial<QmpEvent> {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

export async function connectQmp(path: string): Promise<Qmp> {
  const socket = await connectUnix(path);
  const events: QmpEvent[] = [];
  const answers: Message[] = [];
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', chunk => {
    text += chunk.toString();
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as Message;
      if (message.event !== undefined) events.push(message as QmpEvent);
      else if ('return' in message || 'error' in message) answers.push(message);
    }
  });
  const run = async (command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
    socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    await waitFor(() => answers.length > 0 || socket.destroyed, 10_000, 5);
    const answer = answers.shift();
    if (answer?.error !== undefined) throw new Error(`QEMU refuses ${command}: ${answer.error.desc}`);
    if (answer === undefined) throw new Error(`QEMU does not answer ${command}`);
    return answer.return;
  };
  await run('qmp_capabilities');
  return {
    run,
    events,
    waitForEvent: (test, since, timeout) => waitFor(() => events.slice(since).some(test), timeout, 5),
    close: () => socket.destroy(),
  };
}
