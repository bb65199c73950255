// `eni-agent doctor`: every named check, what it saw, and what to do about it.
import { runChecks } from '../../doctor/checks.ts';
import type { Finding } from '../../doctor/finding.ts';
import { type CliCommand, type CommandContext, exitCodes, metadataOptions } from '../command.ts';
import { green, red, yellow } from '../describe.ts';

export const doctor: CliCommand = {
  name: 'doctor',
  summary: 'look for what is wrong or will go wrong, and say what to do about it',
  description: `
Runs all checks: who owns the links, whether the metadata answers, whether the kernel has what the
plan asks for, which other programs on this machine configure ENIs too, whether numbers collide.
Changes nothing.

Exit code 0: all is well. 2: there are warnings or failures.`,
  options: metadataOptions,
  examples: ['eni-agent doctor', 'eni-agent doctor --json'],
  needsRoot: false,
  async run(context) {
    const settings = await context.settings();
    const log = await context.log(settings);
    const findings = await runChecks({ system: context.system, settings, log });
    if (context.json) context.print(`${JSON.stringify(doctorJson(findings), null, 2)}\n`);
    else context.print(`${findings.flatMap(f => lines(f, context)).join('\n')}\n`);
    return findings.every(f => f.verdict === 'ok') ? exitCodes.done : exitCodes.attention;
  },
};

function doctorJson(findings: readonly Finding[]) {
  return { version: 1, findings: findings.map(f => ({ ...f, hint: f.hint ?? null })) };
}

function lines(finding: Finding, context: CommandContext): readonly string[] {
  const mark = {
    ok: green(context, 'ok  '),
    warning: yellow(context, 'WARN'),
    failure: red(context, 'FAIL'),
  }[finding.verdict];
  return [
    `${mark}  ${finding.check}: ${finding.saw}`,
    ...(finding.hint === undefined ? [] : [`      ${finding.hint}`]),
  ];
}
