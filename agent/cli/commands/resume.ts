// `eni-agent resume`: ends a pause, and looks at once at all that has happened meanwhile.
import { endPause, readPause } from '../../pass/pause.ts';
import { type CliCommand, exitCodes } from '../command.ts';
import { waitOption } from '../wait.ts';
import { refresh } from './refresh.ts';

export const resume: CliCommand = {
  name: 'resume',
  summary: 'end a pause now, and bring everything in line',
  description: `
Ends the pause that "eni-agent pause" began, and does what "eni-agent refresh" does: the daemon checks
everything, configures what is new and repairs what was changed. Where no daemon runs, this command
runs the pass itself. Without a pause it does nothing.

Exit code 0: everything is as it should be. 2: done, but something needs attention. 1: failed.`,
  options: { wait: waitOption },
  examples: ['eni-agent resume', 'eni-agent resume --wait 60'],
  needsRoot: true,
  withoutRoot: '"eni-agent status" shows the state of the ENIs without root',
  async run(context, values) {
    const { system } = context;
    const until = await readPause(system);
    await endPause(system);
    if (until !== undefined) {
      if (!context.json) context.print('The pause is over.\n');
      return refresh.run(context, values);
    }
    context.print(
      context.json ? '{\n  "version": 1,\n  "changed": false\n}\n' : 'There is no pause to end.\n',
    );
    return exitCodes.done;
  },
};
