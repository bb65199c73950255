// What starting a process costs: bare Node, and the agent's `--version` on the same Node. Judged by CPU time, which a busy machine
// disturbs less than the wall clock.
import { runOk } from '../lab/command.ts';
import type { Bench } from './bench.ts';
import { launcherOf } from './bench-host.ts';
import { type Cost, parseTimed, timed } from './cpu.ts';
import { median, spread } from './figures.ts';
import type { Row } from './table.ts';

const perRound = 5;

export const processStart: Bench = {
  name: 'process-start',
  async run({ quick, bundle, say }) {
    say('process-start');
    const commands = {
      true: ['/bin/true'],
      'ip -V': ['ip', '-V'],
      'node -e 0': [process.execPath, '-e', '0'],
      'eni-agent --version': [process.execPath, launcherOf(bundle), '--version'],
    };
    const names = Object.keys(commands) as (keyof typeof commands)[];
    const costs = new Map<string, Cost[]>(names.map(name => [name, []]));
    for (let round = 0; round < (quick ? 3 : 11); round++)
      for (const name of names)
        costs.get(name)!.push(parseTimed(await runOk(timed(commands[name], perRound)), perRound));
    const cpu = (name: string) => costs.get(name)!.map(c => c.cpuMs);
    const wall = (name: string) => costs.get(name)!.map(c => c.wallMs);
    const value = median(cpu('eni-agent --version')) / median(cpu('node -e 0'));
    const rows: readonly Row[] = names.map(name => ({
      bench: 'process-start',
      size: '',
      subject: name,
      measured: `${spread(cpu(name), 'ms CPU')}, ${spread([median(wall(name))], 'ms wall')}`,
      ...(name === 'eni-agent --version'
        ? { ratio: { value, to: 'node -e 0' }, budget: { text: '<= 1.3 x node -e 0', value, limit: 1.3 } }
        : {}),
    }));
    return { rows };
  },
};
