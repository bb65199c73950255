// What policy routing costs every packet: one UDP send under each scheme, from the primary's address and from the last ENI's, and how
// that grows with the number of addresses. The rounds of the schemes are interleaved, so that a busy moment hits all alike.
import { fileURLToPath } from 'node:url';
import { ipBatch, runIn } from '../lab/namespace.ts';
import { remoteClient } from '../lab/vpc-spec.ts';
import type { Bench, BenchOptions, Report } from './bench.ts';
import { median, spread } from './figures.ts';
import type { LinePlot } from './line-plot.ts';
import { type Scheme, schemeLines, schemes } from './rule-schemes.ts';
import { createSenderHost, type SenderHost } from './sender-host.ts';
import { largestSize, nameOf, type Size } from './sizes.ts';
import type { Row } from './table.ts';

const sender = fileURLToPath(new URL('udp-send.pl', import.meta.url));
const sources = ['the primary', 'the last ENI'] as const;
type Source = (typeof sources)[number];

/** Microseconds per send, one per round. */
type Sends = ReadonlyMap<Scheme, Readonly<Record<Source, readonly number[]>>>;

export const packets: Bench = {
  name: 'packets',
  async run(options) {
    const counts = options.quick ? [1, 50] : [1, 5, 10, 20, 30, 40, 50];
    const measured: { readonly size: Size; readonly sends: Sends }[] = [];
    for (const addresses of counts) {
      const size = { enis: largestSize.enis, addresses };
      options.say(`packets ${nameOf(size)}`);
      measured.push({ size, sends: await measure(size, options) });
    }
    const last = measured.at(-1)!;
    return { rows: rowsOf(last.size, last.sends), linePlot: plotOf(measured) } satisfies Report;
  },
};

async function measure(size: Size, { quick }: BenchOptions): Promise<Sends> {
  const hosts = new Map<Scheme, SenderHost>();
  const sends = new Map(
    schemes.map(s => [s, { 'the primary': [] as number[], 'the last ENI': [] as number[] }]),
  );
  try {
    for (const [index, scheme] of schemes.entries()) {
      const host = await createSenderHost(`packets${index}`, size);
      hosts.set(scheme, host);
      await ipBatch(host.name, schemeLines(scheme, host.enis));
    }
    for (let round = 0; round < (quick ? 3 : 9); round++)
      for (const scheme of schemes)
        for (const source of sources)
          sends.get(scheme)![source].push(await sendFrom(hosts.get(scheme)!, source));
    return sends;
  } finally {
    for (const host of hosts.values()) host.remove();
  }
}

async function sendFrom(host: SenderHost, source: Source): Promise<number> {
  const eni = source === 'the primary' ? host.enis[0]! : host.enis.at(-1)!;
  const address = eni.subnets[0]!.addresses.at(-1)!;
  const output = await runIn(host.name, ['perl', sender, address, remoteClient.address[4], '20000']);
  return Number(output) / 1000;
}

function rowsOf(size: Size, sends: Sends): readonly Row[] {
  return sources.flatMap(source => {
    const bare = sends.get('no rules')![source];
    return schemes.map(scheme => {
      // Round by round, because what disturbs one round disturbs it for all schemes.
      const value = median(sends.get(scheme)![source].map((us, round) => us / bare[round]!));
      return {
        bench: 'packets',
        size: nameOf(size),
        subject: `one UDP send from ${source}, ${scheme}`,
        measured: spread(sends.get(scheme)![source], 'us'),
        ...(scheme === 'no rules' ? {} : { ratio: { value, to: 'no rules' } }),
        ...(scheme === 'eni-agent' ? { budget: { text: '<= 1.3 x no rules', value, limit: 1.3 } } : {}),
      };
    });
  });
}

function plotOf(measured: readonly { readonly size: Size; readonly sends: Sends }[]): LinePlot {
  return {
    title: `One UDP send on a host with ${largestSize.enis} ENIs`,
    x: 'IPv4 addresses of each ENI',
    y: 'microseconds',
    lines: schemes.map(scheme => ({
      name: scheme,
      points: measured.map(({ size, sends }) => [size.addresses, median(sends.get(scheme)!['the last ENI'])]),
    })),
  };
}
