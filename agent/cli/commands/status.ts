// `eni-agent status`: what is, compared with what should be, per ENI. Works when the metadata does not: then against the last plan.
import { explainSelection } from '../../../renderers/select.ts';
import { describeDifference } from '../../apply/compare.ts';
import { readState } from '../../apply/state-file.ts';
import { type Comparison, describeCloud, inspect } from '../../inspect.ts';
import type { EniPlan } from '../../model/network-plan.ts';
import { type CliCommand, type CommandContext, exitCodes, metadataOptions } from '../command.ts';
import { bold, describeEni, describeWarnings, green, red } from '../describe.ts';

export const status: CliCommand = {
  name: 'status',
  summary: 'show every ENI: what it has, what it should have, and why it is left alone',
  description: `
Compares what the metadata asks for with what the kernel has, for every ENI, and says who owns the
links of this machine and how that was found out. Changes nothing. When the metadata service does
not answer, the last applied plan takes its place.

Exit code 0: everything is as it should be. 2: something is not, or the metadata does not answer.`,
  options: metadataOptions,
  examples: ['eni-agent status', 'eni-agent status --json | jq .enis'],
  needsRoot: false,
  async run(context) {
    const settings = await context.settings();
    const log = await context.log(settings);
    const state = await readState(context.system);
    const found = await inspect({ system: context.system, settings, log }, state);
    const attention =
      found.degraded.length > 0 || found.enis.some(e => !isFine(e)) || found.leftOver.length > 0;
    context.print(context.json ? `${JSON.stringify(statusJson(found), null, 2)}\n` : text(found, context));
    return attention ? exitCodes.attention : exitCodes.done;
  },
};

type Found = Awaited<ReturnType<typeof inspect>>;

function isFine(eni: Comparison): boolean {
  return describeDifference(eni.difference).length === 0 && !eni.filesDiffer;
}

function text(found: Found, context: CommandContext): string {
  const lines = [
    `${bold(context, 'Cloud')}    ${describeCloud(found)}`,
    `${bold(context, 'Backend')}  ${explainSelection(found.selection)}`,
    `${bold(context, 'Primary')}  ${found.primaryLink ?? 'not found'}, never touched`,
    ...found.enis.flatMap(eni => ['', ...eniLines(eni, context)]),
    ...found.leftOver.flatMap(eni => ['', ...leftOverLines(eni, context)]),
    ...(found.skipped.length === 0 ? [] : ['', bold(context, 'Left alone')]),
    ...found.skipped.map(s => `  ${s.eniId ?? s.mac}  ${s.reason}: ${s.text}`),
    ...describeWarnings(found.degraded, found.skipped, context),
  ];
  return `${lines.join('\n')}\n`;
}

function eniLines(eni: Comparison, context: CommandContext): readonly string[] {
  const differences = describeDifference(eni.difference);
  const verdict = isFine(eni) ? green(context, 'as planned') : red(context, 'not as planned');
  return [
    ...describeEni(eni.plan, context),
    `  state      ${verdict}`,
    ...differences.map(line => `             ${line}`),
    ...(eni.filesDiffer ? ['             a configuration file differs ("eni-agent plan" shows it)'] : []),
  ];
}

function leftOverLines(eni: EniPlan, context: CommandContext): readonly string[] {
  return [
    bold(context, `ENI ${eni.eniId ?? eni.mac} on ${eni.link}`),
    `  state      ${red(context, 'left over')}: no longer attached; "eni-agent once" removes its configuration`,
  ];
}

function statusJson(found: Found) {
  return {
    version: 1,
    cloud:
      found.cloud === undefined
        ? null
        : { provider: found.cloud.provider, instanceId: found.cloud.instanceId ?? null },
    metadata: found.cloud === undefined ? 'no answer' : 'answered',
    backend: { name: found.selection.backend ?? null, evidence: found.selection.evidence },
    primaryLink: found.primaryLink ?? null,
    enis: found.enis.map(eni => ({
      plan: eni.plan satisfies EniPlan,
      asPlanned: isFine(eni),
      filesDiffer: eni.filesDiffer,
      differences: describeDifference(eni.difference),
    })),
    leftOver: found.leftOver,
    skipped: found.skipped.map(s => ({ ...s, eniId: s.eniId ?? null })),
    degraded: found.degraded,
  };
}
