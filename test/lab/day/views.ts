// Everybody who looks at the machine sees the same, and sees what is: `status`, `status --cached` without root, its one line for a check,
// `doctor`, the metrics, systemd's line, the journal by priority, and every exit code.
import { expect } from 'vitest';
import type { statusJson } from '../../../agent/cli/status/json.ts';
import { metricsPath } from '../../../agent/daemon/metrics/file.ts';
import type { EniState, Report } from '../../../agent/daemon/report.ts';
import { readGuestFile } from '../guest-files.ts';
import type { Day } from './day.ts';

/** What is. */
export interface Truth {
  /** State of each secondary ENI by link; all that the VPC has work unless told. */
  readonly states?: Readonly<Record<string, EniState>>;
  /** What is wrong, as every view must say it that has words; nothing unless told. */
  readonly trouble?: RegExp;
}

/** In front of a command line in a guest: as a user who has no rights. */
export const asNobody = 'setpriv --reuid nobody --regid nogroup --clear-groups';

/** Demands of every view that it says what is. */
export async function allSay(day: Day, truth: Truth = {}): Promise<void> {
  const links = [...day.host.vpc.enis.keys()].slice(1);
  const states = truth.states ?? Object.fromEntries(links.map(link => [link, 'working' as const]));
  const isWell = truth.trouble === undefined && Object.values(states).every(state => state === 'working');
  const exitCode = isWell ? 0 : 2;
  const trouble = truth.trouble ?? (isWell ? /^/ : /./);

  const status = await day.eniAgent('status', '--json');
  expect(status, 'status').toMatchObject({ exitCode, stdout: expect.stringMatching(trouble) });
  expect(statesIn(day, status.stdout), 'status').toEqual(states);

  const cached = await day.tries(`${asNobody} eni-agent status --cached --json`);
  expect(cached, 'status --cached').toMatchObject({ exitCode, stdout: expect.stringMatching(trouble) });
  const { enis } = (JSON.parse(cached.stdout) as { daemon: Report }).daemon;
  expect(Object.fromEntries(enis.map(e => [e.link, e.state])), 'status --cached').toEqual(states);

  const brief = await day.tries(`${asNobody} eni-agent status --cached --brief`);
  expect(brief, 'status --cached --brief').toMatchObject({
    exitCode,
    stdout: expect.stringMatching(isWell ? /^OK - [^\n]*\n$/ : /^CRITICAL - [^\n]*\n$/),
  });

  expect(metricStates(day), 'metrics').toEqual(states);
  const systemd = (await day.tries('systemctl status -n 0 eni-agent')).stdout;
  expect(systemd).toContain(`secondary ENI${Object.keys(states).length === 0 ? '' : 's: '}`);
  for (const state of new Set(Object.values(states)))
    expect(systemd).toContain(`${Object.values(states).filter(s => s === state).length} ${state}`);
  expect(systemd).not.toContain('Error:');
  await doctorSays(day, truth);
}

/** Lines of the daemon in the journal since `cursor`, of this priority or a graver one. */
export async function complaints(day: Day, since: string, priority = 'warning'): Promise<readonly string[]> {
  const text = await day.journal(`--after-cursor=${since}`, '-p', priority, '-o', 'cat');
  return text.split('\n').filter(line => line !== '' && !line.startsWith('-- '));
}

/** Where the journal ends now. */
export async function journalCursor(day: Day): Promise<string> {
  const shown = await day.sh('journalctl -n 1 --show-cursor -o cat');
  return /^-- cursor: (.*)$/m.exec(shown)?.[1] ?? '';
}

function statesIn({ host }: Day, json: string): Readonly<Record<string, string | null>> {
  const { enis, skipped } = JSON.parse(json) as Pick<ReturnType<typeof statusJson>, 'enis' | 'skipped'>;
  const linkOf = (mac: string) => [...host.vpc.enis.values()].find(eni => eni.mac === mac)?.link ?? mac;
  return Object.fromEntries([
    ...enis.map(({ plan, state }) => [plan.link, state] as const),
    ...skipped.map(({ mac, state }) => [linkOf(mac), state] as const),
  ]);
}

/** Rivals are warned of on a good day as well: an image may have one. */
async function doctorSays(day: Day, { trouble }: Truth): Promise<void> {
  const { exitCode, stdout } = await day.eniAgent('doctor');
  const findings = stdout.match(/^(WARN|FAIL)(?! *rivals).*/gm) ?? [];
  if (trouble === undefined) expect(findings, stdout).toEqual([]);
  else expect(stdout).toMatch(trouble);
  expect(exitCode, stdout).toBe(/^(WARN|FAIL)/m.test(stdout) ? 2 : 0);
}

function metricStates({ host }: Day): Readonly<Record<string, string>> {
  const text = readGuestFile(host.guest, metricsPath) ?? '';
  const found = text.matchAll(/^eni_agent_eni_state\{.*link="([^"]*)",state="([^"]*)"\} 1$/gm);
  return Object.fromEntries([...found].map(([, link, state]) => [link, state]));
}
