// The program `ip` (iproute2 6.1.0) on a FakeKernel: the part of its grammar that this project uses. A word that is not
// modelled throws UnknownCommand, which no test should ever see.
import { type Cidr, type Family, familyOf, parseIp } from '../../agent/model/address.ts';
import type { CommandResult } from '../../agent/system/system.ts';
import {
  addressLines,
  linkLines,
  neighbourLines,
  routeGetFromText,
  routeGetText,
  routeLine,
  routeLines,
  ruleLines,
  withRouteDetails,
  withRuleDetails,
} from './fake-ip-text.ts';
import { address, allOnes, lengthOfMask, network, readWords, tableNumber, unknown } from './fake-ip-words.ts';
import type { FakeKernel } from './fake-kernel.ts';
import { type FakeRoute, type FakeRule, IpRefusal, mainTable } from './fake-kernel-objects.ts';

/** Called before each single change of the kernel, with the words that make it. May throw: then it is not made. */
export type Step = (words: string) => void;

interface IpCall {
  readonly family: Family | undefined;
  readonly details: boolean;
  readonly force: boolean;
  readonly batch: boolean;
  readonly words: readonly string[];
}

const verbsThatLook = new Set(['show', 'list', 'get']);

/** True if the command line only looks; a batch, if each of its lines does. */
export function onlyLooks(args: readonly string[], input = ''): boolean {
  const { batch, words } = parseCall(args);
  const looks = (line: readonly string[]) => line.length === 0 || verbsThatLook.has(line[1] ?? 'show');
  return batch ? input !== '' && batchLines(input).every(looks) : looks(words);
}

export function runIp(
  kernel: FakeKernel,
  args: readonly string[],
  input = '',
  step: Step = () => undefined,
): CommandResult {
  if (args[0] === '-V') return success('ip utility, iproute2-6.1.0, libbpf 1.1.2\n');
  const call = parseCall(args);
  if (!call.batch) return runLine(kernel, call.words, call, step);
  const lines = batchLines(input);
  const errors: string[] = [];
  let [stdout, exitCode] = ['', 0];
  for (const [index, line] of lines.entries()) {
    const result = runLine(kernel, line, call, step);
    stdout += result.stdout;
    if (result.exitCode === 0) continue;
    exitCode = 1;
    errors.push(`${result.stderr}Command failed -:${index + 1}\n`);
    if (!call.force) break;
  }
  return { exitCode, stdout, stderr: errors.join('') };
}

function parseCall(args: readonly string[]): IpCall {
  const options = args.filter(a => a.startsWith('-') && a !== '-');
  const batch = options.includes('-batch');
  for (const option of options)
    if (!['-4', '-6', '-o', '-d', '-force', '-batch'].includes(option)) throw unknown(`option ${option}`);
  if (batch && args.at(-1) !== '-') throw unknown('a batch from a file');
  return {
    family: options.includes('-6') ? 6 : options.includes('-4') ? 4 : undefined,
    details: options.includes('-d'),
    force: options.includes('-force'),
    batch,
    words: args.filter(a => !a.startsWith('-')),
  };
}

function batchLines(input: string): readonly (readonly string[])[] {
  const lines = input.split('\n').filter(line => line.trim() !== '');
  return lines.map(line => line.trim().split(/\s+/));
}

function runLine(
  kernel: FakeKernel,
  words: readonly string[],
  { family, details }: IpCall,
  step: Step,
): CommandResult {
  const [object = '', verb = 'show', ...rest] = words;
  const change = (make: () => void) => {
    step(`ip${family === undefined ? '' : ` -${family}`} ${words.join(' ')}`);
    make();
    return '';
  };
  try {
    switch (object) {
      case 'link':
        return success(runLink(kernel, verb, rest, change));
      case 'addr':
        return success(runAddress(kernel, verb, rest, family, change));
      case 'route':
        return success(runRoute(kernel, verb, rest, { family, details }, change));
      case 'rule':
        return success(runRule(kernel, verb, rest, { family: family ?? 4, details }, change));
      case 'neigh':
        return success(runNeighbour(kernel, verb, rest, change));
      default:
        throw unknown(`object ${object}`);
    }
  } catch (error) {
    if (!(error instanceof IpRefusal)) throw error;
    return { exitCode: error.exitCode, stdout: '', stderr: `${error.message}\n` };
  }
}

type Change = (make: () => void) => string;

