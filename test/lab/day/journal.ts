// The journal as an administrator asks it: by name, by priority, and for who changed what.
import { expect } from 'vitest';
import { plugged } from '../../matrix/enis.ts';
import { assignAddress, unassignAddress } from '../vpc.ts';
import type { Day } from './day.ts';

interface Entry {
  readonly MESSAGE: string;
  readonly PRIORITY: string;
  readonly SYSLOG_IDENTIFIER: string;
  readonly _TRANSPORT: string;
  /** Microseconds since the epoch. */
  readonly __REALTIME_TIMESTAMP: string;
}

const address = '10.0.3.73';

export async function tellJournal(day: Day): Promise<void> {
  // Not by --after-cursor: with a filter, journalctl 252 leaves out the first line behind it.
  const since = Number(await day.sh('date +%s%6N'));
  const entries = async (...options: readonly string[]): Promise<readonly Entry[]> => {
    const lines = (await day.sh(['journalctl -q -o json', ...options].join(' '))).split('\n');
    return lines
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Entry)
      .filter(entry => Number(entry.__REALTIME_TIMESTAMP) >= since);
  };
  // journald reads what it is told a moment later.
  const has = (count: number, ...options: readonly string[]) =>
    day.until('a line in the journal', async () => (await said(...options)).length >= count);
  const said = async (...options: readonly string[]) =>
    (await entries('-t', 'eni-agent', ...options)).map(({ PRIORITY, MESSAGE }) => `${PRIORITY} ${MESSAGE}`);

  await assignAddress(day.host.vpc, plugged.link, address);
  await day.host.metadata.sync();
  expect(await day.eniAgent('refresh')).toMatchObject({ exitCode: 0 });
  await day.settled();
  await has(1);
  const eni = `${plugged.link} \\S+`;
  expect(await said()).toEqual([
    expect.stringMatching(new RegExp(`^6 ${eni}: changed: \\+${address} \\((metadata|request)\\)$`)),
  ]);

  expect(await day.eniAgent('rollback')).toMatchObject({ exitCode: 0 });
  expect(await day.eniAgent('once', '--force')).toMatchObject({ exitCode: 0 });
  await day.settled();
  await has(2, 'PRIORITY=5');
  const byHand = await said('PRIORITY=5');
  expect(byHand).toEqual([
    expect.stringMatching(
      new RegExp(`^5 ${eni}: rolled back: -${address} change=\\S+ \\(eni-agent rollback\\)$`),
    ),
    expect.stringMatching(new RegExp(`^5 ${eni}: changed: \\+${address} \\(eni-agent once --force\\)$`)),
  ]);

  expect(await said('-p', 'warning')).toEqual([]);
  await day.host.metadata.send({ do: 'fault', fault: { match: '.*', status: 503, body: '' } });
  await day.eniAgent('refresh');
  await has(1, '-p', 'warning');
  expect(await said('-p', 'warning')).toEqual([
    expect.stringMatching(/^4 no usable metadata; the current configuration is kept: .*\[metadata-\w+\]$/),
  ]);
  await day.host.metadata.send({ do: 'clear-faults' });
  await unassignAddress(day.host.vpc, plugged.link, address);
  await day.host.metadata.sync();
  await day.eniAgent('refresh');
  await day.until('the end of it', async () =>
    (await said()).includes('6 the metadata service answers again'),
  );
  await day.settled();

  const own = (await entries('-u', 'eni-agent')).filter(entry => entry._TRANSPORT === 'stdout');
  expect(own.length).toBeGreaterThan(2);
  expect(own.filter(entry => entry.SYSLOG_IDENTIFIER !== 'eni-agent')).toEqual([]);
  expect(own.filter(({ MESSAGE }) => /^[<{]/.test(MESSAGE))).toEqual([]);
}
