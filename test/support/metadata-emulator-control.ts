// Steers a running emulator over a unix socket, which works across network namespaces: one JSON command per line, one JSON
// answer per line. Both ends are here.
import { existsSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { parseRecording } from '../../agent/metadata/recording.ts';
import type { MetadataEmulator } from './metadata-emulator.ts';

const recordedAnswer = v.union([v.string(), v.strictObject({ status: v.number(), body: v.string() })]);

const faultSchema = v.strictObject({
  match: v.string(),
  method: v.optional(v.picklist(['GET', 'PUT'])),
  times: v.optional(v.number()),
  share: v.optional(v.number()),
  delayMs: v.optional(v.number()),
  dripMs: v.optional(v.number()),
  drop: v.optional(v.picklist(['before', 'middle'])),
  status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599))),
  body: v.optional(v.string()),
  headers: v.optional(v.record(v.string(), v.string())),
  lie: v.optional(v.string()),
});

const commandSchema = v.variant('do', [
  v.strictObject({ do: v.literal('set'), path: v.string(), response: recordedAnswer }),
  v.strictObject({ do: v.literal('remove'), path: v.string() }),
  v.strictObject({ do: v.literal('merge'), responses: v.record(v.string(), recordedAnswer) }),
  v.strictObject({ do: v.literal('replace'), recording: v.unknown() }),
  v.strictObject({ do: v.literal('fault'), fault: faultSchema }),
  v.strictObject({ do: v.literal('clear-faults') }),
  v.strictObject({ do: v.literal('expire-tokens') }),
  v.strictObject({ do: v.literal('log') }),
  v.strictObject({ do: v.literal('clear-log') }),
  v.strictObject({ do: v.literal('counters') }),
]);

export type ControlCommand = v.InferOutput<typeof commandSchema>;

export type ControlReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: string };

/** Opens the control channel. Throws if something answers at that path already; a socket that nobody serves is replaced. */
export async function openControl(emulator: MetadataEmulator, path: string): Promise<Server> {
  if (existsSync(path)) {
    if (!statSync(path).isSocket()) throw new Error(`${path} exists and is not a socket`);
    const isServed = await sendControl(path, { do: 'counters' }, 500).then(
      () => true,
      () => false,
    );
    if (isServed) throw new Error(`another emulator is steered by ${path}`);
    rmSync(path);
  }
  const server = createServer(socket => {
    socket.on('error', () => undefined);
    createInterface({ input: socket }).on('line', line => {
      socket.write(`${JSON.stringify(runLine(emulator, line))}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  return server;
}

/** Sends one command and returns what came of it. Throws if nobody answers in time, or if the command was refused. */
export function sendControl(path: string, command: ControlCommand, timeoutMs = 5000): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(
      () => end(() => reject(new Error(`no answer at ${path} within ${timeoutMs} ms`))),
      timeoutMs,
    );
    socket.on('error', error => end(() => reject(error)));
    createInterface({ input: socket })
      .on('line', line => {
        const reply = JSON.parse(line) as ControlReply;
        end(() => (reply.ok ? resolve(reply.result) : reject(new Error(reply.error))));
      })
      .on('error', error => end(() => reject(error)));
    socket.write(`${JSON.stringify(command)}\n`);
  });
}

/** Parses and runs one line; every failure is a reply. */
export function runLine(emulator: MetadataEmulator, line: string): ControlReply {
  try {
    const parsed = v.safeParse(commandSchema, JSON.parse(line));
    if (parsed.success) return { ok: true, result: runCommand(emulator, parsed.output) ?? null };
    const issue = parsed.issues[0];
    return { ok: false, error: `${v.getDotPath(issue) ?? 'command'}: ${issue.message}` };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function runCommand(emulator: MetadataEmulator, command: ControlCommand): unknown {
  switch (command.do) {
    case 'set':
      return emulator.set(command.path, command.response);
    case 'remove':
      return { removed: emulator.remove(command.path) };
    case 'merge':
      return emulator.merge(command.responses);
    case 'replace':
      return emulator.replace(parseRecording(JSON.stringify(command.recording), 'the new recording'));
    case 'fault':
      return emulator.fault(command.fault);
    case 'clear-faults':
      return emulator.clearFaults();
    case 'expire-tokens':
      return emulator.expireTokens();
    case 'log':
      return emulator.log;
    case 'clear-log':
      return emulator.clearLog();
    case 'counters':
      return emulator.counters();
  }
}
