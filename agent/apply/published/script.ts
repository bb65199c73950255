// The script that has packets marked: run by the agent, and at each boot by a unit of the package, which needs no agent. It works with nft, and
// with iptables where there is no nft that can say it. Pure.
import { marker, type OwnFiles, type RenderedFile } from '../../../renderers/renderer.ts';
import { type Family, familyOf } from '../../model/address.ts';
import type { EniPlan } from '../../model/network-plan.ts';
import { hex, markMask } from '../../model/rule-words.ts';
import { eightDigits, familiesOf, type Mark, marksOf, shortened } from './marks.ts';

/** Below the folder that every system keeps; eni-agent-published-ports.service and the init script name it too. */
const folder = '/var/lib/eni-agent';
const name = 'published-ports.sh';
export const scriptPath = `${folder}/${name}`;
export const publishedFiles: OwnFiles = { dir: folder, name: /^published-ports\.sh$/ };

/** What the script has loaded since the boot, a line for each: `nft` or `iptables`, and `src_valid_mark LINK` for each that it has set. */
export const notePath = '/run/eni-agent/published-ports';

/** Of the mark. */
const othersBits = 0x00ff_ffff;

/** Where the script looks for its tools. */
export const toolFolders = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
] as const;

export const nftTable = 'eni-agent';
/** By it a table of that name is known as ours. */
export const nftChain = 'published-ports';
export const chain = 'ENI-AGENT';

/** Empty where no ENI has a mark. */
export function publishedScript(enis: readonly EniPlan[]): readonly RenderedFile[] {
  const marks = marksOf(enis);
  if (marks.length === 0) return [];
  return [{ path: scriptPath, mode: 0o644, content: scriptOf(marks), enis: [] }];
}

function scriptOf(marks: readonly Mark[]): string {
  const used = familiesOf(marks);
  return [
    '#!/bin/sh',
    `# ${marker}`,
    '# Marks the packets of connections that were made to an address of an ENI, and that a container answers (published-ports = yes).',
    `PATH=${toolFolders.join(':')}`,
    `note=${notePath}`,
    `mkdir -p ${notePath.slice(0, notePath.lastIndexOf('/'))}`,
    'remember() { grep -qxF "$1" "$note" 2> /dev/null || echo "$1" >> "$note"; }',
    '',
    '# Strict rp_filter looks for the way back without the mark else, finds that of the primary, and drops what comes in.',
    'cd /sys/class/net || exit 1',
    'for link in *; do',
    '  case "$(cat "$link/address" 2> /dev/null)" in',
    `    ${marks.map(m => m.mac).join(' | ')})`,
    '      key=/proc/sys/net/ipv4/conf/$link/src_valid_mark',
    '      if [ "$(cat "$key" 2> /dev/null)" = 0 ] && echo 1 > "$key"; then remember "src_valid_mark $link"; fi ;;',
    '  esac',
    'done',
    '',
    'by_nft() {',
    '  command -v nft > /dev/null || return 1',
    `  if nft list table inet ${nftTable} > /dev/null 2>&1 && ! nft list chain inet ${nftTable} ${nftChain} > /dev/null 2>&1; then`,
    `    echo "the nft table inet ${nftTable} is somebody's: it has no chain ${nftChain}" >&2`,
    '    exit 1',
    '  fi',
    "  nft -f - << 'END'",
    ...nftLines(marks),
    'END',
    '}',
    '',
    // Appended: wg-quick, which restores marks of its own in front, would overwrite this one.
    'by_iptables() {',
    '  command -v "$1" > /dev/null || { echo "there is no nft that can do it, and no $1" >&2; return 1; }',
    // Old ones have no -w, and those that have wait for whoever holds the lock.
    '  echo "$2" | "$1-restore" -w 5 --noflush 2> /dev/null || echo "$2" | "$1-restore" --noflush || return 1',
    `  "$1" -t mangle -C PREROUTING -j ${chain} 2> /dev/null || "$1" -t mangle -A PREROUTING -j ${chain}`,
    '}',
    '',
    'if by_nft; then remember nft; exit 0; fi',
    ...used.map(family => byIptables(family, marks)),
    'remember iptables',
    '',
  ].join('\n');
}

/**
 * One transaction: the table is never missing. Behind every DNAT (priority -100, firewalld's on old kernels -90), so that `ct status` says whether
 * there was one: what a container sends by itself to a neighbour of the ENI is not marked. What is not translated costs one comparison.
 */
function nftLines(marks: readonly Mark[]): readonly string[] {
  return [
    `table inet ${nftTable}`,
    `delete table inet ${nftTable}`,
    `table inet ${nftTable} {`,
    `  chain ${nftChain} {`,
    '    type filter hook prerouting priority -80; policy accept;',
    `    ct status dnat jump ${chainOf(marks)}`,
    '  }',
    `  chain ${chainOf(marks)} {`,
    ...marks.flatMap(mark =>
      familiesOf([mark]).map(family => {
        const set = networksOf(mark, family).map(shortened).join(', ');
        const word = family === 4 ? 'ip' : 'ip6';
        return `    ct original ${word} daddr { ${set} } meta mark set meta mark & ${eightDigits(othersBits)} | ${eightDigits(mark.value)}`;
      }),
    ),
    '  }',
    '}',
  ];
}

/**
 * The mangle table comes before DNAT. So a request is known by its destination, which is an address of this machine still, and an answer by what
 * conntrack says.
 */
function byIptables(family: Family, marks: readonly Mark[]): string {
  const rules = marks.flatMap(mark =>
    networksOf(mark, family).flatMap(network => {
      const is = (direction: string) => `-m conntrack --ctorigdst ${network} --ctdir ${direction}`;
      const set = `-j MARK --set-xmark ${hex(mark.value)}/${hex(markMask)}`;
      return [
        `-A ${chain} -m addrtype --dst-type LOCAL ${is('ORIGINAL')} ${set}`,
        `-A ${chain} ${is('REPLY')} --ctstate DNAT ${set}`,
      ];
    }),
  );
  const program = family === 4 ? 'iptables' : 'ip6tables';
  return `by_iptables ${program} '${['*mangle', `:${chain} - [0:0]`, ...rules, 'COMMIT'].join('\n')}' || exit 1`;
}

/**
 * The name of the chain tells what is in it, since nft lists sets and marks in another form than it was given them (1.0.6: two addresses become a
 * range). FNV-1a, of 32 bits.
 */
export function chainOf(marks: readonly Mark[]): string {
  const text = JSON.stringify(marks.map(({ value, networks }) => [value, networks]));
  let hash = 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193) >>> 0;
  return `by-address-${hash.toString(16).padStart(8, '0')}`;
}

function networksOf({ networks }: Mark, family: Family) {
  return networks.filter(network => familyOf(network) === family);
}
