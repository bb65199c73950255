// The checks of `doctor`: one named question each, answered with what was seen and the one step that settles it. To add one:
// a function here, or in a file beside this one, and its line in `checks`.

import { explainSelection } from '../../renderers/detect/select.ts';
import { renderers } from '../../renderers/registry.ts';
import { checkpointFile, readCheckpoint } from '../apply/checkpoint.ts';
import { describeDifference } from '../apply/compare.ts';
import { type DaemonView, readDaemon } from '../daemon/liveness.ts';
import type { Ip } from '../model/address.ts';
import { listed } from '../model/listed.ts';
import { describeLiveOnly } from '../model/live-only.ts';
import { describeCloud, type Inspection, inspect, isMetadataFailure } from '../pass/inspect.ts';
import type { PassContext } from '../pass/pass.ts';
import { describePause, readPause } from '../pass/pause.ts';
import { lookOnly } from '../system/look-only.ts';
import { daemonFindings, repairHint, sections } from './agent-itself.ts';
import { defaultRoute, refusedDefaultRoutes } from './default-route.ts';
import { filesLoaded } from './files-loaded.ts';
import { type Finding, ok } from './finding.ts';
import { generatorCheck, generatorCheckName } from './generator.ts';
import { kernelSupport } from './kernel-support.ts';
import { linkGroup } from './link-group.ts';
import { networkService, primary, primaryCheckName } from './network-service.ts';
import { numbers } from './numbers.ts';
import { reachability } from './reachability.ts';
import { rivals } from './rivals.ts';
import { advertisements, reversePathFilter } from './sysctls.ts';
import { forwarding } from './wishes/forwarding.ts';
import { multicast, wideAddresses } from './wishes/own-setup.ts';
import { primaryAddresses } from './wishes/primary-addresses.ts';
import { publishedPorts } from './wishes/published-ports.ts';
import { translation } from './wishes/translation.ts';

interface DoctorContext extends PassContext {
  readonly daemon: DaemonView;
}

type Check = (
  inspection: Inspection,
  context: DoctorContext,
  pingTargets: readonly Ip[],
  /** Of the checks before this one. */
  earlier: readonly Finding[],
) => readonly Finding[] | Promise<readonly Finding[]>;

const checks: readonly Check[] = [
  backend,
  proven,
  networkService,
  primary,
  (found, { daemon, system }) => daemonFindings(found, daemon, system.now()),
  generatorCheck,
  metadata,
  defaultRoute,
  sections,
  leftAlone,
  enis,
  filesLoaded,
  reachability,
  kernelSupport,
  linkGroup,
  primaryAddresses,
  translation,
  wideAddresses,
  multicast,
  publishedPorts,
  numbers,
  reversePathFilter,
  forwarding,
  advertisements,
  interrupted,
  paused,
  rivals,
];

/** @param pingTargets what to ping from every address; without one nothing is sent */
export async function runChecks(
  context: PassContext,
  pingTargets: readonly Ip[] = [],
): Promise<readonly Finding[]> {
  const { system, denied } = lookOnly(context.system);
  const inspection = await inspect({ ...context, system });
  const look = { ...context, system, daemon: await readDaemon(system) };
  const findings: Finding[] = [];
  for (const check of checks) findings.push(...(await check(inspection, look, pingTargets, findings)));
  return [...findings, ...notRead(denied())];
}

function notRead(paths: readonly string[]): readonly Finding[] {
  if (paths.length === 0) return [];
  const saw = `not readable without root: ${listed(paths)}`;
  const hint = 'run "eni-agent doctor" as root to check these as well';
  return [{ check: 'not checked', verdict: 'skipped', saw, hint }];
}

function backend({ selection, backend: last }: Inspection, { settings }: PassContext): readonly Finding[] {
  const saw = explainSelection(selection);
  const named = settings.agent.backend;
  if (named !== undefined && named !== selection.backend) {
    const hint = `the configuration says ${named}; remove [agent] backend if that is not intended`;
    return [{ check: 'backend', verdict: 'warning', saw, hint }];
  }
  if (selection.backend !== undefined) return [ok('backend', saw)];
  // Where it was known before, it is the machine that has changed: a service that is stopped owns no link.
  const hint =
    last === undefined
      ? 'name it in the configuration: [agent] backend = NAME'
      : `the last pass went by ${last}: see "network service" and "primary" below`;
  return [{ check: 'backend', verdict: 'failure', saw, hint }];
}

