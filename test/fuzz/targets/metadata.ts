// What a metadata service answers: whole trees of each cloud, one raw answer of HTTP, and recordings.

import { Agent } from 'node:http';
import { createServer, type Server } from 'node:net';
import { backoffMs } from '../../../agent/metadata/backoff.ts';
import { judgeAnswer } from '../../../agent/metadata/judge-answer.ts';
import {
  instanceFromRecording,
  parseRecording,
  type RecordedAnswer,
} from '../../../agent/metadata/recording.ts';
import { endingOf, sendRequest } from '../../../agent/metadata/send-request.ts';
import type { ProviderName } from '../../../agent/model/instance.ts';
import { providerNames } from '../../../agent/model/instance.ts';
import { allWords } from '../../support/example-plans.ts';
import { freshPlanOf } from '../../support/recorded-instances.ts';
import { partsOf, type Target } from '../target.ts';

/** `@@ PATH [STATUS]` and the body. */
async function readTree(provider: ProviderName, text: string): Promise<void> {
  const responses: Record<string, RecordedAnswer> = {};
  for (const [name, body] of partsOf(text, '/latest/meta-data/')) {
    const [path = '', status = '200'] = name.split(' ');
    responses[path] = { status: Number.parseInt(status, 10) || 0, body: body.replace(/\n$/, '') };
  }
  const instance = await instanceFromRecording({ provider, token: 'optional', responses });
  freshPlanOf(instance, allWords);
}

const trees: readonly Target[] = providerNames.map(provider => ({
  name: `metadata-${provider}`,
  dictionary: 'metadata-tree',
  covers: [
    `agent/metadata/clouds/${provider}`,
    'agent/metadata/clouds/mac-tree',
    'agent/metadata/assemble',
    'agent/metadata/families',
    'agent/metadata/lists',
    'agent/metadata/scalars',
    'agent/plan/',
  ],
  run: text => readTree(provider, text),
}));

/** One server for all inputs; it keeps no process alive. */
let server: Promise<Server> | undefined;
let bytes: Buffer = Buffer.alloc(0);

function listening(): Promise<Server> {
  server ??= new Promise(resolve => {
    const made = createServer(socket => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(bytes));
      socket.unref();
    });
    made.unref().listen(0, '127.0.0.1', () => resolve(made));
  });
  return server;
}

/** One character is one byte. */
async function readAnswer(text: string): Promise<void> {
  const address = (await listening()).address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  bytes = Buffer.from(text.replaceAll(/(?<!\r)\n/g, '\r\n'), 'latin1');
  const agent = new Agent({ maxSockets: 1 });
  const exchange = await sendRequest({
    agent,
    endpoint: `http://127.0.0.1:${address.port}`,
    method: 'GET',
    path: '/latest/meta-data/',
    headers: {},
    deadlineMs: 20_000,
    connectMs: 20_000,
    maxBytes: 256 * 1024,
    ending: endingOf(new AbortController().signal),
  });
  agent.destroy();
  const wait = backoffMs(exchange, 1);
  if (wait !== undefined && !(wait >= 0 && wait <= 2000)) throw new Error(`waits for ${wait} ms`);
  if (exchange.kind === 'answer') judgeAnswer(exchange.status, exchange.body);
  else if (!/^[\x20-\x7e]{1,200}$/.test(exchange.why))
    throw new Error(`says ${JSON.stringify(exchange.why)}`);
}

export const metadataTargets: readonly Target[] = [
  ...trees,
  {
    name: 'metadata-http',
    dictionary: 'metadata-http',
    covers: ['agent/metadata/send-request', 'agent/metadata/judge-answer', 'agent/metadata/backoff'],
    run: readAnswer,
  },
  {
    name: 'recording',
    dictionary: 'json',
    covers: ['agent/metadata/recording'],
    run: async text => {
      await instanceFromRecording(parseRecording(text, 'fuzz.json'));
    },
  },
];
