// `eni-agent status`: what is, compared with what should be, per ENI. Works when the metadata does not: then against the last plan.
import { isDaemonAlive } from '../../daemon/liveness.ts';
import { readReport } from '../../daemon/report.ts';
import { inspect } from '../../pass/inspect.ts';
import type { PassContext } from '../../pass/pass.ts';
import { type CliCommand, exitCodes, metadataOptions } from '../command.ts';
import { readRunMode } from '../run-mode.ts';
import { statusJson } from '../status/json.ts';
import { statusRows } from '../status/rows.ts';
import { needsAttention, type StatusView, statusText } from '../status/text.ts';
import { watch } from '../status/watch.ts';

export const status: CliCommand = {
  name: 'status',
  summary: 'show each ENI: what it has, what it should have, and why if it is left alone',
  description: `
Compares what the kernel has with what the metadata asks for, for each ENI, and says which service
owns the links of this machine, how that was found out, and what the daemon does. Changes nothing.
When the metadata service does not answer, it compares with the last applied plan.

The table has one line for each ENI; "!" marks what needs attention, with details below. States:
working; not as planned (kernel or files differ); waiting (for a lease, the link, the metadata or a
safe moment to reload); left alone (on purpose, or because something else configures it); failed
(its last change was rolled back); contested (something keeps undoing it); left over (configured
here, but no longer managed); not managed (the primary). SINCE is known only while the daemon runs.

Exit code 0: everything is as it should be. 2: something is not, the metadata service does not
answer, or the daemon reports an error.`,
  options: {
    ...metadataOptions,
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
    'eni-agent status --json | jq .enis',
  ],
  needsRoot: false,
  async run(context, values) {
    const settings = await context.settings();
    const pass = { system: context.system, settings, log: await context.log(settings) };
    const indent = values.watch === true ? 0 : 2;
    let attention = false;
    const draw = async (by: PassContext) => {
      const view = await readStatus(by);
      attention = needsAttention(view);
      const { colour, columns } = context;
      const style = { colour, columns, verbose: values.verbose === true };
      return context.json ? `${JSON.stringify(statusJson(view), null, indent)}\n` : statusText(view, style);
    };
    if (values.watch === true) await watch(context, pass, draw);
    else context.print(await draw(pass));
    return attention ? exitCodes.attention : exitCodes.done;
  },
};

async function readStatus(pass: PassContext): Promise<StatusView> {
  const { system } = pass;
  const found = await inspect(pass);
  // After the look, which may take a while: the report is then no older than what is compared with it.
  const report = await readReport(system);
  const isAlive = report !== undefined && (await isDaemonAlive(system, report));
  const rows = statusRows(found, isAlive ? report : undefined);
  return { found, daemon: { report, isAlive, mode: await readRunMode(system) }, rows, now: system.now() };
}
