// One machine for the day of a site reliability engineer: the package as it ships, under its real unit, on the real network service of an
// image. Chapters (chapters.ts) begin and end with every ENI working and the daemon active.
import { type Report, reportPath } from '../../../agent/daemon/report.ts';
import { first, primary, second } from '../../matrix/enis.ts';
import type { Suite } from '../../needs/suites.ts';
import { type AgentHost, destroyAgentHost } from '../agent-host.ts';
import { type Outcome, waitFor } from '../command.ts';
import { guestOk, runInGuest } from '../guest-commands.ts';
import { readGuestFile } from '../guest-files.ts';
import type { GuestImageName } from '../images.ts';
import { configure, createPackageHost, repack } from '../package-guest.ts';
import { findPackage } from '../packages.ts';
import { withoutAdvertisements } from '../vpc.ts';

export type DayImage = Exclude<GuestImageName, 'ifupdown'>;

export interface Day {
  readonly host: AgentHost;
  readonly image: DayImage;
  /** Packages `1.0-1` and, the same under another number, `1.1-1`. */
  readonly package: (version: string) => string;
  /** A script that has to succeed; its standard output. */
  readonly sh: (script: string) => Promise<string>;
  /** A script whatever it ends with. */
  readonly tries: (script: string) => Promise<Outcome>;
  /** `eni-agent ARGS` as installed, whatever it ends with. */
  readonly eniAgent: (...args: readonly string[]) => Promise<Outcome>;
  /** What the daemon has published last. */
  readonly report: () => Report | undefined;
  /** Waits until it holds: 30 s on an idle machine unless told. The error has what the daemon says and its last lines. */
  readonly until: (what: string, holds: () => boolean | Promise<boolean>, timeout?: number) => Promise<void>;
  /** Waits until the daemon reports that all secondary ENIs of the VPC work and that there is nothing to wait for. */
  readonly settled: () => Promise<void>;
  /** After a restart of the network service: waits until the daemon has put back what that undid or doubled. */
  readonly mended: () => Promise<void>;
  /** The daemon's lines in the journal, with more options for journalctl. */
  readonly journal: (...options: readonly string[]) => Promise<string>;
  readonly end: () => Promise<void>;
}

/** The machine before anything of the agent is on it, with two ENIs beside the primary; `configure` has been written. */
export async function beginDay(suite: Suite, image: DayImage): Promise<Day> {
  const packages = await repack(findPackage('eni-agent', 'deb'), { '1.0-1': undefined, '1.1-1': undefined });
  const vpc = withoutAdvertisements({
    name: `day${suite.slice(0, 2)}${image.replace(/\W/g, '').slice(0, 9)}`,
    provider: 'aws',
    enis: [primary, first, second],
  });
  const host = await createPackageHost(vpc, { suite, image });
  configure(host, '[daemon]\nmetrics = yes\n');
  const { guest } = host;
  const tries = (script: string) => runInGuest(guest, ['sh', '-c', script], { timeout: 120_000 });
  const journal = (...options: readonly string[]) =>
    guestOk(guest, ['journalctl', '--no-pager', '-u', 'eni-agent', ...options]);
  const eniAgent: Day['eniAgent'] = (...args) =>
    runInGuest(guest, ['eni-agent', ...args], { timeout: 120_000 });
  const report = () => {
    const text = readGuestFile(guest, reportPath);
    return text === undefined ? undefined : (JSON.parse(text) as Report);
  };
  const until: Day['until'] = async (what, holds, timeout = 30_000) => {
    if (await waitFor(holds, timeout, 100)) return;
    const said = JSON.stringify(report(), undefined, 1);
    throw new Error(`${image}: not so in time: ${what}\n${said}\n${await journal('-n', '40', '-o', 'cat')}`);
  };
  return {
    host,
    image,
    package: packages.path,
    sh: script => guestOk(guest, ['sh', '-c', script], { timeout: 120_000 }),
    tries,
    eniAgent,
    report,
    until,
    mended: () =>
      until('status finds nothing', async () => (await eniAgent('status')).exitCode === 0, 60_000),
    settled: () => until('all ENIs work', () => isAtRest(host, report())),
    journal,
    async end() {
      packages.remove();
      await destroyAgentHost(host);
    },
  };
}

function isAtRest({ vpc }: AgentHost, report: Report | undefined): boolean {
  if (report === undefined || report.waitingFor.length > 0 || report.error !== null) return false;
  const links = [...vpc.enis.keys()].slice(1).sort().join(' ');
  const working = report.enis.filter(eni => eni.state === 'working');
  return (
    working.length === report.enis.length &&
    working
      .map(e => e.link)
      .sort()
      .join(' ') === links
  );
}
