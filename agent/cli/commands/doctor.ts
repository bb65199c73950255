// `eni-agent doctor`: every named check, what it saw, and what to do about it.
import { runChecks } from '../../doctor/checks.ts';
import type { Finding } from '../../doctor/finding.ts';
import { AgentError } from '../../errors.ts';
import { type Ip, isHostAddress, isLinkLocal, parseIp } from '../../model/address.ts';
import {
  type CliCommand,
  type CommandContext,
  exitCodes,
  metadataOptions,
  type OptionValues,
} from '../command.ts';
import { green, red, yellow } from '../describe.ts';

export const doctor: CliCommand = {
  name: 'doctor',
  summary: 'find what is wrong or will go wrong, and say what to do about it',
  description: `
Runs all checks: who owns the links, whether the metadata answers, whether the kernel has what the
plan asks for, by which link each address of an ENI leaves and whether its gateway answers, which
other programs on this machine configure ENIs too, whether numbers collide.
Changes nothing. By the ENIs it sends nothing but what --ping asks for: one packet from each address.

Exit code 0: all is well. 2: there are warnings or failures.`,
  options: {
    ...metadataOptions,
    ping: {
      type: 'string',
      multiple: true,
      value: 'ADDRESS',
      help: 'ping this host from every address of its family',
    },
  },
  examples: ['eni-agent doctor', 'eni-agent doctor --ping 10.0.0.7', 'eni-agent doctor --json'],
  needsRoot: false,
  async run(context, values) {
    const targets = pingTargets(values);
    const settings = await context.settings();
    const log = await context.log(settings);
    const findings = await runChecks({ system: context.system, settings, log }, targets);
    if (context.json) context.print(`${JSON.stringify(doctorJson(findings), null, 2)}\n`);
    else context.print(`${findings.flatMap(f => lines(f, context)).join('\n')}\n`);
    return findings.every(f => f.verdict === 'ok') ? exitCodes.done : exitCodes.attention;
  },
};

/** Throws `usage`. A link-local address says nothing of the link, and a name would need a resolver that works. */
function pingTargets({ ping }: OptionValues): readonly Ip[] {
  const texts = Array.isArray(ping) ? ping.map(String) : [];
  const targets = texts.map(text => {
    const ip = parseIp(text);
    if (ip !== undefined && isHostAddress(ip) && !isLinkLocal(ip)) return ip;
    const message = `doctor: --ping ${JSON.stringify(text)} is no address of a host to ping`;
    throw new AgentError('usage', message, { hint: 'an IPv4 or IPv6 address, no name and no fe80:: one' });
  });
  return [...new Set(targets)];
}

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
