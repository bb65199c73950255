// Everybody who looks at the machine sees the same, and sees what is: `status` as root, `status --cached` as nobody, `doctor`, the metrics,
// systemd's line, the journal by priority, and every exit code.
import { expect } from 'vitest';
import type { statusJson } from '../../../agent/cli/status/json.ts';
import { metricsPath } from '../../../agent/daemon/metrics/file.ts';
import type { EniState } from '../../../agent/daemon/report.ts';
import { readGuestFile } from '../guest-files.ts';
import type { Day } from './day.ts';

/** What is. */
export interface Truth {
  /** State of each secondary ENI by link; all that the VPC has work unless told. */
  readonly states?: Readonly<Record<string, EniState>>;
  /** What is wrong, as `status` and `doctor` must say it; nothing unless told. */
  readonly trouble?: RegExp;
}

/** Demands of every view that it says what is. */
export async function allSay(day: Day, truth: Truth = {}): Promise<void> {
  const links = [...day.host.vpc.enis.keys()].slice(1);
  const working = Object.fromEntries(links.map(link => [link, 'working' as const]));
  const states: Readonly<Record<string, EniState>> = truth.states ?? working;
  const isWell = truth.trouble === undefined && Object.values(states).every(state => state === 'working');
  const said = {
    status: await statusSays(day, 'eni-agent status --json', truth),
    metrics: metricStates(day),
    systemd: (await day.tries('systemctl status -n 0 eni-agent')).stdout,
  };
  expect(said.status.states, 'status').toEqual(states);
  expect(said.status.exitCode, 'exit code of status').toBe(isWell ? 0 : 2);
  expect(said.metrics, 'metrics').toEqual(states);
  expect(said.systemd).toContain(counted(states));
  expect(said.systemd).not.toContain('Error:');
  await doctorSays(day, truth);
}

async function statusSays({ host, tries }: Day, command: string, { trouble }: Truth) {
  const { exitCode, stdout, stderr } = await tries(command);
  const { enis, skipped } = JSON.parse(stdout) as Pick<ReturnType<typeof statusJson>, 'enis' | 'skipped'>;
  if (trouble !== undefined) expect(stdout + stderr, command).toMatch(trouble);
  const planned = enis.map(({ plan, state }) => [plan.link, state] as const);
  const linkOf = (mac: string) => [...host.vpc.enis.values()].find(eni => eni.mac === mac)?.link ?? mac;
  const others = skipped.map(({ mac, state }) => [linkOf(mac), state] as const);
  return { exitCode, states: Object.fromEntries([...planned, ...others]) };
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

/** "2 working, 1 failed" */
function counted(states: Readonly<Record<string, EniState>>): string {
  const names = [...new Set(Object.values(states))];
  const parts = names.map(name => `${Object.values(states).filter(state => state === name).length} ${name}`);
  return parts[0] ?? 'no secondary ENIs';
}
