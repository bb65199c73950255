// Debian's ifupdown (0.8.41) on a fake machine: ifup and ifdown read interfaces(5), and do what their `--no-act -v` says that
// they do. Measured: a plain link, one with several stanzas, DHCP, a link that has gone, a link that is up already.

import type { Ip } from '../../agent/model/address.ts';
import type { CommandResult } from '../../agent/system/system.ts';
import { type DhcpServer, obtainLease, releaseLease } from './fake-dhclient.ts';
import { flushAddresses, runIp, type Step } from './fake-ip.ts';
import { allOnes, UnknownCommand } from './fake-ip-words.ts';
import type { FakeKernel } from './fake-kernel.ts';
import { runShellLine } from './fake-shell.ts';

export interface IfupdownHost {
  readonly kernel: FakeKernel;
  readonly readFile: (path: string) => string | undefined;
  readonly writeFile: (path: string, content: string) => void;
  readonly listFolder: (path: string) => readonly string[];
  readonly dhcp: DhcpServer;
  readonly sysctl: (words: readonly string[]) => void;
  readonly step: Step;
}

interface Mapping {
  readonly patterns: readonly string[];
  readonly script: string;
  readonly maps: readonly (readonly string[])[];
}

interface Stanza {
  readonly logical: string;
  /** The link that it is for now. */
  readonly link: string;
  readonly method: string;
  readonly options: (readonly [key: string, value: string])[];
}

export const statePath = '/run/network/ifstate';

/** `ifup [--force] LINK`. Stops at the first line that fails. */
export function ifup(host: IfupdownHost, args: readonly string[]): CommandResult {
  const { link, logical: named, force } = parseArgs(args);
  const [all, mappings] = [readStanzas(host), readMappings(host)];
  if (!all.some(s => s.logical === named) && !mappings.some(m => m.patterns.includes(named)))
    return failure(`ifup: unknown interface ${named}`);
  const state = readState(host);
  if (state.has(link) && !force)
    return { exitCode: 0, stdout: '', stderr: `ifup: interface ${link} already configured\n` };
  const logical = mapped(host, link, named, mappings);
  if (logical === undefined) return failure(`ifup: error trying to executing mapping script on ${link}`);
  const stanzas = all.filter(s => s.logical === logical).map(s => ({ ...s, link }));
  if (stanzas.length === 0) {
    if (force) writeState(host, new Map([...state, [link, logical]]));
    return { exitCode: 0, stdout: '', stderr: `ifup: ignoring unknown interface ${link}=${logical}\n` };
  }
  for (const stanza of stanzas) {
    for (const act of upActions(host, stanza)) {
      const result = act();
      if (result.exitCode === 0) continue;
      // Measured: with --force on a link that the state file lists, ifup stops here all the same, and ends with 0.
      if (state.has(link)) return { ...result, exitCode: 0 };
      return failure(`${result.stderr}ifup: failed to bring up ${link}`);
    }
  }
  writeState(host, new Map([...state, [link, logical]]));
  return { exitCode: 0, stdout: '', stderr: '' };
}

/**
 * `ifdown [--force] LINK[=LOGICAL]`. Every line runs, whatever fails, and the end is 0. No mapping is asked: without --force the state file
 * says by which stanza the link is up, with it the name of the link is that of the stanza unless one is given.
 */
export function ifdown(host: IfupdownHost, args: readonly string[]): CommandResult {
  const { link, logical: named, force } = parseArgs(args);
  const state = readState(host);
  const all = readStanzas(host);
  const known =
    state.has(link) ||
    all.some(s => s.logical === named) ||
    readMappings(host).some(m => m.patterns.includes(named));
  if (!known) return failure(`ifdown: unknown interface ${named}`);
  const logical = force ? named : state.get(link);
  if (logical === undefined)
    return { exitCode: 0, stdout: '', stderr: `ifdown: interface ${link} not configured\n` };
  const stanzas = all.filter(s => s.logical === logical).map(s => ({ ...s, link }));
  const errors = stanzas.flatMap(s => downActions(host, s)).map(act => act().stderr);
  writeState(host, new Map([...state].filter(([name]) => name !== link)));
  return { exitCode: 0, stdout: '', stderr: errors.join('') };
}

/** `ifup -a`, as networking.service runs it at boot: every link that an `auto` line names; one that fails stops no other. */
export function ifupAll(host: IfupdownHost): void {
  const links = readLines(host).flatMap(line => (line[0] === 'auto' ? line.slice(1) : []));
  for (const link of links) if (!readState(host).has(link)) ifup(host, [link]);
}

