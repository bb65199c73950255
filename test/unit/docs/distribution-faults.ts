// Whether a row of docs/distributions/ says what was seen: its runs against the recordings and the columns of the matrix.
import { renderers } from '../../../renderers/registry.ts';
import { releaseNamed } from '../../../renderers/releases/lookup.ts';
import { columns as matrixColumns, nameOf } from '../../matrix/columns.ts';
import { suites } from '../../needs/suites.ts';
import {
  type LivedStep,
  lifeNames,
  readLife,
  readPlan,
  renderedDigests,
} from '../../support/recorded-lives.ts';
import {
  digestOf,
  examplePlanFor,
  provenConsumers,
  readProof,
  recordedNames,
  wordsFor,
} from '../../support/recorded-proofs.ts';
import { type Claim, factsOf, type Row } from './distribution-rows.ts';

const proofs = recordedNames().map(readProof);
const consumers = provenConsumers();
/** The recorded lives by name. */
export const lives = new Map(lifeNames().map(name => [name, readLife(name)]));
/** How the column "service there" calls what the agent reads a version of. */
const programNames: Readonly<Record<string, string>> = {
  systemd: 'networkd',
  networkmanager: 'NetworkManager',
};
/** Both columns of a backend on one Debian: `ifupdown/bullseye`. */
export const columns = new Set(matrixColumns.map(c => nameOf(c).replace(/\/[^/]+$/, '')));
/** Debian's releases that the matrix has: number to name. */
const suitesByNumber: Readonly<Record<string, string>> = Object.fromEntries(
  suites.map(({ debian, suite }) => [debian, suite]),
);

/** What is wrong with the claims of a row, one line each; [] for a row that says what was seen. */
export function faultsOf(row: Row): readonly string[] {
  const levels = row.claims.map(claim => claim.level).join('+');
  if (
    !/^(matrix|life|recorded|matrix\+life|matrix\+recorded|life\+recorded|matrix\+life\+recorded|reasoned)$/.test(
      levels,
    )
  )
    return [`claims ${levels}`];
  const faults = row.claims.flatMap(claim => [
    ...(claim.runs.length === 0 ? [`${claim.level}, but no run is named`] : []),
    ...claim.runs.flatMap(run => faultsOfRun(row, claim, run)),
  ]);
  const costs = row.claims.map(claim => costOf(claim)).join('; ');
  return row.cost === costs ? faults : [...faults, `the cost is "${costs}"`];
}

function faultsOfRun(row: Row, { level, text: claim }: Claim, run: string): readonly string[] {
  if (level === 'life') return faultsOfLife(row, run);
  const consumer = consumers.find(c => c.consumer === run);
  if (consumer === undefined && !columns.has(run)) return [`${run} was never run`];
  const faults: string[] = [];
  if ((consumer?.backend ?? run.split('/')[0]) !== row.backend) faults.push(`${run} is another backend`);
  if (level === 'matrix' && !run.endsWith(`/${suiteOf(row.system)}`)) faults.push(`${run} is another system`);
  if (level === 'reasoned' && consumer !== undefined) {
    const bytes = changedFiles(row, run).length === 0 ? 'same' : 'other';
    if (!claim.includes(`\`${run}\` (${bytes} bytes)`)) faults.push(`${run} has loaded ${bytes} bytes`);
  }
  if (level !== 'recorded') return faults;
  if (consumer === undefined) return [...faults, `${run} is no recording`];
  const version = versionIn(row.service);
  if (version === undefined || !`${versionIn(consumer.version)}.`.startsWith(`${version}.`))
    faults.push(`${run} is version ${consumer.version}`);
  if (/^[^,;]*\(K\)/.test(row.service)) faults.push('nobody has read which version the system has');
  if (consumer.version.includes('(Debian') && suiteOf(row.system) === undefined)
    faults.push(`${run} is Debian's package`);
  if (!claim.includes(`(${consumer.plans.length} plans`)) faults.push(`${consumer.plans.length} plans`);
  const leases = consumer.plans.some(plan => plan.startsWith('dhcp'));
  if (claim.includes('none with leases') === leases) faults.push(`leases were run: ${leases}`);
  return [...faults, ...changedFiles(row, run)];
}

