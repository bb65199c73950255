// Is it all still there? Somebody may have emptied the rule set (`nft flush ruleset`, a firewall that was restarted), and nothing tells of it.
import { type Family, familyOf } from '../../model/address.ts';
import { hex, markMask } from '../../model/rule-words.ts';
import { unlessDenied } from '../../system/look-only.ts';
import type { System } from '../../system/system.ts';
import { familiesOf, hasFamily, type Mark, shortened } from './marks.ts';
import { chain, chainOf, nftTable, notePath } from './script.ts';

/** `nft` or `iptables`, and links. */
export interface Note {
  readonly tools: readonly string[];
  /** Links of which the script has set `src_valid_mark`. */
  readonly links: readonly string[];
}

export async function readNote(system: System): Promise<Note> {
  const lines = ((await unlessDenied(system.readFile(notePath), undefined)) ?? '').split('\n');
  return {
    tools: lines.filter(line => line === 'nft' || line === 'iptables'),
    links: lines.flatMap(line => /^src_valid_mark ([\w.-]{1,15})$/.exec(line)?.[1] ?? []),
  };
}

/** @returns a line for each thing that is missing; what this user may not look at counts as there */
export async function missingOf(system: System, marks: readonly Mark[]): Promise<readonly string[]> {
  if (marks.length === 0) return [];
  const { tools } = await readNote(system);
  return [...(await missingRules(system, marks, tools)), ...(await unheeded(system, marks))];
}

async function missingRules(
  system: System,
  marks: readonly Mark[],
  tools: readonly string[],
): Promise<readonly string[]> {
  const nothing = ['the packets of published ports are not marked'];
  if (tools.length === 0) return nothing;
  if (tools.includes('nft')) {
    const listing = await list(system, ['nft', 'list', 'table', 'inet', nftTable]);
    if (listing === 'denied') return [];
    if (listing === 'missing') return nothing;
    const { text } = listing;
    const byAddress = chainOf(marks);
    const rules = text.match(/ meta mark set /g)?.length ?? 0;
    const isWhole =
      text.includes(' hook prerouting ') &&
      text.includes(` jump ${byAddress}`) &&
      text.includes(`chain ${byAddress} {`);
    const count = marks.reduce((sum, mark) => sum + familiesOf([mark]).length, 0);
    return isWhole && rules === count ? [] : nothing;
  }
  const missing = await Promise.all(
    familiesOf(marks).map(async family => {
      const program = family === 4 ? 'iptables' : 'ip6tables';
      const listing = await list(system, [program, '-t', 'mangle', '-S']);
      if (listing === 'denied') return [];
      if (listing === 'missing' || !listing.text.includes(`-A PREROUTING -j ${chain}`)) return nothing;
      const { text } = listing;
      return unmarked(
        marks.filter(mark => hasFamily(mark, family)),
        text,
        family,
      );
    }),
  );
  return [...new Set(missing.flat())];
}

function unmarked(marks: readonly Mark[], text: string, family: Family): readonly string[] {
  const words = new Set(text.split(/\s+/));
  const lacking = marks.filter(({ value, networks }) => {
    const own = networks.filter(network => familyOf(network) === family);
    return (
      !words.has(`${hex(value)}/${hex(markMask)}`) ||
      !own.every(network => words.has(network) || words.has(shortened(network)))
    );
  });
  return lacking.map(({ link }) => `the packets of ports that are published on ${link} are not marked`);
}

type Listing = { readonly text: string } | 'missing' | 'denied';

async function list(system: System, argv: readonly [string, ...string[]]): Promise<Listing> {
  const { exitCode, stdout, stderr } = await system.run(argv, { timeoutMs: 3000 });
  if (exitCode === 0) return { text: stdout };
  return /not permitted|denied|must be root/i.test(stderr) ? 'denied' : 'missing';
}

async function unheeded(system: System, marks: readonly Mark[]): Promise<readonly string[]> {
  const key = (link: string) => `/proc/sys/net/ipv4/conf/${link}/src_valid_mark`;
  const isOff = async (link: string) =>
    (await unlessDenied(system.readFile(key(link)), undefined))?.trim() === '0';
  const links = await Promise.all(marks.map(async ({ link }) => ((await isOff(link)) ? [link] : [])));
  return links.flat().map(link => `src_valid_mark of ${link} is 0`);
}
