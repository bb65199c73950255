// `eni-agent remove`: everything that is ours goes, before the package goes.
import { withLock } from '../../lock.ts';
import { removeAll } from '../../remove-all.ts';
import { type CliCommand, exitCodes } from '../command.ts';

export const remove: CliCommand = {
  name: 'remove',
  summary: 'take everything off this machine that eni-agent has configured',
  description: `
Removes all files that eni-agent wrote, and their addresses, routes and rules from the kernel. The
primary ENI and the files of others stay as they are. The packages call it when they are removed.`,
  options: {},
  examples: ['eni-agent remove'],
  needsRoot: true,
  async run(context) {
    const settings = await context.settings();
    const log = await context.log(settings);
    const paths = await withLock(context.system, () => removeAll({ system: context.system, settings, log }));
    if (context.json) context.print(`${JSON.stringify({ version: 1, removed: paths }, null, 2)}\n`);
    else if (paths.length === 0) context.print('There was nothing of eni-agent on this machine.\n');
    else
      context.print(
        [`Removed ${paths.length} files and what they had configured:`, ...paths.map(p => `  ${p}`), ''].join(
          '\n',
        ),
      );
    return exitCodes.done;
  },
};
