// `eni-agent check-config`: all that is wrong with the configuration, before it is in force.
import { describeProblem } from '../../config/problem.ts';
import { configFolder, configPath, isDropIn } from '../../config/read-files.ts';
import { exitCodeOf } from '../../errors.ts';
import { priorityOf } from '../../log/priority.ts';
import { textOption } from '../args.ts';
import { type CliCommand, exitCodes } from '../command.ts';
import { green } from '../describe.ts';
import { fold } from '../layout.ts';

export const checkConfig: CliCommand = {
  name: 'check-config',
  summary: 'check the configuration, and list all that is wrong with it',
  description: `
Reads ${configPath} and ${configFolder}/*.conf
as the daemon would, and lists every problem with its file and line, what would be right, and what
was probably meant. Changes nothing, and the daemon takes no notice of it.
"systemctl reload eni-agent" runs it first, and fails where it does.

With FILE, that file is read in the place of ${configPath}. What a
configuration that is valid would change, "eni-agent plan --config FILE" shows.

Exit code 0: the configuration is valid. 64: it is not.`,
  argument: {
    value: 'FILE',
    choices: 'files',
    help: `read FILE instead of ${configPath}`,
  },
  options: {},
  examples: [
    'eni-agent check-config',
    'eni-agent check-config new.conf && eni-agent plan --config new.conf',
    'eni-agent check-config --json | jq -r ".problems[].text"',
  ],
  needsRoot: false,
  async run(context, values) {
    const source = await context.configuration();
    const { files, settings, problems } = await source.check(textOption(values, 'argument'));
    const paths = files.map(({ path }) => path);
    const names = await context.system.listFolder(configFolder);
    const notRead = names.filter(name => !isDropIn(name)).map(name => `${configFolder}/${name}`);
    if (context.json) {
      const valid = problems.length === 0;
      context.print(`${JSON.stringify({ version: 1, valid, files: paths, notRead, problems }, null, 2)}\n`);
    } else {
      const read = paths.length === 0 ? ['no file: the defaults'] : paths.map(path => `read: ${path}`);
      const lines = [
        ...problems.map(describeProblem),
        ...(problems.length === 0 ? read : []),
        ...notRead.map(path => `not read, since its name does not end with ".conf": ${path}`),
        ...(settings?.agent.manage === 'listed' && settings.enis.size === 0 ? [nothingListed] : []),
        verdict(problems.length, context.colour),
      ];
      // "systemctl reload" runs this: what is wrong is an error in the journal, and nothing else is.
      const mark = context.printsToJournal ? priorityOf(problems.length === 0 ? 'info' : 'error') : '';
      context.print(
        fold(lines, context)
          .map(line => `${mark}${line}\n`)
          .join(''),
      );
    }
    return problems.length === 0 ? exitCodes.done : exitCodeOf('config-invalid');
  },
};

/** Valid, and hardly what was meant. */
const nothingListed =
  'warning: manage = listed, and there is no [eni "MAC"] section: eni-agent configures no ENI';

function verdict(problems: number, colour: boolean): string {
  if (problems === 0) return green({ colour }, 'The configuration is valid.');
  const counted = problems === 1 ? '1 problem' : `${problems} problems`;
  return `${counted}. "man eni-agent.conf" lists the sections, the keys and their values.`;
}
