// Reads our files as the `network` service of EL6 and EL7 would: ifup-eth, ifup-aliases, ifup-ipv6, ifup-routes. Where the service would do
// something unwanted (a default route in main), the result has it.
import { type Family, parseIp } from '../../../agent/model/address.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import { addressKey } from '../../../agent/model/kernel-state.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { readRouteWords, readRuleWords } from './ip-script.ts';
import { type KernelLines, kernelLines, leakedDefault } from './kernel-lines.ts';

const folder = '/etc/sysconfig/network-scripts';

export function parseBack(files: readonly RenderedFile[], link: string, _facts: HostFacts): KernelLines {
  const text = (name: string) => files.find(f => f.path === `${folder}/${name}`)?.content;
  const ifcfg = sourced(text(`ifcfg-${link}`));
  if (ifcfg === undefined || ifcfg.get('ONBOOT') !== 'yes' || ifcfg.get('DEVICE') !== link) return nothing;
  // With NetworkManager beside the service, ifup hands the file over, and rule- files are not applied.
  if (ifcfg.get('NM_CONTROLLED') !== 'no') return nothing;
  const leased = ifcfg.get('BOOTPROTO') === 'dhcp';
  const aliases = files
    .filter(f => f.path.startsWith(`${folder}/ifcfg-${link}:`))
    .map(f => sourced(f.content) ?? new Map<string, string>());
  return kernelLines({
    addresses: [
      ...(leased ? [] : numbered(ifcfg, link)),
      ...aliases.map(a => address(a.get('IPADDR'), a.get('PREFIX'), link)),
      ...ipv6(ifcfg, link),
    ],
    routes: [
      ...lines(text(`route-${link}`)).map(words => readRouteWords(words, 4, link)),
      ...lines(text(`route6-${link}`)).map(words => readRouteWords(words, 6, link)),
      ...unwanted(ifcfg, aliases, leased, link),
    ],
    rules: ([4, 6] as const).flatMap((family: Family) =>
      lines(text(`rule${family === 6 ? '6' : ''}-${link}`)).map(words => readRuleWords(words, family)),
    ),
  });
}

const nothing: KernelLines = { addresses: [], routes: [], rules: [] };

/** What a shell has after it has sourced the file; anything but plain assignments is an error. */
export function sourced(text: string | undefined): ReadonlyMap<string, string> | undefined {
  if (text === undefined) return undefined;
  const result = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([A-Z][A-Z0-9_]*)=(?:([a-zA-Z0-9_.:/,-]*)|"([^"$`\\]*)"|'([^']*)')$/.exec(line);
    if (match?.[1] === undefined) throw new Error(`not a plain assignment: ${line}`);
    result.set(match[1], match[2] ?? match[3] ?? match[4] ?? '');
  }
  return result;
}

/** expand_config: '', 1, 2 ... up to the first gap from 2 on. */
function numbered(ifcfg: ReadonlyMap<string, string>, link: string): readonly string[] {
  const result: string[] = [];
  for (let n = 0; n < 256; n++) {
    const suffix = n === 0 ? '' : String(n);
    const ip = ifcfg.get(`IPADDR${suffix}`);
    if (ip === undefined && n >= 2) break;
    if (ip !== undefined) result.push(address(ip, ifcfg.get(`PREFIX${suffix}`), link));
    // arping costs seconds and may end the whole ifup.
    if (ip !== undefined && ifcfg.get(`ARPCHECK${suffix}`) !== 'no')
      throw new Error(`${ip} is probed by ARP`);
  }
  return result;
}

function ipv6(ifcfg: ReadonlyMap<string, string>, link: string): readonly string[] {
  // EL6 asks for exactly this; without it the kernel's router advertisements stay on as well.
  if (ifcfg.get('IPV6INIT') !== 'yes') return [];
  const all = `${ifcfg.get('IPV6ADDR') ?? ''} ${ifcfg.get('IPV6ADDR_SECONDARIES') ?? ''}`;
  return all
    .split(/\s+/)
    .filter(a => a !== '')
    .map(a => address(a.split('/')[0], a.split('/')[1] ?? '64', link));
}

function unwanted(
  ifcfg: ReadonlyMap<string, string>,
  aliases: readonly ReadonlyMap<string, string>[],
  leased: boolean,
  link: string,
): readonly string[] {
  const route = (...words: readonly string[]) => readRouteWords([...words, 'dev', link], 4, link);
  const aliasRoutes = aliases.some(a => a.get('NO_ALIASROUTING') !== 'yes');
  const gateway = ifcfg.get('GATEWAY');
  const advertised = ifcfg.get('IPV6INIT') !== 'yes' || ifcfg.get('IPV6_AUTOCONF') !== 'no';
  return [
    ...(gateway !== undefined && (ifcfg.get('DEFROUTE') !== 'no' || aliasRoutes)
      ? [route('default', 'via', gateway)]
      : []),
    ...(leased && ifcfg.get('DEFROUTE') !== 'no' ? [leakedDefault('dhcp', link)] : []),
    ...(ifcfg.get('NOZEROCONF') !== 'yes' ? [route('169.254.0.0/16')] : []),
    ...(advertised ? [leakedDefault('ra', link)] : []),
  ];
}

function address(ip: string | undefined, length: string | undefined, link: string): string {
  const parsed = parseIp(ip ?? '');
  if (parsed === undefined || length === undefined) throw new Error(`no address or length: ${ip}/${length}`);
  return addressKey({ link, ip: parsed, prefixLength: Number(length) });
}

/** ifup-routes: comments skipped, the rest split at blanks and handed to ip; a file with ADDRESSn= is sourced instead. */
function lines(text: string | undefined): readonly (readonly string[])[] {
  if (text === undefined) return [];
  if (/ADDRESS\d*=/.test(text)) throw new Error('the old format: this file would be sourced');
  return text
    .split('\n')
    .filter(l => !/^\s*(#.*)?$/.test(l))
    .map(l => l.trim().split(/\s+/));
}
