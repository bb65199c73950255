// Address translation as the firewall has it: only what says by an address or a link of the machine where something goes. Read from what `nft`
// and `iptables-save` print; rules that are written by other words are not seen. Pure, but for the reading.
import type { PassContext } from '../../pass/pass.ts';

export interface AddressRule {
  readonly kind: 'snat' | 'masquerade' | 'dnat';
  /** Of `snat`: the new source; of `dnat`: the new destination. */
  readonly to: string | undefined;
  /** Which sources it is for; undefined: not said. */
  readonly source: string | undefined;
  /** Which destinations. */
  readonly destination: string | undefined;
  /** The link by which the packet leaves. */
  readonly out: string | undefined;
}

/** Nobody translates without the kernel's connection tracking, and most machines have none. */
const tracking = '/proc/sys/net/netfilter/nf_conntrack_max';

/** Empty where there is nothing, where no tool can list it, and for a user who may not. */
export async function readAddressRules({
  system,
}: Pick<PassContext, 'system'>): Promise<readonly AddressRule[]> {
  if (!(await system.exists(tracking))) return [];
  // iptables of today keeps its rules in nft, whose own words for them are no rules that `nft` could read: both are asked.
  const listings = [
    ['nft', '-n', 'list', 'ruleset'],
    ['iptables-save', '-t', 'nat'],
    ['ip6tables-save', '-t', 'nat'],
  ] as const;
  const texts: string[] = [];
  for (const argv of listings) {
    const result = await system.run(argv, { outside: true }).catch(() => undefined);
    if (result?.exitCode === 0) texts.push(result.stdout);
  }
  return addressRules(texts.join('\n'));
}

export function addressRules(text: string): readonly AddressRule[] {
  const seen = new Map<string, AddressRule>();
  for (const line of text.split('\n')) {
    const rule = /^\s*-A /.test(line) ? fromIptables(line) : fromNft(line);
    if (rule !== undefined) seen.set(JSON.stringify(rule), rule);
  }
  return [...seen.values()];
}

function fromIptables(line: string): AddressRule | undefined {
  const kind = /-j (SNAT|DNAT|MASQUERADE)\b/.exec(line)?.[1]?.toLowerCase() as
    | AddressRule['kind']
    | undefined;
  if (kind === undefined) return undefined;
  const to = /--to-(?:source|destination) (\S+)/.exec(line)?.[1];
  return {
    kind,
    to: to === undefined ? undefined : bare(to),
    // `! -s NETWORK` is for all others.
    source: /(?<!! )-s (\S+)/.exec(line)?.[1],
    destination: /(?<!! )-d (\S+)/.exec(line)?.[1],
    out: /(?<!! )-o (\S+)/.exec(line)?.[1],
  };
}

function fromNft(line: string): AddressRule | undefined {
  const [, kind, to] =
    /\b(snat|dnat|masquerade)(?: (?:ip6? )?to (\[?[0-9a-f.:]+\]?[0-9:-]*))?/.exec(line) ?? [];
  if (kind === undefined || /\b(chain|type|status)\b/.test(line.slice(0, line.indexOf(kind))))
    return undefined;
  return {
    kind: kind as AddressRule['kind'],
    to: to === undefined ? undefined : bare(to),
    source: /\bip6? saddr ([0-9a-f.:/]+)/.exec(line)?.[1],
    destination: /\bip6? daddr ([0-9a-f.:/]+)/.exec(line)?.[1],
    out: /\boif(?:name)? "([^"]+)"/.exec(line)?.[1],
  };
}

/** Without a port, a range and brackets. */
function bare(text: string): string {
  const [, inBrackets] = /^\[([^\]]+)\]/.exec(text) ?? [];
  if (inBrackets !== undefined) return inBrackets;
  const first = text.split('-')[0]!;
  return first.includes('.') ? first.split(':')[0]! : first;
}
