// Below this nobody can go: the same addresses, routes and rules as the agent's plan, added by one `ip -batch`.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from '../lab/command.ts';
import { inNamespace, runIn, scratchBase } from '../lab/namespace.ts';
import type { Bench } from './bench.ts';
import { parseTimed, timed } from './cpu.ts';
import { spread } from './figures.ts';
import { planLines } from './rule-schemes.ts';
import { createSenderHost } from './sender-host.ts';
import { nameOf, type Size, sizes } from './sizes.ts';
import type { Row } from './table.ts';

export const kernelFloor: Bench = {
  name: 'kernel-floor',
  async run({ quick, say }) {
    const rows: Row[] = [];
    for (const size of sizes) {
      say(`kernel-floor ${nameOf(size)}`);
      rows.push(await batchOf(size, quick ? 3 : 11));
    }
    return { rows };
  },
};

async function batchOf(size: Size, rounds: number): Promise<Row> {
  const file = join(scratchBase(), `enilab-${process.pid}-batch`);
  const walls: number[] = [];
  let lines = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const host = await createSenderHost('floor', size);
      try {
        const up = host.enis.map(eni => `link set dev ${eni.link} up`);
        await runIn(host.name, ['ip', '-batch', '-'], `${up.join('\n')}\n`);
        const batch = planLines(host.enis);
        lines = batch.length;
        writeFileSync(file, `${batch.join('\n')}\n`);
        const argv = await inNamespace(host.name, timed(['ip', '-4', '-batch', file]));
        walls.push(parseTimed(await runOk(argv)).wallMs);
      } finally {
        host.remove();
      }
    }
  } finally {
    rmSync(file, { force: true });
  }
  return {
    bench: 'kernel-floor',
    size: nameOf(size),
    subject: `ip -batch of the ${lines} objects of the plan`,
    measured: spread(walls, 'ms'),
  };
}