function proven({ selection }: Inspection, { settings }: PassContext): readonly Finding[] {
  const name = settings.agent.backend ?? selection.backend;
  if (name === undefined || renderers[name].proven) return [];
  const saw = `applying through ${name} is not proven${settings.agent.allowUnproven ? ', but the configuration allows it' : '; "once" refuses'}`;
  const hint = 'use "eni-agent plan" and load the files by hand, or set [agent] allow-unproven = yes';
  return [{ check: 'proven', verdict: 'warning', saw, hint }];
}

function metadata(
  inspection: Inspection,
  _context: DoctorContext,
  _pingTargets: readonly Ip[],
  earlier: readonly Finding[],
): readonly Finding[] {
  const elsewhere = new Set([
    ...skippedTexts(inspection),
    ...refusedDefaultRoutes(inspection),
    ...inspection.unmarked,
  ]);
  const live = inspection.liveOnly && describeLiveOnly(inspection.liveOnly);
  const problems = inspection.degraded.filter(text => !elsewhere.has(text) && text !== live);
  if (problems.length === 0) return [ok('metadata', describeCloud(inspection))];
  const { failure } = inspection;
  if (failure !== undefined && !isMetadataFailure(failure))
    return [
      {
        check: 'metadata',
        verdict: 'skipped',
        saw: 'not asked, because of another failure',
        hint: undefined,
      },
      { check: 'pass', verdict: 'failure', saw: failure.message, hint: failure.hint },
    ];
  const isCutOff = earlier.some(f => f.check === primaryCheckName && f.verdict === 'failure');
  if (failure !== undefined && isCutOff)
    return [
      {
        check: 'metadata',
        verdict: 'warning',
        saw: failure.message,
        hint: `see "${primaryCheckName}" above: without it the metadata service cannot be reached`,
      },
    ];
  const hint = 'the current configuration is kept; "eni-agent plan" reads the metadata again';
  return problems.map(saw => ({ check: 'metadata', verdict: 'warning', saw, hint }));
}

/** ENIs that need attention: the reason says why. */
function leftAlone(inspection: Inspection): readonly Finding[] {
  const hint = 'the other ENIs are not affected; once the reason is gone, the next pass configures this one';
  return skippedTexts(inspection).map(saw => ({ check: 'left alone', verdict: 'warning', saw, hint }));
}

function skippedTexts({ skipped }: Inspection): readonly string[] {
  return skipped.filter(s => s.degraded).map(s => `${s.eniId ?? s.mac}: ${s.text}`);
}

function enis(
  inspection: Inspection,
  { daemon }: DoctorContext,
  _pingTargets: readonly Ip[],
  earlier: readonly Finding[],
): readonly Finding[] {
  const isBlocked = earlier.some(f => f.check === generatorCheckName && f.verdict === 'failure');
  const hint = isBlocked
    ? `see "${generatorCheckName}" above: until that works, "eni-agent once" fails`
    : repairHint(inspection, daemon);
  return inspection.enis.map(eni => {
    const check = `eni ${eni.plan.eniId ?? eni.plan.mac} on ${eni.plan.link}`;
    const [first, ...more] = [
      ...describeDifference(eni.difference),
      ...(eni.filesDiffer ? ['a configuration file differs from the plan'] : []),
    ];
    if (first === undefined)
      return ok(check, `${counted(eni.plan.addresses.length)}, table ${eni.plan.table}`);
    const saw = more.length === 0 ? first : `${first} (and ${more.length} more)`;
    return { check, verdict: 'failure', saw, hint };
  });
}

function counted(addresses: number): string {
  return addresses === 1 ? '1 address' : `${addresses} addresses`;
}

async function interrupted(_inspection: Inspection, { system }: PassContext): Promise<readonly Finding[]> {
  const checkpoint = await readCheckpoint(system, checkpointFile).catch(() => undefined);
  if (checkpoint === undefined) return [];
  const saw = `the apply of ${checkpoint.time} was interrupted and is not rolled back yet`;
  return [
    {
      check: 'interrupted',
      verdict: 'failure',
      saw,
      hint: '"eni-agent once" or "eni-agent rollback" rolls it back',
    },
  ];
}

async function paused(_inspection: Inspection, { system }: PassContext): Promise<readonly Finding[]> {
  const until = await readPause(system);
  if (until === undefined) return [];
  const saw = `${describePause(until, system.now())}: nothing is configured or repaired`;
  return [{ check: 'pause', verdict: 'warning', saw, hint: '"eni-agent resume" ends it' }];
}
