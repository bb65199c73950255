// Reads `ip -o -ts monitor link address route rule`: when the link appeared, and when everything that the ENI ended up with was in the
// kernel at once. Counting from the end, so that what a service takes away again and puts back counts as late. Pure.

export interface KernelEvent {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly gone: boolean;
  /** What it does: without lifetimes, metric and who added it. */
  readonly object: string;
  /** What tells two from each other that do the same and stand beside each other (who added it, metric). */
  readonly variant: string;
}

export interface Completion {
  readonly completeAtMs: number;
  readonly addresses: number;
  readonly rules: number;
  /** Default routes in a table other than main. */
  readonly defaults: number;
}

export function parseEvents(output: string): readonly KernelEvent[] {
  return output.split('\n').flatMap(line => {
    const match = /^\[(\S+?)\] (Deleted )?(.*)$/.exec(line.replaceAll('\\', ' '));
    if (match === null) return [];
    const [, time = '', deleted, rest = ''] = match;
    const object = objectOf(rest);
    const variant = object.startsWith('address ') ? '' : (rest.match(/ (proto|metric) \S+/g) ?? []).join('');
    return [{ atMs: milliseconds(time), gone: deleted !== undefined, object, variant }];
  });
}

/** When the link appeared. */
export function appearedAt(events: readonly KernelEvent[], link: string): number | undefined {
  return firstOf(events, object => object.startsWith(`link ${link} `));
}

/**
 * @param subnet of the ENI, as `10.0.3.`: what its addresses and the sources of its rules begin with
 * Undefined if nothing of the ENI is there at the end.
 */
export function completionOf(
  events: readonly KernelEvent[],
  link: string,
  subnet: string,
): Completion | undefined {
  const own = events.filter(e => isOwn(e.object, link, subnet));
  const final = new Set(replay(own, () => undefined));
  if (final.size === 0) return undefined;
  let completeAtMs = Number.NaN;
  let wasWhole = false;
  replay(own, (present, event) => {
    const isWhole = [...final].every(object => present.has(object));
    // The last time that this happens counts.
    if (isWhole && !wasWhole) completeAtMs = event.atMs;
    wasWhole = isWhole;
  });
  const count = (start: string) => [...final].filter(object => object.startsWith(start)).length;
  return {
    completeAtMs,
    addresses: count('address '),
    rules: count('rule '),
    defaults: count('route default '),
  };
}

/** When the first event came whose object passes the test. */
export function firstOf(
  events: readonly KernelEvent[],
  test: (object: string) => boolean,
): number | undefined {
  return events.find(e => !e.gone && test(e.object))?.atMs;
}

/** The objects that are there after the last event; after each event the callback sees those that are there then. */
function replay(
  events: readonly KernelEvent[],
  after: (present: ReadonlyMap<string, ReadonlySet<string>>, event: KernelEvent) => void,
): Iterable<string> {
  const present = new Map<string, Set<string>>();
  for (const event of events) {
    const { gone, object, variant } = event;
    const variants = present.get(object) ?? new Set();
    if (gone) variants.delete(variant);
    else variants.add(variant);
    if (variants.size === 0) present.delete(object);
    else present.set(object, variants);
    after(present, event);
  }
  return present.keys();
}

function isOwn(object: string, link: string, subnet: string): boolean {
  if (object.startsWith('address ')) return object.startsWith(`address ${link} ${subnet}`);
  if (object.startsWith('rule ')) return object.includes(` from ${subnet}`);
  return object.startsWith('route ') && object.includes(` dev ${link} `) && / table \d+/.test(object);
}

function objectOf(rest: string): string {
  const rule = /^(\d+):\s+(from .*)$/.exec(rest);
  if (rule !== null) return `rule ${rule[1]} ${plain(rule[2]!)}`;
  const address = /^\d+: (\S+)\s+inet6? (\S+)/.exec(rest);
  if (address !== null) return `address ${address[1]} ${address[2]}`;
  const link = /^\d+: ([^:@]+)(@\S+)?: /.exec(rest);
  if (link !== null) return `link ${link[1]} `;
  return `route ${plain(rest)} `;
}

function plain(words: string): string {
  return words
    .replace(/ (proto|metric|scope|src|valid_lft|preferred_lft) \S+| (linkdown|onlink)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** `2026-11-21T07:42:30.123456`, local time. */
function milliseconds(stamp: string): number {
  const [whole = '', fraction = '0'] = stamp.split('.');
  return new Date(whole).getTime() + Number(`0.${fraction}`) * 1000;
}
