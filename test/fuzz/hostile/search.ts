// So many hostile instances and hosts, always the same ones for a seed: what leaked, and what ended as nothing may end.
import { randomFrom } from '../random.ts';
import { hostileHost } from './host-texts.ts';
import { judgeHost } from './hosts.ts';
import { hostileRecording, judgeInstance } from './instances.ts';

export interface Leak {
  /** Which one of the run. */
  readonly number: number;
  readonly what: string;
}

/** @param onLeak called for the first of each kind */
export async function searchInstances(
  count: number,
  seed: number,
  onLeak: (leak: Leak) => void,
): Promise<void> {
  await search(count, seed, random => judgeInstance(hostileRecording(random)), onLeak);
}

export async function searchHosts(count: number, seed: number, onLeak: (leak: Leak) => void): Promise<void> {
  await search(count, seed, random => judgeHost(hostileHost(random)), onLeak);
}

async function search(
  count: number,
  seed: number,
  judge: (random: ReturnType<typeof randomFrom>) => Promise<string | undefined>,
  onLeak: (leak: Leak) => void,
): Promise<void> {
  const known = new Set<string>();
  for (let number = 0; number < count; number += 1) {
    // A seed of its own each, so that one alone can be repeated.
    const random = randomFrom(seed + Math.imul(number + 1, 0x9e3779b1));
    const what = await judge(random).catch((error: unknown) =>
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
    const kind = what?.replace(/\d+/g, 'N').slice(0, 40);
    if (what === undefined || known.has(kind!)) continue;
    known.add(kind!);
    onLeak({ number, what });
  }
}
