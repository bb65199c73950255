// `eni-agent once`: one pass, for boot, for cloud-init and by hand.
import { type EniChange, eniOf } from '../../../renderers/renderer.ts';
import { isIncomplete } from '../../daemon/eni-states.ts';
import { exitCodeOf } from '../../errors.ts';
import { runHooks } from '../../hooks.ts';
import type { Log } from '../../log.ts';
import { withLock } from '../../pass/lock.ts';
import type { PassResult } from '../../pass/pass.ts';
import { describePause, readPause } from '../../pass/pause.ts';
import { reconcileEach } from '../../pass/reconcile-each.ts';
import { type CliCommand, type CommandContext, exitCodes, metadataOptions } from '../command.ts';
import { bold, describeHost, green, yellow } from '../describe.ts';
import { fold } from '../layout.ts';
import { passJson } from '../pass-json.ts';
import { retryUntilComplete, waitMsOf, waitOption } from '../wait.ts';

/** DHCP tells the subnet only after the first pass: the second completes routes and rules. A third would find nothing new. */
const maxPasses = 2;

export const once: CliCommand = {
  name: 'once',
  summary: 'configure the secondary ENIs now, then exit',
  description: `
Reads the metadata and brings the machine in line with it: writes the distribution's own
configuration for each secondary ENI, makes the network service load it, and verifies the result
in the kernel. If it cannot verify that, or if the primary ENI lost an address or a default route,
it rolls the change back. When nothing has changed it does nothing.

With --wait it checks again while a link, a lease or metadata is missing: for boot and hot-plug
where no daemon runs.

Exit code 0: everything is as it should be. 2: done, but something needs attention. 1: failed; the
change was rolled back, unless the error is rollback-failed. If only the change of one ENI fails,
the others are configured without it, and the exit code is 1 as well.`,
  options: {
    ...metadataOptions,
    force: {
      type: 'boolean',
      help: 'apply the plan even after "eni-agent rollback", during a pause, or with another primary ENI than before',
    },
    wait: waitOption,
  },
  examples: ['eni-agent once', 'eni-agent once --wait 60', 'eni-agent once --json'],
  needsRoot: true,
  withoutRoot: '"eni-agent plan" shows without root what is pending',
  changes: true,
  async run(context, values) {
    const waitMs = waitMsOf(values);
    const configuration = await context.configuration();
    const { settings, files } = await configuration.read();
    const log = await context.log(settings);
    const passContext = { system: context.system, settings, log, by: 'once' as const };
    const force = values.force === true;
    const passes: PassResult[] = [];
    try {
      await retryUntilComplete(context.system, waitMs, async () => {
        await withLock(context.system, async () => {
          // Asked with the lock in hand, so that no pause can begin in between.
          const until = force ? undefined : await readPause(context.system);
          const why = { trigger: force ? 'once-force' : 'once' };
          const options = { apply: until === undefined, finish: true, force, why };
          for (let count = 0; count === 0 || (count < maxPasses && hasMore(passes.at(-1)!)); count++)
            passes.push(heldBy(until, await reconcileEach(passContext, options, failingIn(passes.at(-1)))));
        });
        return passes.at(-1)!.outcome !== 'paused' && isIncomplete(passes.at(-1)!, settings);
      });
      // For "status" and "doctor" where no daemon runs. A full disk is no reason to fail.
      await configuration.keep(files).catch(() => undefined);
      const pass = passes.reduce(joined);
      if (context.printsToJournal) logOutcome(log, pass);
      if (context.json) context.print(`${JSON.stringify(passJson(pass), null, 2)}\n`);
      else if (!context.printsToJournal) {
        const outcome = [...outcomeLines(pass, context), ...(await pauseLines(context, pass))];
        context.print(`${fold([...describeHost(pass, context), ...outcome], context).join('\n')}\n`);
      }
      // Behind what was done for the others. The JSON has it in it.
      if (pass.failed !== undefined && !context.json) throw pass.failed.error;
      if (pass.failed !== undefined) return exitCodeOf(pass.failed.error.code);
      const needsAttention = pass.degraded.length > 0 || isHeld(pass);
      return needsAttention ? exitCodes.attention : exitCodes.done;
    } finally {
      // What the first pass has committed stays, also where the second fails. A hook may wait for the lock: it is free by now.
      if (passes.length > 0) await runHooks(context.system, log, passes.reduce(joined), 'once');
    }
  },
};

