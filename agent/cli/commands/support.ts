// `eni-agent support`: one archive with what a maintainer needs for a report, and nothing that must not leave the machine.
import { AgentError } from '../../errors.ts';
import { makeArchive } from '../../support/archive.ts';
import type { Part } from '../../support/part.ts';
import { json } from '../../support/part.ts';
import { machineParts } from '../../support/parts.ts';
import { withoutForeign } from '../../support/redact.ts';
import type { System } from '../../system/system.ts';
import { textOption } from '../args.ts';
import { type CliCommand, type CommandContext, exitCodes, type OptionValues } from '../command.ts';
import { yellow } from '../describe.ts';
import { doctor } from './doctor.ts';
import { plan } from './plan.ts';
import { status } from './status.ts';

export const support: CliCommand = {
  name: 'support',
  summary: 'collect what a maintainer needs for a report, in one archive',
  description: `
Writes one archive (tar.gz): a recording of the metadata keys that eni-agent reads, its state and
history, what the kernel has (links, addresses, routes, rules), the configuration and the files that
eni-agent wrote, the journal of its units, versions, and what "status", "doctor" and "plan" say.
Changes nothing else, and works without the metadata service and without the daemon.

Left out are user data, credentials and tokens, files of other programs, and the content of hooks.
README.txt in the archive lists what is in it and what is not. It does contain MAC and IP addresses
and the ids of the instance and its ENIs: read it before you send it.

Needs root, because the state and the journal are readable by root only.`,
  argument: {
    value: 'FILE',
    choices: 'files',
    help: 'where to write it, or a folder; default: eni-agent-support-DATE-TIME.tar.gz here',
  },
  options: {},
  examples: ['eni-agent support', 'eni-agent support /tmp'],
  needsRoot: true,
  rootFor: 'reads what root alone may read',
  async run(context, values) {
    const { system } = context;
    const name = `eni-agent-support-${stamp(system.now())}`;
    const file = await placeFor(system, textOption(values, 'argument'), `${name}.tar.gz`);
    const parts = [...(await machineParts(system, context.settings)), ...commandParts(context)];
    const made = await makeArchive(system, parts, name, file);
    const failed = made.flatMap(({ name: part, outcome }) =>
      typeof outcome === 'string' ? [] : [{ part, reason: outcome.failed }],
    );
    if (context.json) context.print(`${JSON.stringify({ version: 1, file, failed }, null, 1)}\n`);
    else
      context.print(
        `${[
          ...failed.map(({ part, reason }) => yellow(context, `not collected: ${part}: ${reason}`)),
          `Wrote ${file}`,
          'It has MAC and IP addresses and the ids of this instance. Read it before you',
          `send it: tar -xzf ${file}; README.txt says what is in it.`,
        ].join('\n')}\n`,
      );
    return exitCodes.done;
  },
};

/** What commands say, as a person would see it; of a plan the document, without the files of others. */
function commandParts(context: CommandContext): readonly Part[] {
  return [
    ...(
      [
        ['status', status, { verbose: true }],
        ['doctor', doctor, {}],
      ] as const
    ).map(
      ([name, command, values]): Part => ({
        name: `${name}.txt`,
        about: `"eni-agent ${name}"`,
        make: () => said(command, { ...context, json: false }, values),
      }),
    ),
    {
      name: 'plan.json',
      about: '"eni-agent plan --json", without the content of files of others',
      make: async () => json(withoutForeign(JSON.parse(await said(plan, { ...context, json: true }, {})))),
    },
  ];
}

async function said(command: CliCommand, context: CommandContext, values: OptionValues): Promise<string> {
  let text = '';
  const print = (more: string) => {
    text += more;
  };
  await command.run({ ...context, colour: false, print }, values);
  return text;
}

/** Throws `usage` where something is already. */
async function placeFor(system: System, wanted: string | undefined, name: string): Promise<string> {
  const isFolder = wanted !== undefined && (((await system.stat(wanted))?.mode ?? 0) & 0o170000) === 0o040000;
  const file = isFolder ? `${wanted.replace(/\/+$/, '')}/${name}` : (wanted ?? name);
  if (!(await system.exists(file))) return file;
  throw new AgentError('usage', `support: ${file} exists already`, {
    hint: 'name another file, or move it away',
  });
}

/** `20260115-1000`, in UTC. */
function stamp(now: number): string {
  return new Date(now).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-');
}
