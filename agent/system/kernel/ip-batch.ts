// One `ip` per address family instead of four: a batch of listings, and what separates them. Each kind of line has a head of its own and
// the kinds come in a fixed order. Whatever does not look like that is no answer, and the caller asks one by one.
import type { Family } from '../../model/address.ts';
import type { System } from '../system.ts';

/** Lines of `ip -o addr`, `ip rule`, `ip -o route` and `ip -o link`, as each of them alone would print them. */
export interface Listings {
  readonly addresses: string;
  readonly rules: string;
  readonly routes: string;
  readonly links: string;
}

/**
 * The links come last. Before iproute2 3.x or so `link show` changed the family for the lines that follow it; a link's alias may have a line
 * break in it, and what stands behind that must not be taken for a rule; and there always is a `lo`, which says that the batch has
 * come to its end. The IPv6 batch asks for no other link.
 */
const heads: readonly (readonly [keyof Listings, RegExp])[] = [
  ['addresses', /^\d+: \S+ +inet6? /],
  ['rules', /^\d+:\t/],
  ['routes', /^(?!\d+:\s)[0-9a-z]/i],
  ['links', /^\d+: [^:\s]+: </],
];

const questions = 'addr show\nrule show\nroute show table all\n';

/** Undefined if the batch failed in any way, or its output cannot be told apart without a doubt. */
export async function readListings(system: System, family: Family): Promise<Listings | undefined> {
  const argv =
    family === 4
      ? // `-d`: without it `ip` does not print the kind of a link.
        (['ip', '-4', '-o', '-d', '-batch', '-'] as const)
      : (['ip', '-6', '-o', '-batch', '-'] as const);
  const input = `${questions}link show${family === 4 ? '' : ' lo'}\n`;
  const result = await system.run(argv, { input });
  return result.exitCode === 0 ? splitListings(result.stdout) : undefined;
}

/** Exported for its test. */
export function splitListings(text: string): Listings | undefined {
  const found: Record<keyof Listings, string> = { addresses: '', rules: '', routes: '', links: '' };
  let [kind, from, at] = [0, 0, 0];
  // No line has two of the heads: it goes on as it was, or with a later kind.
  const take = (next: number) => {
    found[heads[kind]![0]] = text.slice(from, at);
    [kind, from] = [next, at];
  };
  for (const line of text.split('\n')) {
    if (!heads[kind]![1].test(line) && line.trim() !== '') {
      const next = heads.findIndex(([, head], index) => index > kind && head.test(line));
      if (next < 0) return undefined;
      take(next);
    }
    at += line.length + 1;
  }
  take(kind);
  return found.links.trim() === '' ? undefined : found;
}
