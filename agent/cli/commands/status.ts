// `eni-agent status`: what is, compared with what should be, per ENI. Works when the metadata does not: then against the last plan.
import type { ConfigTrouble } from '../../config/source.ts';
import { readDaemon } from '../../daemon/liveness.ts';
import { AgentError } from '../../errors.ts';
import { inspect } from '../../pass/inspect.ts';
import type { PassContext } from '../../pass/pass.ts';
import {
  type CliCommand,
  type CommandContext,
  exitCodes,
  metadataOptions,
  type OptionValues,
} from '../command.ts';
import { settingsForLooking } from '../configuration.ts';
import { lookAttention } from '../status/attention.ts';
import { briefLine } from '../status/brief.ts';
import { cachedAttention, cachedBrief, cachedJson, cachedText, pauseOf } from '../status/cached.ts';
import { besideConfig, configAttention } from '../status/config.ts';
import { statusJson } from '../status/json.ts';
import { statusRows } from '../status/rows.ts';
import { type StatusView, statusText } from '../status/text.ts';
import { watch } from '../status/watch.ts';

export const status: CliCommand = {
  name: 'status',
  summary: 'show each ENI: what it has, what it should have, and why if it is left alone',
  description: `
Compares what the kernel has with what the metadata asks for, for each ENI, and says which service
owns the links of this machine, how that was found out, and what the daemon does. Changes nothing.
When the metadata service does not answer, it compares with the last applied plan; when the
configuration is not valid, it goes by the last one that was.

The table has one line for each ENI; "!" marks what needs attention, with details below. States:
working; not as planned (kernel or files differ); waiting (for a lease, the link, the metadata or a
safe moment to reload); left alone (on purpose, or because something else configures it); failed
(its last change was rolled back); contested (something keeps undoing it); left over (configured
here, but no longer managed); not managed (the primary). SINCE is known only while the daemon runs.

Without root, files that only root may read are not compared, and are named at the end.

--cached shows the daemon's last report instead, for checks that run often: it needs no root, sends
no request, and starts no program. Where no daemon lives, it says so.

Exit code 0: everything is as it should be. 2: something needs attention: an ENI is not as planned,
a rule of somebody else comes before its own and takes its packets, the metadata service does not
answer, the configuration is not valid, or the daemon reports an error; with --cached also if there
is no report of a living daemon.`,
  options: {
    ...metadataOptions,
    cached: {
      type: 'boolean',
      help: 'show what the daemon reported last; needs no root, asks nobody and starts no program',
    },
    brief: {
      type: 'boolean',
      help: 'one line for a monitoring check: OK or CRITICAL, counts, what is wrong',
    },
    verbose: { type: 'boolean', help: 'also show details of the ENIs that are as planned' },
    watch: {
      type: 'boolean',
      help: 'repeat every 2 s (the metadata is read every 30 s); with --json one line each time',
    },
  },
  examples: [
    'eni-agent status',
    'eni-agent status --verbose',
    'eni-agent status --watch',
    'eni-agent status --cached --brief',
    'eni-agent status --json | jq .enis',
  ],
  needsRoot: false,
  async run(context, values) {
    refuseTogether(values, context.json);
    if (values.cached === true) return showCached(context, values);
    const { settings, trouble } = await settingsForLooking(context);
    const pass = { system: context.system, settings, log: await context.log(settings) };
    let attention = false;
    const draw = async (by: PassContext) => {
      const view = await readStatus(by, trouble);
      attention = view.attention.length > 0;
      return textOf(view, context, values);
    };
    if (values.watch === true) await watch(context, pass, draw);
    else context.print(await draw(pass));
    return attention ? exitCodes.attention : exitCodes.done;
  },
};

function textOf(view: StatusView, context: CommandContext, values: OptionValues): string {
  const { attention, rows } = view;
  if (context.json) return `${JSON.stringify(statusJson(view), null, values.watch === true ? 0 : 2)}\n`;
  const { colour, columns } = context;
  if (values.brief !== true) return statusText(view, { colour, columns, verbose: values.verbose === true });
  const states = rows.map(row => row.state).filter(state => state !== 'not-managed');
  const pause = pauseOf(view.daemon, view.now);
  return `${briefLine({ states, attention, pause, age: undefined })}\n`;
}

/** By the report alone: not even the configuration is read, which may be what is wrong. */
async function showCached(context: CommandContext, values: OptionValues): Promise<number> {
  const now = context.system.now();
  const daemon = await readDaemon(context.system);
  if (context.json) context.print(`${JSON.stringify(cachedJson(daemon, now), null, 2)}\n`);
  else if (values.brief === true) context.print(`${briefLine(cachedBrief(daemon, now))}\n`);
  else context.print(cachedText(daemon, now, context));
  return cachedAttention(daemon, now).length > 0 ? exitCodes.attention : exitCodes.done;
}

/** Throws `usage`. */
function refuseTogether(values: OptionValues, json: boolean): void {
  const given = (names: readonly string[]) =>
    names.filter(name => (name === 'json' ? json : values[name] === true));
  for (const names of [
    ['cached', 'watch'],
    ['cached', 'verbose'],
    ['brief', 'watch'],
    ['brief', 'verbose'],
    ['brief', 'json'],
  ])
    if (given(names).length === 2)
      throw new AgentError('usage', `status: --${names[0]} and --${names[1]} do not go together`);
}

async function readStatus(pass: PassContext, config: ConfigTrouble | undefined): Promise<StatusView> {
  const { system } = pass;
  const found = await inspect(pass);
  // After the look, which may take a while: the report is then no older than what is compared with it.
  const daemon = await readDaemon(system);
  const rows = statusRows(found, daemon.isAlive ? daemon.report : undefined);
  const now = system.now();
  const looked = lookAttention(found, besideConfig(config, daemon), rows, now);
  return { found, daemon, rows, attention: [...configAttention(config), ...looked], config, now };
}
