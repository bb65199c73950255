// Commands in the VM over its second serial port, whatever its network does. The other end is image/common/usr/local/sbin/lab-shell,
// which says the protocol. Several commands may run side by side.
import { connect, type Socket } from 'node:net';
import { type Outcome, slack, waitFor } from '../lab/command.ts';

export interface SerialShell {
  /** Id of the boot that the VM is in, as it said itself; undefined until the shell is up. */
  bootId(): string | undefined;
  /**
   * Runs a bash script as root. Exit code 124 if it does not answer within `timeout` ms of an idle machine (30 s unless told); it then
   * still runs.
   */
  exec(script: string, timeout?: number): Promise<Outcome>;
  /** Ends the connection; commands that have not answered end with exit code 125. */
  close(): void;
}

/** Connects to the socket of a VM that has just been started. Connected before the VM says anything, so that nothing is missed. */
export async function connectShell(path: string): Promise<SerialShell> {
  const socket = await connectUnix(path);
  const waiting = new Map<string, (outcome: Outcome) => void>();
  let bootId: string | undefined;
  let text = '';
  let count = 0;
  socket.on('data', chunk => {
    text += chunk.toString('latin1');
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      // A firmware or a getty may have written before the shell: only whole, known lines count.
      bootId = /^ready ([0-9a-f-]{36})\r?$/.exec(line)?.[1] ?? bootId;
      const [, id = '', code, out = '', err = ''] = /^(c\d+) (\d+) -(\S*) -(\S*)\r?$/.exec(line) ?? [];
      waiting.get(id)?.({ exitCode: Number(code), stdout: decode(out), stderr: decode(err) });
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    for (const done of waiting.values()) done({ exitCode: 125, stdout: '', stderr: 'the VM is off' });
  });
  return {
    bootId: () => bootId,
    exec: (script, timeout = 30_000) =>
      new Promise(resolve => {
        const id = `c${++count}`;
        const finish = (outcome: Outcome) => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(outcome);
        };
        const limit = slack * timeout;
        const late = () => finish({ exitCode: 124, stdout: '', stderr: `no answer within ${limit} ms` });
        const timer = setTimeout(late, limit);
        waiting.set(id, finish);
        socket.write(`${id} ${Buffer.from(script).toString('base64')}\n`);
      }),
    close: () => socket.destroy(),
  };
}

/** Connects as soon as the socket is there: QEMU makes it in its first moments. */
export async function connectUnix(path: string): Promise<Socket> {
  let socket: Socket | undefined;
  const attempt = () =>
    new Promise<boolean>(resolve => {
      const candidate = connect(path);
      candidate.once('error', () => resolve(false));
      candidate.once('connect', () => {
        socket = candidate;
        resolve(true);
      });
    });
  if (!(await waitFor(attempt, 10_000, 20)) || socket === undefined)
    throw new Error(`${path}: nobody listens`);
  return socket;
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
