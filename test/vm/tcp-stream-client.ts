// The client's end of the connection (tcp-stream.ts), a program: `node tcp-stream-client.ts ADDRESS PORT`. It prints its state as one JSON
// line every 500 ms, and when the connection ends.
import { connect } from 'node:net';
import type { StreamState } from './tcp-stream.ts';

const [host = '', port = ''] = process.argv.slice(2);
const sentAt = new Map<number, number>();
let sent = 0;
let echoed = 0;
let slowestMs = 0;
let clock = { ms: 0, withinMs: Number.POSITIVE_INFINITY, at: 0 };
let error: string | undefined;

const now = () => performance.timeOrigin + performance.now();

function print(): void {
  const waiting = Math.max(slowestMs, ...[...sentAt.values()].map(at => now() - at));
  const state: StreamState = {
    sent,
    echoed,
    slowestMs: Math.round(waiting),
    clockMs: clock.ms,
    clockWithinMs: clock.withinMs,
    ...(error === undefined ? {} : { error }),
  };
  console.log(JSON.stringify(state));
}

function end(reason: string): void {
  error ??= reason;
  print();
  process.exit(1);
}

const socket = connect({ host, port: Number(port) });
socket.setNoDelay(true);
socket.on('error', ({ message }) => end(message));
socket.on('close', () => end('closed'));
let text = '';
socket.on('data', data => {
  text += data.toString();
  const lines = text.split('\n');
  text = lines.pop() ?? '';
  for (const line of lines) {
    const [number = 0, seconds = 0] = line.split(' ').map(Number);
    const began = sentAt.get(number);
    // An echo of nothing that was sent: something is wrong with the connection.
    if (began === undefined) return end(`unexpected echo: ${line}`);
    sentAt.delete(number);
    echoed += 1;
    const took = now() - began;
    slowestMs = Math.max(slowestMs, took);
    if (took < clock.withinMs || now() - clock.at > 60_000)
      clock = { ms: seconds * 1000 - (began + took / 2), withinMs: took, at: now() };
  }
});
process.on('SIGUSR2', () => {
  slowestMs = 0;
});
setInterval(() => {
  sent += 1;
  sentAt.set(sent, now());
  socket.write(`${sent}\n`);
}, 100);
setInterval(print, 500);
