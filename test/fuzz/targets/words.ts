// What people write for the agent, and what it says of it: the configuration, requests, the line that systemd shows.
import { describeProblem } from '../../../agent/config/problem.ts';
import { parseConfiguration, settingsOf } from '../../../agent/config/read-settings.ts';
import { requestFolder, takeRequests } from '../../../agent/daemon/requests.ts';
import { printable, printableLines, textLine } from '../../../agent/log/text.ts';
import { redact } from '../../../agent/support/redact.ts';
import { maskSecrets } from '../../../agent/system/facts/files.ts';
import { parseUdevRecord } from '../../../agent/system/facts/identify-link.ts';
import { parseDhclientLeases, parseNetworkdLease } from '../../../agent/system/facts/leases.ts';
import { FakeSystem } from '../../support/fake-system.ts';
import { partsOf, type Target } from '../target.ts';

/** `@@ PATH` for a second file. */
function readConfiguration(text: string): void {
  const files = [...partsOf(text, '/etc/eni-agent/eni-agent.conf')].map(([name, content]) => ({
    // As long as a name can be.
    path: name.slice(0, 255),
    content,
  }));
  const configuration = parseConfiguration(files);
  for (const problem of configuration.problems)
    if (describeProblem({ ...problem, file: '' }).length > 4000) throw new Error('a problem has no end');
  settingsOf(configuration);
}

/** A line for each name. */
async function readRequests(text: string): Promise<void> {
  const system = new FakeSystem();
  for (const name of text.split('\n').slice(0, 500))
    if (name !== '') system.put(`${requestFolder}/${name}`, '');
  await takeRequests(system);
}

/** What is said of a text: one line, whatever it has. */
function sayLines(text: string): void {
  const lines = [
    printable(text),
    textLine({ reason: text, link: text.slice(0, 15), list: text.split('\n') }, text),
  ];
  for (const line of [...lines, ...printableLines(text).split('\n')])
    if (/[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202e]/.test(line))
      throw new Error(`it is no plain line: ${JSON.stringify(line.slice(0, 200))}`);
}

export const wordTargets: readonly Target[] = [
  { name: 'configuration', dictionary: 'configuration', covers: ['agent/config/'], run: readConfiguration },
  {
    name: 'requests',
    dictionary: 'requests',
    covers: ['agent/daemon/requests'],
    run: readRequests,
  },
  {
    name: 'log-lines',
    dictionary: 'log-lines',
    covers: ['agent/log/text'],
    run: sayLines,
  },
  {
    name: 'leases',
    dictionary: 'leases',
    covers: ['agent/system/facts/leases'],
    run: text => {
      parseDhclientLeases(text);
      parseNetworkdLease(text);
    },
  },
  {
    name: 'secrets',
    dictionary: 'secrets',
    covers: ['agent/system/facts/files', 'agent/support/redact', 'agent/system/facts/identify-link'],
    run: text => {
      maskSecrets(text);
      redact(text);
      parseUdevRecord(text);
    },
  },
];
