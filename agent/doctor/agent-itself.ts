// The agent itself: its daemon against what is installed, what the daemon reports, and sections of the configuration that are about nothing.
import type { DaemonView } from '../daemon/liveness.ts';
import { noticesOf } from '../daemon/notices.ts';
import { build, describeBuild } from '../model/build.ts';
import type { Settings } from '../model/settings.ts';
import { clockTime, describeAge } from '../model/time-text.ts';
import type { Inspection } from '../pass/inspect.ts';
import { startCommand } from '../system/run-mode.ts';
import { type Finding, ok } from './finding.ts';

const check = 'daemon';

/** What another check says of the machine itself is not said again. @param now milliseconds since the epoch */
export function daemonFindings(
  { liveOnly }: Pick<Inspection, 'liveOnly'>,
  { report, isAlive, mode }: DaemonView,
  now: number,
): readonly Finding[] {
  if (report === undefined || !isAlive) return [withoutDaemon(mode)];
  const untold = liveOnly === undefined ? report : { ...report, liveOnly: null };
  const notices = noticesOf(untold, now).filter(notice => notice.needsAttention);
  return [
    ...versionFindings(report.build),
    ...notices.map((notice): Finding => {
      const hint = notice.more.join('; ');
      return { check, verdict: 'warning', saw: notice.text, hint: hint === '' ? undefined : hint };
    }),
    ...(notices.length > 0
      ? []
      : [ok(check, `running, last check ${describeAge(report.lookedAt, now)} ago`)]),
  ];
}

function withoutDaemon(mode: DaemonView['mode']): Finding {
  if (mode === 'on-demand') return ok(check, 'on demand: none runs; a pass runs when a NIC comes or goes');
  if (mode === 'by-hand') return ok(check, 'none runs, and no service is installed that would start one');
  const saw = 'none is running: nothing reacts to changes';
  return { check, verdict: 'warning', saw, hint: `start it with "${startCommand[mode]}"` };
}

/** After an upgrade whose restart did not happen, the daemon is still the program of before. */
function versionFindings(running: typeof build): readonly Finding[] {
  if (running.version === build.version && running.commit === build.commit) return [];
  const saw = `the daemon is ${describeBuild(running)}, installed is ${describeBuild(build)}`;
  return [{ check, verdict: 'warning', saw, hint: 'restart it: systemctl restart eni-agent' }];
}

/** What "once" would do about a difference is not always to mend it. */
export function repairHint({ refused }: Inspection, { report, isAlive }: DaemonView): string {
  const [brake, pausedUntil] = isAlive ? [report?.brake, report?.pausedUntil] : [];
  if (brake)
    return `repairs are paused until ${clockTime(brake.until)}, because something keeps undoing them: find that first; "eni-agent once" alone does not help`;
  if (pausedUntil) return `paused by hand until ${clockTime(pausedUntil)}; "eni-agent resume" ends that`;
  if (refused) return 'this plan was rolled back by hand; "eni-agent once --force" applies it';
  return '"eni-agent once" repairs it; "eni-agent plan" shows how';
}

/** Sections that do nothing: for the primary, or for an ENI that this instance does not have (a MAC with an error in it, a file of another machine). */
export function sections(
  { cloud, enis, skipped, primary }: Inspection,
  { settings }: { readonly settings: Settings },
): readonly Finding[] {
  // Without an answer nothing is known of what there is.
  if (cloud === undefined) return [];
  const known = new Set<string | undefined>([
    ...enis.map(eni => eni.plan.mac),
    ...skipped.map(eni => eni.mac),
    primary?.mac,
  ]);
  const ofPrimary = [...settings.enis.keys()]
    .filter(mac => mac === primary?.mac)
    .map(
      (mac): Finding => ({
        check: 'configuration',
        verdict: 'warning',
        saw: `the section [eni "${mac}"] is for the primary ENI, which eni-agent does not configure`,
        hint: 'remove the section; the distribution configures the primary',
      }),
    );
  const ofNobody = [...settings.enis.keys()]
    .filter(mac => !known.has(mac))
    .map(
      (mac): Finding => ({
        check: 'configuration',
        verdict: 'warning',
        saw: `the section [eni "${mac}"] matches no ENI of this instance`,
        hint: 'correct its MAC address, or remove the section if that ENI is not to come back',
      }),
    );
  return [...ofPrimary, ...ofNobody];
}
