// `eni-agent plan`: everything that `once` would do, without doing any of it.
import { configPath } from '../../config/read-files.ts';
import type { PassResult } from '../../pass/pass.ts';
import { describePause, readPause } from '../../pass/pause.ts';
import { reconcile } from '../../pass/reconcile.ts';
import { lookOnly } from '../../system/look-only.ts';
import { textOption } from '../args.ts';
import { type CliCommand, type CommandContext, exitCodes, metadataOptions } from '../command.ts';
import {
  bold,
  describeCommands,
  describeFiles,
  describeHost,
  describeNotRead,
  describePlan,
  describeWarnings,
} from '../describe.ts';
import { asLines, fold } from '../layout.ts';
import { passJson } from '../pass-json.ts';

export const plan: CliCommand = {
  name: 'plan',
  summary: 'show what would be done: ENIs, files as a diff, commands; changes nothing',
  description: `
Reads the metadata and the machine, and shows what "eni-agent once" would do: the ENIs with their
addresses, tables and rules, the differences in the configuration files, and the commands in their
order. It writes no configuration and runs none of these commands.

With --config it shows what another configuration would change, before it is put in place.

Exit code 0: nothing to do. 2: changes are pending.`,
  options: {
    ...metadataOptions,
    config: {
      type: 'string',
      value: 'FILE',
      choices: 'files',
      help: `read FILE instead of ${configPath}`,
    },
  },
  examples: [
    'eni-agent plan',
    'eni-agent plan --json | jq .files',
    'eni-agent plan --config new.conf',
    'eni-agent plan --provider aws --metadata-url http://127.0.0.1:8080',
  ],
  needsRoot: false,
  async run(context, values) {
    const config = textOption(values, 'config');
    const { settings } = await (await context.configuration()).read(config);
    const log = await context.log(settings);
    const { system, denied } = lookOnly(context.system);
    const pass = await reconcile({ system, settings, log }, { apply: false });
    const pending = pass.outcome === 'pending';
    if (context.json) context.print(`${JSON.stringify(passJson(pass, denied()), null, 2)}\n`);
    else {
      const lines = [
        ...fold([...describeHost(pass, context), ...describePlan(pass, context)], context),
        ...(pass.files.length === 0
          ? []
          : ['', bold(context, 'Files'), ...describeFiles(pass.files, context)]),
        ...(pending ? ['', bold(context, 'Commands'), ...describeCommands(pass).map(l => `  ${l}`)] : []),
        ...fold(describeWarnings(pass.degraded, pass.desired.plan.skipped, context), context),
        ...describeNotRead(denied()),
        '',
        ...fold([pending ? await pendingText(pass, config, context) : nothingText(config)], context),
      ];
      context.print(`${asLines(lines).join('\n')}\n`);
    }
    return pending ? exitCodes.attention : exitCodes.done;
  },
};

function nothingText(config: string | undefined): string {
  return config === undefined ? 'Nothing to do.' : `With ${config} the network would stay as it is.`;
}

/** And who would apply them: a plain `once` does not while somebody has asked for the contrary. */
async function pendingText(
  { refused }: PassResult,
  config: string | undefined,
  { system }: CommandContext,
): Promise<string> {
  if (config !== undefined) return `With ${config} these changes would be made.`;
  const until = await readPause(system);
  if (until !== undefined)
    return `Changes are pending; ${describePause(until, system.now())}: "eni-agent once --force" applies them all the same.`;
  return refused
    ? 'Changes are pending; this plan was rolled back by hand: "eni-agent once --force" applies it again.'
    : 'Changes are pending; "eni-agent once" applies them.';
}