function linkProperty(kernel: FakeKernel, words: readonly string[], change: Change): string {
  // The exit code of a real one is 255, which nobody asks for.
  if (!kernel.hasAltNames) throw new IpRefusal('Command "property" is unknown, try "ip link help".');
  const [verb, dev, name = '', what, altName = ''] = words;
  if (dev !== 'dev' || what !== 'altname') throw unknown(`link property ${words.join(' ')}`);
  const names = (of: FakeKernel['links'][number]) => [of.name, ...(of.altNames ?? [])];
  const link = kernel.links.find(l => names(l).includes(name));
  if (link === undefined) throw new IpRefusal(`Cannot find device "${name}"`, 1);
  return change(() => {
    if (verb === 'add' && kernel.links.some(l => names(l).includes(altName)))
      throw new IpRefusal('RTNETLINK answers: File exists');
    const others = (link.altNames ?? []).filter(n => n !== altName);
    link.altNames = verb === 'add' ? [...others, altName] : others;
  });
}

function runLink(kernel: FakeKernel, verb: string, rest: readonly string[], change: Change): string {
  if (verb === 'show' && ['', 'lo', 'dev lo'].includes(rest.join(' ')))
    return text(linkLines(kernel, rest.at(-1)));
  if (verb === 'property') return linkProperty(kernel, rest, change);
  if (verb !== 'set') throw unknown(`link ${verb} ${rest.join(' ')}`);
  const { values, flags } = readWords(rest, ['dev', 'mtu', 'group'], ['up', 'down']);
  const up = flags.has('up') ? true : flags.has('down') ? false : undefined;
  const mtu = values.get('mtu');
  return change(() =>
    kernel.setLink(values.get('dev') ?? '', {
      ...(up === undefined ? {} : { up }),
      ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
      ...(values.has('group') ? { group: Number(values.get('group')) } : {}),
    }),
  );
}

function runAddress(
  kernel: FakeKernel,
  verb: string,
  rest: readonly string[],
  family: Family | undefined,
  change: Change,
): string {
  if (verb === 'show' && rest.length === 0) return text(addressLines(kernel, family));
  if (verb === 'flush') {
    const { values } = readWords(rest, ['dev'], ['mngtmpaddr']);
    const link = values.get('dev') ?? '';
    kernel.link(link);
    // Temporary addresses of IPv6 do not exist here.
    return rest.includes('mngtmpaddr') ? '' : change(() => flushAddresses(kernel, link, 4));
  }
  const [address = '', ...options] = rest;
  const [ipText = '', length = ''] = address.split('/');
  const ip = parseIp(ipText);
  if (ip === undefined)
    throw new IpRefusal(`Error: any valid prefix is expected rather than "${address}".`, 1);
  const prefixLength = /^\d+$/.test(length) ? Number(length) : lengthOfMask(length);
  const { values, flags } = readWords(
    options,
    ['dev', 'broadcast', 'brd', 'label', 'valid_lft', 'preferred_lft'],
    ['nodad', 'dynamic', 'noprefixroute', 'mngtmpaddr'],
  );
  const link = values.get('dev') ?? '';
  if (verb === 'del') return change(() => kernel.deleteAddress(link, ip, prefixLength));
  if (verb !== 'add' && verb !== 'replace') throw unknown(`addr ${verb}`);
  const given = values.get('broadcast') ?? values.get('brd');
  // `+` sets the host bits; of a /32 there are none, and the kernel then shows no broadcast address.
  const broadcast = given !== '+' ? given : prefixLength === 32 ? undefined : allOnes(ip, prefixLength);
  const valid = values.get('valid_lft');
  const isLimited = valid !== undefined && valid !== 'forever';
  const words = {
    link,
    ip,
    prefixLength,
    broadcast,
    nodad: flags.has('nodad'),
    dynamic: flags.has('dynamic') || isLimited,
    flags: ['noprefixroute', 'mngtmpaddr'].filter(flag => flags.has(flag)),
    ...(isLimited ? { lifetime: Number(valid) } : {}),
  };
  return change(() => (verb === 'add' ? kernel.addAddress(words) : kernel.replaceAddress(words)));
}

export function flushAddresses(kernel: FakeKernel, link: string, family: Family): void {
  for (;;) {
    const first = kernel.addresses.find(a => a.link === link && a.family === family && a.scope === 'global');
    if (first === undefined) return;
    kernel.deleteAddress(link, first.ip, first.prefixLength);
  }
}

function runRoute(
  kernel: FakeKernel,
  verb: string,
  rest: readonly string[],
  { family, details }: Pick<IpCall, 'family' | 'details'>,
  change: Change,
): string {
  if (verb === 'get' && (rest.length === 1 || rest[1] === 'from')) {
    const [target, , source] = rest;
    const found =
      source === undefined ? routeGetText(kernel, target!) : routeGetFromText(kernel, target!, source);
    if (found === undefined) throw new IpRefusal('RTNETLINK answers: Network is unreachable');
    return found;
  }
  if (verb === 'show') {
    if (rest.join(' ') === 'table all') {
      const lines = routeLines(kernel, family ?? 4);
      return text(details ? lines.map(withRouteDetails) : lines);
    }
    if (rest.join(' ') !== 'default') throw unknown(`route show ${rest.join(' ')}`);
    const defaults = kernel.routes.filter(
      r => r.family === (family ?? 4) && r.table === mainTable && r.destination.endsWith('/0'),
    );
    return text(defaults.map(routeLine));
  }
  if (verb === 'flush') {
    const { values } = readWords(rest, ['table', 'dev'], []);
    return change(() => kernel.flushRoutes(family ?? 4, Number(values.get('table')), values.get('dev')));
  }
  const route = readRoute(rest, family);
  if (verb === 'del') return change(() => kernel.deleteRoute(route));
  if (verb !== 'add' && verb !== 'replace') throw unknown(`route ${verb}`);
  return change(() => kernel.addRoute(route, verb === 'replace'));
}

