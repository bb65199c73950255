// Reads our files as wicked would (compat-suse.c, 0.6.x), with what it loses on the way to the kernel.
import { type Family, type Ip, parseIp } from '../../../agent/model/address.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import { addressKey } from '../../../agent/model/kernel-state.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { sourced } from './initscripts.ts';
import { readRouteWords, readRuleWords } from './ip-script.ts';
import { type KernelLines, kernelLines, leakedDefault } from './kernel-lines.ts';
import { ShellState } from './shell-lines.ts';

const folder = '/etc/sysconfig/network';

export function parseBack(files: readonly RenderedFile[], link: string, facts: HostFacts): KernelLines {
  const text = (name: string) => files.find(f => f.path === `${folder}/${name}`)?.content;
  const ifcfg = sourced(text(`ifcfg-${link}`));
  // `manual`, the default, is not brought up at boot.
  if (ifcfg === undefined || !['auto', 'hotplug'].includes(ifcfg.get('STARTMODE') ?? 'manual'))
    return nothing;
  const shell = new ShellState(link);
  const script = ifcfg.get('POST_UP_SCRIPT');
  // A script without a type is skipped with a note.
  if (script?.startsWith('wicked:')) shell.runScript(executable(files, script.slice('wicked:'.length)));
  const leased = ifcfg.get('BOOTPROTO') === 'dhcp4' && leaseMayRoute(ifcfg);
  const advertised = !/^net\.ipv6\.conf\.\$INTERFACE\.accept_ra = 0$/m.test(text(`ifsysctl-${link}`) ?? '');
  return kernelLines({
    addresses: ifcfg.get('BOOTPROTO') === 'none' ? [] : addressesOf(ifcfg, link),
    routes: [
      ...linesOf(text(`ifroute-${link}`)).map(words => routeOf(words, link)),
      ...shell.routes,
      ...(leased ? [leakedDefault('dhcp', link)] : []),
      ...(advertised ? [leakedDefault('ra', link)] : []),
    ],
    rules: [...ifrules(text(`ifrule-${link}`), facts), ...shell.rules],
  });
}

const nothing: KernelLines = { addresses: [], routes: [], rules: [] };

/** Whether the lease's default route goes into main. An empty set is not handed on, and what is not handed on is the default: all. */
function leaseMayRoute(ifcfg: ReadonlyMap<string, string>): boolean {
  if (ifcfg.get('DHCLIENT_SET_DEFAULT_ROUTE') !== 'no') return true;
  const words = (ifcfg.get('DHCLIENT_UPDATE') ?? 'dns').split(/[ \t,]+/);
  // `none` empties what was said before it.
  return words.slice(words.lastIndexOf('none') + 1).every(word => word === '' || word === 'default-route');
}

export function executable(files: readonly RenderedFile[], path: string): string {
  const file = files.find(f => f.path === path);
  if (file === undefined || (file.mode & 0o111) === 0)
    throw new Error(`${path}: not there, or not executable`);
  return file.content;
}

/** Every variable that begins with IPADDR, both families alike; without a length it is the whole address. */
export function addressesOf(ifcfg: ReadonlyMap<string, string>, link: string): readonly string[] {
  return [...ifcfg]
    .filter(([name]) => name.startsWith('IPADDR'))
    .map(([, value]) => {
      const [text = '', length] = value.split('/');
      const ip = parseIp(text) as Ip;
      return addressKey({ link, ip, prefixLength: Number(length ?? (ip.includes(':') ? 128 : 32)) });
    });
}

function linesOf(text: string | undefined): readonly (readonly string[])[] {
  return (text ?? '')
    .split('\n')
    .filter(l => !/^\s*(#.*)?$/.test(l))
    .map(l => l.trim().split(/\s+/));
}

/** DEST GW MASK IFACE OPTIONS. */
function routeOf(words: readonly string[], link: string): string {
  const [destination = '', column = '-', mask, device, ...rest] = words;
  if (mask !== '-' || device !== link) throw new Error(`column 3 or 4: ${words.join(' ')}`);
  const options = new Map<string, string>();
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    if (word === 'nexthop') {
      const [via, gateway = '', onlink, ...more] = rest.slice(i + 1);
      if (via !== 'via' || onlink !== 'onlink' || more.length > 0)
        throw new Error(`next hop: ${words.join(' ')}`);
      options.set('nexthop', gateway);
      break;
    }
    // `via`, `dev` and `onlink` outside a next hop are errors.
    if (!['table', 'metric', 'src', 'scope'].includes(word)) throw new Error(`option ${word}`);
    options.set(word, rest[++i] ?? '');
  }
  const via = options.get('nexthop') ?? (column === '-' ? undefined : column);
  // The family is that of the destination; that of `default` is that of the gateway in column 2, else IPv4.
  const six = destination === 'default' ? column.includes(':') : destination.includes(':');
  const found = ['table', 'metric'].flatMap(name =>
    options.has(name) ? [name, options.get(name) ?? ''] : [],
  );
  const gateway = via === undefined ? [] : ['via', via];
  return readRouteWords([destination, ...gateway, 'dev', link, ...found], six ? 6 : 4, link);
}

/** 0.6.33 and later. `suppress_prefixlength 0` is parsed and then not sent to the kernel. */
function ifrules(text: string | undefined, facts: HostFacts): readonly string[] {
  const [, minor = 6, patch = 99] = (facts.versions.wicked ?? '').split('.').map(Number);
  if (minor === 6 && patch < 33) return [];
  return linesOf(text).map(([family, ...words]) => {
    // `to` is an address without a length before 0.6.71: the whole link does not come up.
    if (minor === 6 && patch < 71 && /(^| )to \S+\//.test(words.join(' ')))
      throw new Error(`to: ${words.join(' ')}`);
    const version: Family | undefined = { ipv4: 4 as const, ipv6: 6 as const }[family ?? ''];
    if (version === undefined) throw new Error(`family ${family}`);
    return readRuleWords(words, version).replace(/ suppress_prefixlength 0(?= |$)/, '');
  });
}
