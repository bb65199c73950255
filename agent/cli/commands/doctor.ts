// `eni-agent doctor`: every named check, what it saw, and what to do about it.
import type { ConfigTrouble } from '../../config/source.ts';
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
import { insteadText, settingsForLooking } from '../configuration.ts';
import { green, red, yellow } from '../describe.ts';
import { fold } from '../layout.ts';

export const doctor: CliCommand = {
  name: 'doctor',
  summary: 'find problems, also likely ones, and say what to do about them',
  description: `
Checks which service owns the links and whether it runs, whether the primary has an address and a
default route, whether the daemon runs and is the installed version, whether the metadata service
answers, whether sections of the configuration match no ENI, whether the kernel has what the plan
asks for and the network service has loaded the files, by which link packets from each ENI address leave and whether the gateway
answers, which known programs on this machine also configure ENIs, and whether others use the
agent's table numbers or rule priorities.
Changes nothing. It sends nothing through the secondary ENIs except the pings that --ping asks for:
one from each address.

Exit code 0: no warnings or failures. 2: at least one.`,
  options: {
    ...metadataOptions,
    ping: {
      type: 'string',
      multiple: true,
      value: 'ADDRESS',
      help: 'ping this host from every ENI address of its family',
    },
  },
  examples: ['eni-agent doctor', 'eni-agent doctor --ping 10.0.0.7', 'eni-agent doctor --json'],
  needsRoot: false,
  async run(context, values) {
    const targets = pingTargets(values);
    const { settings, trouble } = await settingsForLooking(context);
    const log = await context.log(settings);
    const checked = await runChecks({ system: context.system, settings, log }, targets);
    const findings = [...configFindings(trouble), ...checked];
    if (context.json) context.print(`${JSON.stringify(doctorJson(findings), null, 2)}\n`);
    else
      context.print(
        `${fold(
          findings.flatMap(f => lines(f, context)),
          context,
        ).join('\n')}\n`,
      );
    return findings.every(f => f.verdict === 'ok' || f.verdict === 'skipped')
      ? exitCodes.done
      : exitCodes.attention;
  },
};

function configFindings(trouble: ConfigTrouble | undefined): readonly Finding[] {
  if (trouble === undefined) return [];
  const saw = `${trouble.error.message}; the checks below go by ${insteadText(trouble)}`;
  return [{ check: 'configuration', verdict: 'failure', saw, hint: trouble.error.hint }];
}

/** Throws `usage`. A link-local address says nothing of the link, and a name would need a resolver that works. */
function pingTargets({ ping }: OptionValues): readonly Ip[] {
  const texts = Array.isArray(ping) ? ping.map(String) : [];
  const targets = texts.map(text => {
    const ip = parseIp(text);
    if (ip !== undefined && isHostAddress(ip) && !isLinkLocal(ip)) return ip;
    const message = `doctor: --ping ${JSON.stringify(text)} is not the address of a host`;
    throw new AgentError('usage', message, {
      hint: 'give an IPv4 or IPv6 address, not a name and not a link-local address (fe80::)',
    });
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
    skipped: 'SKIP',
  }[finding.verdict];
  return [
    `${mark}  ${finding.check}: ${finding.saw}`,
    ...(finding.hint === undefined ? [] : [`      ${finding.hint}`]),
  ];
}