/** Undefined where the script is not there: ifup fails then. Of scripts only the agent's own is modelled. */
function mapped(
  host: IfupdownHost,
  link: string,
  named: string,
  mappings: readonly Mapping[],
): string | undefined {
  let logical = named;
  for (const { patterns, script, maps } of mappings) {
    if (!patterns.includes(logical)) continue;
    const text = host.readFile(script);
    if (text === undefined) return undefined;
    if (!text.includes('/sys/class/net/$1/address')) throw new UnknownCommand(`mapping script ${script}`);
    const mac = host.kernel.links.find(l => l.name === link)?.mac;
    logical = maps.find(([wanted]) => wanted === mac)?.[1] ?? link;
  }
  return logical;
}

type Action = () => CommandResult;

function upActions(host: IfupdownHost, stanza: Stanza): readonly Action[] {
  const { link } = stanza;
  const ip =
    (...words: readonly string[]): Action =>
    () =>
      runIp(host.kernel, words, '', host.step);
  const mtu = option(stanza, 'mtu');
  const linkUp = ip('link', 'set', 'dev', link, ...(mtu === undefined ? [] : ['mtu', mtu]), 'up');
  const methods: Readonly<Record<string, () => readonly Action[]>> = {
    'inet loopback': () => [],
    'inet static': () => [ip('addr', 'add', ...inetWords(stanza)), linkUp, ...gatewayAction(host, stanza)],
    'inet6 static': () => [
      ...['accept_ra', 'autoconf'].flatMap(key => {
        const set = option(stanza, key);
        return set === undefined ? [] : [shell(host, `sysctl -q -e -w net.ipv6.conf.${link}.${key}=${set}`)];
      }),
      linkUp,
      ip('-6', 'addr', 'add', ...inet6Words(stanza)),
    ],
    'inet dhcp': () => [() => obtainLease(host, link)],
    'inet manual': () => [shell(host, `ip link set dev ${link} up 2>/dev/null || true`)],
    'inet6 manual': () => [shell(host, `ip link set dev ${link} up 2>/dev/null || true`)],
  };
  return [...hooks(host, stanza, 'pre-up'), ...method(methods, stanza), ...hooks(host, stanza, 'up')];
}

function downActions(host: IfupdownHost, stanza: Stanza): readonly Action[] {
  const { link } = stanza;
  const ip =
    (...words: readonly string[]): Action =>
    () =>
      runIp(host.kernel, words, '', host.step);
  const down = ip('link', 'set', 'dev', link, 'down');
  const flush =
    (family: 4 | 6): Action =>
    () =>
      flushAll(host, link, family);
  const quietDown = shell(host, `ip link set dev ${link} down 2>/dev/null || true`);
  const methods: Readonly<Record<string, () => readonly Action[]>> = {
    'inet loopback': () => [],
    'inet static': () => [ip('addr', 'del', ...inetWords(stanza)), flush(4), down],
    'inet6 static': () => [ip('-6', 'addr', 'del', ...inet6Words(stanza).slice(0, 3)), flush(6), down],
    'inet dhcp': () => [() => releaseLease(host, link), down],
    'inet manual': () => [flush(4), quietDown],
    'inet6 manual': () => [flush(6), quietDown],
  };
  return [...hooks(host, stanza, 'down'), ...method(methods, stanza)];
}

function method(methods: Readonly<Record<string, () => readonly Action[]>>, stanza: Stanza) {
  const actions = methods[stanza.method];
  if (actions === undefined) throw new UnknownCommand(`ifupdown: method ${stanza.method} is not modelled`);
  return actions();
}

function hooks(host: IfupdownHost, stanza: Stanza, key: 'pre-up' | 'up' | 'down'): readonly Action[] {
  return stanza.options.filter(([name]) => name === key).map(([, line]) => shell(host, line));
}

function shell(host: IfupdownHost, line: string): Action {
  return () => runShellLine(host, line);
}

function inetWords(stanza: Stanza): readonly string[] {
  const [ip = '', length] = (option(stanza, 'address') ?? '').split('/');
  const netmask = option(stanza, 'netmask');
  const bits = length === undefined ? maskLength(netmask) : Number(length);
  // Of a /32 too: `broadcast 172.31.40.11` for the address itself.
  const broadcast = allOnes(ip as Ip, bits);
  return [`${ip}/${bits}`, 'broadcast', broadcast, 'dev', stanza.link, 'label', stanza.link];
}

