// Reads our files as the ifcfg-rh plugin of NetworkManager would (1.10 to 1.52): what the reader ignores, and says so only in a
// warning, is missing from the result.
import { type Family, type Ip, parseIp } from '../../../agent/model/address.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import { addressKey } from '../../../agent/model/kernel-state.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { sourced } from './initscripts.ts';
import { readRouteWords, readRuleWords } from './ip-script.ts';
import { type KernelLines, kernelLines, leakedDefault } from './kernel-lines.ts';
import { ShellState } from './shell-lines.ts';

const folder = '/etc/sysconfig/network-scripts';

export function parseBack(files: readonly RenderedFile[], link: string, facts: HostFacts): KernelLines {
  const text = (name: string) => files.find(f => f.path === `${folder}/${name}`)?.content;
  const ifcfg = sourced(text(`ifcfg-${link}`));
  if (ifcfg === undefined || ifcfg.get('DEVICE') !== link || ifcfg.get('NM_CONTROLLED') === 'no')
    return nothing;
  // Such a file turns everything about routes and rules off.
  const complex = text(`rule-${link}`) !== undefined || text(`rule6-${link}`) !== undefined;
  const minor = Number(facts.versions.networkmanager?.split('.')[1] ?? 40);
  // All of them run, for every link.
  const scripts = files.filter(
    f => f.path.startsWith('/etc/NetworkManager/dispatcher.d/pre-up.d/') && f.mode === 0o755,
  );
  return kernelLines({
    addresses: [...ipv4(ifcfg, link), ...ipv6(ifcfg, link)],
    routes: complex
      ? []
      : [...routes(4, text, ifcfg, link), ...routes(6, text, ifcfg, link), ...unwanted(ifcfg, link)],
    rules: complex
      ? []
      : [
          ...rules(4, ifcfg, minor),
          ...rules(6, ifcfg, minor),
          ...scripts.flatMap(script => dispatched(script, link)),
        ],
  });
}

const nothing: KernelLines = { addresses: [], routes: [], rules: [] };

function ipv4(ifcfg: ReadonlyMap<string, string>, link: string): readonly string[] {
  const result: string[] = [];
  for (let n = -1; n < 256; n++) {
    const suffix = n === -1 ? '' : String(n);
    const ip = ifcfg.get(`IPADDR${suffix}`);
    if (ip === undefined && n > 1) break;
    const length = ifcfg.get(`PREFIX${suffix}`);
    if (ip !== undefined && length === undefined) throw new Error(`${ip} would get the length of its class`);
    if (ip !== undefined)
      result.push(addressKey({ link, ip: parseIp(ip) as Ip, prefixLength: Number(length) }));
  }
  return result;
}

function ipv6(ifcfg: ReadonlyMap<string, string>, link: string): readonly string[] {
  if (ifcfg.get('IPV6INIT') === 'no') return [];
  return `${ifcfg.get('IPV6ADDR') ?? ''} ${ifcfg.get('IPV6ADDR_SECONDARIES') ?? ''}`
    .split(/\s+/)
    .filter(a => a !== '')
    .map(a => {
      const [ip = '', length = '64'] = a.split('/');
      return addressKey({ link, ip: parseIp(ip) as Ip, prefixLength: Number(length) });
    });
}

/** One line per route; a line with a word that the reader does not know is skipped, and only that line. */
function routes(
  family: Family,
  text: (name: string) => string | undefined,
  ifcfg: ReadonlyMap<string, string>,
  link: string,
): readonly string[] {
  const profileTable = ifcfg.get(`IPV${family}_ROUTE_TABLE`);
  const lines = (text(`route${family === 6 ? '6' : ''}-${link}`) ?? '').split('\n');
  return lines.flatMap(line => {
    if (/^\s*(#.*)?$/.test(line)) return [];
    const [, ...rest] = line.trim().split(/\s+/);
    const found = new Set<string>();
    for (let i = 0; i < rest.length; i++) {
      const word = rest[i] ?? '';
      if (word === 'onlink') continue;
      if (!['via', 'metric', 'table', 'src'].includes(word)) return [];
      found.add(word);
      i++;
    }
    // Without one it is the metric of the device.
    const metric = found.has('metric') ? [] : ['metric', '100'];
    // And the table of the profile, which is also that of the leased address's connected route.
    const table = found.has('table') || profileTable === undefined ? [] : ['table', profileTable];
    return [readRouteWords([...line.trim().split(/\s+/), ...metric, ...table, 'dev', link], family, link)];
  });
}

function rules(family: Family, ifcfg: ReadonlyMap<string, string>, minor: number): readonly string[] {
  const key = family === 6 ? /^ROUTING_RULE6_\d+$/ : /^ROUTING_RULE_\d+$/;
  return [...ifcfg].flatMap(([name, text]) => {
    if (!key.test(name) || minor < 18) return [];
    const words = text.split(/\s+/);
    if (!words.includes('priority') && !words.includes('pref')) return [];
    if (words.includes('suppress_prefixlength') && minor < 20) return [];
    return [readRuleWords(words, family)];
  });
}

/** The script as NetworkManager calls it: `SCRIPT LINK up`. */
function dispatched(script: RenderedFile, link: string): readonly string[] {
  if (!script.content.includes(`[ "$1" = ${link} ] || exit 0`)) return [];
  const shell = new ShellState(link);
  for (const line of script.content.split('\n').filter(l => l.startsWith('ip '))) shell.run(line);
  return shell.rules;
}

function unwanted(ifcfg: ReadonlyMap<string, string>, link: string): readonly string[] {
  const leased = ifcfg.get('BOOTPROTO') === 'dhcp';
  // Where IPv6 is off the kernel takes no advertisement: by the profile itself from 1.20 on, and before that by the sysctl as it was.
  const isOff = ifcfg.get('IPV6_DISABLED') === 'yes';
  const kernelRa = !isOff && (ifcfg.get('IPV6INIT') === 'no' || ifcfg.get('IPV6_AUTOCONF') !== 'no');
  return [
    ...(ifcfg.get('DEFROUTE') !== 'no' && (leased || ifcfg.has('GATEWAY'))
      ? [leakedDefault('dhcp', link)]
      : []),
    ...(kernelRa ? [leakedDefault('ra', link)] : []),
  ];
}