function faultsOfLife(row: Row, run: string): readonly string[] {
  const life = lives.get(run);
  if (life === undefined) return [`${run} was never lived`];
  const faults: string[] = [];
  if (life.backend !== row.backend) faults.push(`${run} is another backend`);
  // A service that no image of the release has is in a row without releases: `Debian 13 with networkd`.
  const system = row.system
    .toLowerCase()
    .replace(/ with .*/, '')
    .replace(' ', '-');
  if (!(row.releases.length === 0 ? system === life.release : row.releases.includes(life.release)))
    faults.push(`${run} is another system`);
  for (const [program, version] of Object.entries(life.services)) {
    const shown = new RegExp(`(?:^|, )${programNames[program] ?? program} (\\d[\\w.+~-]*)`).exec(row.service);
    if (shown === null || !`${version}.`.startsWith(`${shown[1]}.`))
      faults.push(`${run} is ${program} ${version}`);
  }
  const ofRelease = releaseNamed(life.release);
  if (row.releases.length === 0 || ofRelease.backend !== row.backend) return faults;
  // A kernel, or an `ip`, that has fewer words makes other files of the same machine.
  const words = [life.facts, ofRelease.facts].map(facts => JSON.stringify(wordsFor(life.backend, facts)));
  if (words[0] !== words[1]) faults.push(`${run} was lived with other rules than those of ${life.release}`);
  const others = life.steps.filter(({ plan, files }) => {
    if (plan === undefined) return false;
    const today = Object.entries(renderedDigests(life.backend, readPlan(plan), ofRelease.facts));
    return (
      today.length !== Object.keys(files ?? {}).length || today.some(([at, digest]) => files?.[at] !== digest)
    );
  });
  return others.length === 0
    ? faults
    : [...faults, `${run} has written other files than those of ${life.release}`];
}

/** Plans whose files are not the bytes that the service has loaded. */
function changedFiles(row: Row, run: string): readonly string[] {
  if (row.releases.length === 0) return [];
  return factsOf(row).flatMap(facts =>
    proofs
      .filter(({ consumer }) => consumer === run)
      .filter(({ plan, digest }) => {
        const files = renderers[row.backend].render(examplePlanFor(plan, row.backend, facts)!.enis, facts);
        return digestOf(files) !== digest;
      })
      .map(({ plan }) => `${run} has loaded other files for ${plan} than those of ${facts.os.prettyName}`),
  );
}

/** The cost that belongs to a claim: events on the primary, in the recordings and the matrix. */
export function costOf({ level, runs }: Claim): string {
  // The matrix fails at the first event.
  if (level === 'matrix') return 'matrix: 0 events';
  if (level === 'life') return costOfLives(runs);
  if (level !== 'recorded') return 'not measured';
  const steps = proofs
    .filter(({ consumer }) => runs.includes(consumer))
    .flatMap(proof => proof.steps.filter(step => step.name !== 'boot'));
  const events = steps.reduce((sum, step) => sum + step.primaryEvents.length, 0);
  return `recorded: ${events} events in ${steps.length} steps`;
}

function costOfLives(runs: readonly string[]): string {
  const steps = runs.flatMap(run => lives.get(run)?.steps ?? []);
  const events = steps.reduce((sum, step) => sum + (step.primaryEvents ?? 0), 0);
  const lost = lostIn(steps);
  return `life: ${events} events in ${steps.length} steps${lost === 0 ? '' : `, ${lost} pings of an ENI lost`}`;
}

export function lostIn(steps: readonly LivedStep[]): number {
  const counts = steps.flatMap(step => Object.values(step.lostPings ?? {}));
  return counts.reduce((sum, n) => sum + n, 0);
}

function suiteOf(system: string): string | undefined {
  return suitesByNumber[/^Debian (\d+)/.exec(system)?.[1] ?? ''];
}

function versionIn(service: string): string | undefined {
  return /\d+(\.\d+)+/.exec(service)?.[0];
}
