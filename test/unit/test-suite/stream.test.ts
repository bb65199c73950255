// The TCP stream of the matrix (test/matrix/stream.pl) tells what was lost: else a test under traffic could not fail.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';

const program = path.join(import.meta.dirname, '../../matrix/stream.pl');
const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** Runs the stream against a server that treats the connection as `talk` says, until that is done; what it wrote in the end. */
async function streamTo(talk: (socket: Socket, done: () => void) => void) {
  const folder = mkdtempSync(path.join(tmpdir(), 'eni-agent-stream-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  let stream: ChildProcess;
  const ended = new Promise<void>(resolve => {
    const server = createServer(socket => {
      socket.on('error', () => undefined);
      talk(socket, () => stream.kill('SIGINT'));
    });
    cleanups.push(() => server.close());
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const args = [program, '127.0.0.1', '127.0.0.1', String(port), path.join(folder, 'result')];
      stream = spawn('perl', args);
      cleanups.push(() => stream.kill('SIGKILL'));
      stream.on('exit', () => resolve());
    });
  });
  await ended;
  expect(existsSync(path.join(folder, 'result'))).toBe(true);
  return JSON.parse(readFileSync(path.join(folder, 'result'), 'utf8'));
}

test('all comes back', async () => {
  const { sent, echoed, error } = await streamTo((socket, done) => {
    let bytes = 0;
    socket.on('data', data => {
      bytes += data.length;
      socket.write(data);
      if (bytes >= 10) done();
    });
  });
  expect({ error, lost: sent - echoed }).toEqual({ error: '', lost: 0 });
  expect(sent).toBeGreaterThanOrEqual(10);
});

test('a connection that is closed on the way', async () => {
  const { sent, echoed, error } = await streamTo((socket, done) => {
    socket.once('data', () => {
      socket.end();
      setTimeout(done, 300);
    });
  });
  expect(error).toMatch(/closed|write/);
  expect(echoed).toBeLessThan(sent);
});

test('a server that says nothing: the bytes are missing', async () => {
  const { sent, echoed, error } = await streamTo((socket, done) => {
    socket.resume();
    setTimeout(done, 300);
  });
  expect({ echoed, error }).toEqual({ echoed: 0, error: '' });
  expect(sent).toBeGreaterThan(0);
}, 30_000);