function inet6Words(stanza: Stanza): readonly string[] {
  const nodad = option(stanza, 'dad-attempts') === '0' ? ['nodad'] : [];
  return [option(stanza, 'address') ?? '', 'dev', stanza.link, ...nodad];
}

function gatewayAction(host: IfupdownHost, stanza: Stanza): readonly Action[] {
  const gateway = option(stanza, 'gateway');
  if (gateway === undefined) return [];
  return [shell(host, `ip route add default via ${gateway} dev ${stanza.link} onlink`)];
}

function flushAll(host: IfupdownHost, link: string, family: 4 | 6): CommandResult {
  if (!host.kernel.links.some(l => l.name === link)) return failure(`Device "${link}" does not exist.`);
  host.step(`ip -${family} addr flush dev ${link}`);
  flushAddresses(host.kernel, link, family);
  return { exitCode: 0, stdout: '', stderr: '' };
}

function maskLength(mask: string | undefined): number {
  if (mask === undefined) throw new UnknownCommand('ifupdown: an address without its length');
  const binary = mask.split('.').map(byte => Number(byte).toString(2).padStart(8, '0'));
  return binary.join('').replace(/0+$/, '').length;
}

function option(stanza: Stanza, key: string): string | undefined {
  return stanza.options.find(([name]) => name === key)?.[1];
}

function parseArgs(args: readonly string[]) {
  const names = args.filter(a => a !== '--force');
  if (names.length !== 1 || names[0]!.startsWith('-')) throw new UnknownCommand(`ifup ${args.join(' ')}`);
  const [link = '', logical = link] = names[0]!.split('=');
  return { link, logical, force: args.includes('--force') };
}

/** Words of all lines of the interfaces tree, in the order in which ifupdown reads them. */
function readLines(host: IfupdownHost, path = '/etc/network/interfaces'): readonly (readonly string[])[] {
  const lines = (host.readFile(path) ?? '').split('\n').map(l => l.trim());
  return lines
    .filter(l => l !== '' && !l.startsWith('#'))
    .flatMap(line => {
      const [word = '', pattern = ''] = line.split(/\s+/);
      if (word !== 'source' && word !== 'source-directory') return [[word, ...line.split(/\s+/).slice(1)]];
      const folder = pattern.replace(/\/\*$/, '');
      const names = host.listFolder(folder).filter(n => !n.startsWith('.'));
      const read = word === 'source' ? names : names.filter(n => /^[a-zA-Z0-9_-]+$/.test(n));
      return read.flatMap(name => readLines(host, `${folder}/${name}`));
    });
}

function readStanzas(host: IfupdownHost): readonly Stanza[] {
  const stanzas: Stanza[] = [];
  for (const [word = '', ...rest] of readLines(host)) {
    if (word === 'auto' || word.startsWith('allow-') || /^(mapping|script|map)$/.test(word)) continue;
    const [name = ''] = rest;
    if (word !== 'iface') stanzas.at(-1)?.options.push([word, rest.join(' ')]);
    else stanzas.push({ logical: name, link: name, method: `${rest[1]} ${rest[2]}`, options: [] });
  }
  return stanzas;
}

function readMappings(host: IfupdownHost): readonly Mapping[] {
  const mappings: { patterns: string[]; script: string; maps: string[][] }[] = [];
  for (const [word, ...rest] of readLines(host)) {
    if (word === 'mapping') mappings.push({ patterns: rest, script: '', maps: [] });
    else if (word === 'script') mappings.at(-1)!.script = rest.join(' ');
    else if (word === 'map') mappings.at(-1)!.maps.push(rest);
  }
  return mappings;
}

/** Link to logical name. */
function readState(host: IfupdownHost): ReadonlyMap<string, string> {
  const lines = (host.readFile(statePath) ?? '').split('\n').filter(l => l !== '');
  return new Map(lines.map(line => line.split('=') as [string, string]));
}

function writeState(host: IfupdownHost, state: ReadonlyMap<string, string>): void {
  // Sorted, unlike the real one, so that two machines can be compared.
  const lines = [...state].map(([link, logical]) => `${link}=${logical}\n`);
  host.writeFile(statePath, lines.sort().join(''));
}

function failure(stderr: string): CommandResult {
  return { exitCode: 1, stdout: '', stderr: `${stderr}\n` };
}