/** What a pass that only looked comes to, during a pause: also where nothing is pending, the answer is that it would not have been done. */
function heldBy(until: number | undefined, pass: PassResult): PassResult {
  return until === undefined ? pass : { ...pass, outcome: 'paused' };
}

function isHeld({ outcome }: PassResult): boolean {
  return outcome === 'refused' || outcome === 'paused';
}

async function pauseLines(context: CommandContext, { outcome }: PassResult): Promise<readonly string[]> {
  const { system } = context;
  const until = outcome === 'paused' ? await readPause(system) : undefined;
  if (until === undefined) return [];
  return [
    yellow(context, `Nothing was changed: ${describePause(until, system.now())}.`),
    '"eni-agent resume" ends the pause; "eni-agent once --force" works during it.',
  ];
}

/** What the lines of the changes do not say. */
function logOutcome(log: Log, { outcome, degraded }: PassResult): void {
  if (outcome === 'refused') log.warn({}, 'not applied: this plan was rolled back by hand');
  if (outcome === 'paused') log.info({}, 'not applied: paused by hand');
  for (const text of degraded) log.warn({}, text);
}

/** The report of two passes: where the second is, and everything that either of them has done. */
function joined(first: PassResult, second: PassResult): PassResult {
  const macOf = (c: EniChange) => eniOf(c).mac;
  const done = new Set(first.changes.map(macOf));
  const earlier = new Map(first.files.map(f => [f.path, f]));
  const later = new Map(second.files.map(f => [f.path, f]));
  return {
    ...second,
    outcome: first.outcome === 'applied' ? 'applied' : second.outcome,
    requests: first.requests + second.requests,
    changes: [...first.changes, ...second.changes.filter(c => !done.has(macOf(c)))],
    files: [
      ...first.files.map(f => ({ ...f, ...later.get(f.path), before: f.before })),
      ...second.files.filter(f => !earlier.has(f.path)),
    ],
    commands: [...first.commands, ...second.commands],
    kernelChanges: {
      add: [...first.kernelChanges.add, ...second.kernelChanges.add],
      remove: [...first.kernelChanges.remove, ...second.kernelChanges.remove],
    },
  };
}

/** The second pass serves the others first as well. */
function failingIn(pass: PassResult | undefined) {
  return { enis: pass?.failed?.enis ?? [], waits: undefined };
}

function hasMore(pass: PassResult): boolean {
  return pass.outcome === 'applied' && pass.desired.plan.enis.some(e => e.awaiting !== undefined);
}

function outcomeLines(pass: PassResult, style: { colour: boolean }): readonly string[] {
  const changes = pass.changes.map(c => {
    const eni = eniOf(c);
    return `  ${c.kind.padEnd(8)} ${eni.eniId ?? eni.mac} on ${eni.link}`;
  });
  const files = pass.files.map(f => `  ${(f.after === undefined ? 'removed' : 'wrote').padEnd(8)} ${f.path}`);
  // One that is held is not planned now, but what it has is ours and stays.
  const managed = [...pass.desired.plan.enis, ...pass.desired.held].map(e => e.link).join(' ') || 'none';
  const isFine = pass.degraded.length === 0;
  const verdicts = {
    applied: isFine
      ? green(style, 'Applied and verified.')
      : yellow(style, 'Applied and verified; what the warnings say needs attention.'),
    unchanged: isFine
      ? green(style, 'Nothing to do.')
      : yellow(style, 'Nothing was changed; what the warnings say needs attention.'),
    refused: yellow(
      style,
      'Not applied: this plan was rolled back by hand. "eni-agent once --force" applies it again.',
    ),
    pending: '',
    paused: '',
  };
  return [
    ...(isHeld(pass) ? [] : [`${bold(style, 'Managed')}  ${managed}`]),
    ...(pass.outcome === 'applied' ? [...changes, ...files] : []),
    ...pass.degraded.map(text => yellow(style, `warning: ${text}`)),
    ...(pass.outcome === 'paused' ? [] : [verdicts[pass.outcome]]),
  ];
}