function readRoute(rest: readonly string[], family: Family | undefined) {
  const typed = rest[0] === 'unreachable' || rest[0] === 'blackhole';
  const type: FakeRoute['type'] = typed ? (rest[0] as FakeRoute['type']) : 'unicast';
  const [target = '', ...options] = typed ? rest.slice(1) : rest;
  const { values, flags } = readWords(
    options,
    ['via', 'dev', 'table', 'proto', 'metric', 'src', 'scope', 'pref', 'expires'],
    ['onlink'],
  );
  const gateway = values.get('via') === undefined ? undefined : address(values.get('via')!);
  const ofDefault = family ?? (gateway === undefined ? 4 : familyOf(gateway));
  const destination =
    target === 'default' ? ((ofDefault === 4 ? '0.0.0.0/0' : '::/0') as Cidr) : network(target);
  const metric = values.get('metric');
  return {
    type,
    destination,
    gateway,
    link: values.get('dev'),
    table: tableNumber(values.get('table') ?? 'main'),
    protocol: values.get('proto') === 'boot' ? undefined : values.get('proto'),
    metric: metric === undefined ? undefined : Number(metric),
    src: values.get('src') === undefined ? undefined : address(values.get('src')!),
    onLink: flags.has('onlink'),
    expires: values.has('expires') ? Number(values.get('expires')) : undefined,
  };
}

function runRule(
  kernel: FakeKernel,
  verb: string,
  rest: readonly string[],
  { family, details }: { readonly family: Family; readonly details: boolean },
  change: Change,
): string {
  if (verb === 'show' && rest.length === 0) {
    const lines = ruleLines(kernel, family);
    return text(details ? lines.map(withRuleDetails) : lines);
  }
  if (verb !== 'add' && verb !== 'del') throw unknown(`rule ${verb}`);
  const { values } = readWords(
    rest,
    [
      ...['from', 'to', 'iif', 'oif', 'lookup', 'priority', 'protocol', 'fwmark'],
      ...['suppress_prefixlength', 'suppress_ifgroup'],
    ],
    [],
  );
  const [from, to, lookup, priority, mark] = ['from', 'to', 'lookup', 'priority', 'fwmark'].map(name =>
    values.get(name),
  );
  const number = (name: string) => (values.has(name) ? Number(values.get(name)) : undefined);
  const rule = {
    family,
    from: from === undefined || from === 'all' ? undefined : network(from),
    to: to === undefined ? undefined : network(to),
    iif: values.get('iif'),
    oif: values.get('oif'),
    suppressPrefixLength: number('suppress_prefixlength'),
    suppressGroup: number('suppress_ifgroup'),
    protocol: values.get('protocol'),
    selectors:
      mark === undefined
        ? undefined
        : `fwmark ${mark
            .split('/')
            .map(n => `0x${Number(n).toString(16)}`)
            .join('/')}`,
    ...(priority === undefined ? {} : { priority: Number(priority) }),
    ...(lookup === undefined ? {} : { table: tableNumber(lookup) }),
  };
  if (verb === 'del') return change(() => kernel.deleteRule(rule));
  if (priority === undefined || lookup === undefined) throw unknown('a rule without priority or table');
  return change(() => kernel.addRule(rule as typeof rule & Pick<FakeRule, 'priority' | 'table'>));
}

function runNeighbour(kernel: FakeKernel, verb: string, rest: readonly string[], change: Change): string {
  if (verb === 'show' && rest.length === 0) return text(neighbourLines(kernel));
  if (verb !== 'replace') throw unknown(`neigh ${verb} ${rest.join(' ')}`);
  const { values } = readWords(rest.slice(1), ['dev', 'lladdr', 'nud'], []);
  const [ip, link] = [address(rest[0] ?? ''), values.get('dev') ?? ''];
  kernel.link(link);
  const [mac, state] = [values.get('lladdr'), values.get('nud')?.toUpperCase() ?? 'PERMANENT'];
  return change(() => {
    kernel.neighbours = kernel.neighbours.filter(n => n.ip !== ip || n.link !== link);
    kernel.neighbours.push({ ip, link, mac, state });
  });
}

function success(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' };
}

function text(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('');
}
