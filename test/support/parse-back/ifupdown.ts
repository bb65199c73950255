// Reads our ifupdown files as ifup -a at boot would: interfaces(5), the inet and inet6 methods, and the hooks of dhclient.
import { parseIp } from '../../../agent/model/address.ts';
import type { HostFacts } from '../../../agent/model/host.ts';
import { addressKey } from '../../../agent/model/kernel-state.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { readRouteWords } from './ip-script.ts';
import { type KernelLines, kernelLines, leakedDefault } from './kernel-lines.ts';
import { ShellState } from './shell-lines.ts';

interface Stanza {
  readonly logical: string;
  readonly family: string;
  readonly method: string;
  readonly options: readonly (readonly [key: string, value: string])[];
}

/** Addresses, routes and rules of one link after ifup. */
export function parseBack(files: readonly RenderedFile[], link: string, facts: HostFacts): KernelLines {
  const read = files.filter(f => f.path.startsWith('/etc/network/interfaces.d/'));
  const logical = logicalName(files, read, link);
  const stanzas = read.flatMap(f => parseInterfaces(f.content)).filter(s => s.logical === logical);
  const started = read.some(f => f.content.split('\n').includes(`auto ${link}`));
  const shell = new ShellState(link);
  const addresses: string[] = [];
  const routes: string[] = [];
  for (const stanza of started ? stanzas : []) {
    const value = (key: string) => stanza.options.find(([k]) => k === key)?.[1];
    const lines = (key: string) => stanza.options.filter(([k]) => k === key).map(([, v]) => v);
    for (const line of lines('pre-up')) shell.run(line);
    if (stanza.method === 'static') addresses.push(addressOf(stanza, link, facts));
    else if (stanza.method === 'dhcp' && !leaseIsTamed(files, link)) routes.push(leakedDefault('dhcp', link));
    else if (stanza.method !== 'dhcp' && stanza.method !== 'manual')
      throw new Error(`method ${stanza.method}`);
    const gateway = value('gateway');
    if (gateway !== undefined)
      routes.push(
        readRouteWords(['default', 'via', gateway, 'dev', link], stanza.family === 'inet6' ? 6 : 4, link),
      );
    for (const line of lines('up')) shell.run(line);
  }
  return kernelLines({ addresses, routes: [...routes, ...shell.routes], rules: shell.rules });
}

/** The stanza that the mapping of this link leads to; its script has to be there and executable, and nothing else may have its name. */
function logicalName(files: readonly RenderedFile[], read: readonly RenderedFile[], link: string): string {
  const lines = read.flatMap(f => f.content.split('\n')).map(l => l.trim().split(' '));
  const at = lines.findIndex(([word, name]) => word === 'mapping' && name === link);
  const [script, map] = [lines[at + 1], lines[at + 2]];
  const file = files.find(f => f.path === script?.[1]);
  if (at < 0 || script?.[0] !== 'script' || map?.[0] !== 'map' || file?.mode !== 0o755)
    throw new Error(`no mapping for ${link}`);
  if (lines.some(([word, name]) => word === 'iface' && name === link))
    throw new Error(`a stanza of ours goes by the name ${link}`);
  return map[2]!;
}

export function parseInterfaces(text: string): readonly Stanza[] {
  const stanzas: { logical: string; family: string; method: string; options: [string, string][] }[] = [];
  for (const line of text.split('\n').map(l => l.trim())) {
    // A comment has a line of its own; behind an option it would be part of the value.
    if (line === '' || line.startsWith('#')) continue;
    const [word = '', ...rest] = line.split(/\s+/);
    if (/^(auto|mapping|script|map)$/.test(word)) continue;
    if (word === 'iface') {
      const [logical = '', family = '', method = ''] = rest;
      stanzas.push({ logical, family, method, options: [] });
    } else {
      stanzas.at(-1)?.options.push([word, line.slice(word.length).trim()]);
    }
  }
  return stanzas;
}

function addressOf(stanza: Stanza, link: string, facts: HostFacts): string {
  const get = (key: string) => stanza.options.find(([k]) => k === key)?.[1];
  const [text = '', length] = (get('address') ?? '').split('/');
  if (length !== undefined && facts.versions.ifupdown?.startsWith('0.7'))
    throw new Error('ifupdown 0.7 reads no length behind an address');
  const ip = parseIp(text);
  const mask = length ?? get('netmask');
  if (ip === undefined || mask === undefined)
    throw new Error(`no address or netmask: ${JSON.stringify(stanza)}`);
  if (ip.includes(':') !== (stanza.family === 'inet6')) throw new Error(`${ip} in a stanza ${stanza.family}`);
  return addressKey({ link, ip, prefixLength: mask.includes('.') ? bitsOf(mask) : Number(mask) });
}

function bitsOf(mask: string): number {
  const bits = mask.split('.').map(n => Number(n).toString(2).padStart(8, '0'));
  return bits.join('').replace(/0+$/, '').length;
}

/** dhclient-script sources the hook; without the unset, the router of the lease becomes main's default. */
function leaseIsTamed(files: readonly RenderedFile[], link: string): boolean {
  const hook = files.find(f => /^\/etc\/dhcp\/dhclient-enter-hooks\.d\/[a-zA-Z0-9_-]+$/.test(f.path));
  const block = /case "\$eni_agent_link" in\n(.*)\)\n([\s\S]*?);;\nesac/.exec(hook?.content ?? '');
  const unset = ['routers', 'rfc3442_classless_static_routes', 'static_routes'];
  return (
    block?.[1]?.split('|').some(words => words.startsWith(`"${link} `)) === true &&
    unset.every(name => block[2]?.split(/\s+/).includes(`new_${name}`))
  );
}
