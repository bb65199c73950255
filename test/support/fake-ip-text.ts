// What iproute2 6.1.0 prints for the objects of a FakeKernel, in the forms that the agent asks for: `-d -o link`, `-o addr`,
// `-o route show table all`, `rule`, `route get`. Checked against recorded output of the real one.
import { type Cidr, networkAddress, parseIp, prefixLengthOf } from '../../agent/model/address.ts';
import type { FakeKernel } from './fake-kernel.ts';
import {
  type FakeAddress,
  type FakeLink,
  type FakeRoute,
  type FakeRule,
  IpRefusal,
  mainTable,
} from './fake-kernel-objects.ts';
import { routeOfPacket } from './fake-routing.ts';

const tableNames: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };

export function linkLines(kernel: FakeKernel, only?: string): readonly string[] {
  return kernel.links.filter(l => l.name === (only ?? l.name)).map(l => linkLine(l, kernel));
}

function linkLine(l: FakeLink, kernel: FakeKernel): string {
  const peer = l.peer === undefined ? '' : `@${l.peer}`;
  const loopback = l.mac === undefined;
  const flags = loopback ? 'LOOPBACK,UP,LOWER_UP' : `BROADCAST,MULTICAST${l.up ? ',UP,LOWER_UP' : ''}`;
  const state = loopback ? 'UNKNOWN' : l.up ? 'UP' : 'DOWN';
  const ether = loopback
    ? 'link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00'
    : `link/ether ${l.mac} brd ff:ff:ff:ff:ff:ff`;
  const limits = loopback ? 'minmtu 0 maxmtu 0' : 'minmtu 68 maxmtu 65535';
  const kind = l.kind === undefined ? '' : `\\    ${l.kind} `;
  const queues = loopback ? 1 : 2;
  const tail =
    `addrgenmode ${loopback ? 'eui64' : 'none'} numtxqueues ${queues} numrxqueues ${queues} ` +
    'gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 ';
  const discipline = loopback || l.up || kernel.addresses.some(a => a.link === l.name) ? 'noqueue' : 'noop';
  const altNames = (l.altNames ?? []).map(n => `\\    altname ${n}`).join('');
  const master = l.master === undefined ? '' : ` master ${l.master}`;
  return (
    `${l.index}: ${l.name}${peer}: <${flags}> mtu ${l.mtu} qdisc ${discipline}${master} state ${state} mode DEFAULT group ` +
    `${l.group === 0 ? 'default' : l.group} qlen 1000\\    ${ether} promiscuity 0  allmulti 0 ${limits} ${kind}${tail}${altNames}`
  );
}

/** By link; IPv4 before IPv6; of IPv4 the secondary ones last, of IPv6 the newest first. */
export function addressLines(kernel: FakeKernel, family?: 4 | 6): readonly string[] {
  return kernel.links.flatMap(link => {
    const own = kernel.addresses.filter(a => a.link === link.name);
    const four = own.filter(a => a.family === 4);
    const [first, later] = [false, true].map(second => four.filter(a => kernel.isSecondary(a) === second));
    const six = own.filter(a => a.family === 6).reverse();
    const shown = [...first!, ...later!, ...six].filter(a => a.family === (family ?? a.family));
    return shown.map(a => addressLine(a, link, kernel));
  });
}

function addressLine(a: FakeAddress, link: FakeLink, kernel: FakeKernel): string {
  const broadcast = a.broadcast === undefined ? '' : ` brd ${a.broadcast}`;
  const flags = [
    ...(a.family === 4 && kernel.isSecondary(a) ? ['secondary'] : []),
    ...(a.dynamic ? ['dynamic'] : []),
    ...(a.tentative ? ['tentative'] : []),
    ...(a.nodad ? ['nodad'] : []),
    ...a.flags,
  ];
  const words = [
    `${link.index}: ${link.name}    inet${a.family === 4 ? '' : '6'} ${a.ip}/${a.prefixLength}${broadcast}`,
    `scope ${a.scope}`,
    ...flags,
    ...(a.family === 4 ? [link.name] : []),
  ];
  const lifetime = a.dynamic ? `${a.lifetime}sec` : 'forever';
  return `${words.join(' ')}${a.family === 4 ? '' : ' '}\\       valid_lft ${lifetime} preferred_lft ${lifetime}`;
}

/** `route show table all` of one family, table local included. */
export function routeLines(kernel: FakeKernel, family: 4 | 6): readonly string[] {
  const all = kernel.routes.filter(r => r.family === family);
  const elsewhere = all.filter(r => r.table !== mainTable);
  const main = all.filter(r => r.table === mainTable);
  return [...elsewhere, ...main].map(routeLine).concat(localRoutes(kernel, family));
}

export function routeLine(r: FakeRoute): string {
  const type = r.type === 'unicast' ? '' : `${r.type} `;
  const words = [
    `${type}${target(r.destination)}`,
    ...(r.gateway === undefined ? [] : [`via ${r.gateway}`]),
    ...(r.link === undefined ? [] : [`dev ${r.link}`]),
    ...(r.table === mainTable ? [] : [`table ${tableNames[r.table] ?? r.table}`]),
    ...(r.protocol === undefined ? [] : [`proto ${r.protocol}`]),
    ...(r.family === 4 && r.gateway === undefined && r.type === 'unicast' ? ['scope link'] : []),
    ...(r.src === undefined ? [] : [`src ${r.src}`]),
    ...(r.metric === undefined ? [] : [`metric ${r.metric}`]),
    ...(r.onLink ? ['onlink'] : []),
    ...(r.expires === undefined ? [] : ['expires', `${r.expires}sec`]),
    ...(r.family === 6 ? ['pref medium'] : []),
  ];
  return `${words.join(' ')}${r.family === 4 ? ' ' : ''}`;
}

/** `192.0.2.0/24`, `192.0.2.1` for a host, `default`. */
function target(destination: Cidr): string {
  if (prefixLengthOf(destination) === 0) return 'default';
  return selector(destination);
}

function selector(cidr: Cidr): string {
  const address = networkAddress(cidr);
  return prefixLengthOf(cidr) === (address.includes(':') ? 128 : 32) ? address : cidr;
}

function localRoutes(kernel: FakeKernel, family: 4 | 6): readonly string[] {
  return kernel.addresses
    .filter(a => a.family === family)
    .map(a =>
      family === 4
        ? `local ${a.ip} dev ${a.link} table local proto kernel scope host src ${a.ip} `
        : `local ${a.ip} dev ${a.link} table local proto kernel metric 0 pref medium`,
    );
}

export function ruleLines(kernel: FakeKernel, family: 4 | 6): readonly string[] {
  return kernel.rules.filter(r => r.family === family).map(r => ruleLine(kernel, r));
}

/** As the kernel tells it of a link that has gone, or has got another name. */
function ruleLine({ links }: FakeKernel, r: FakeRule): string {
  const isThere = links.some(l => l.name === r.oif);
  const words = [
    `from ${r.from === undefined ? 'all' : selector(r.from)}`,
    ...(r.to === undefined ? [] : [`to ${selector(r.to)}`]),
    ...(r.selectors === undefined ? [] : [r.selectors]),
    ...(r.iif === undefined ? [] : [`iif ${r.iif}`]),
    ...(r.oif === undefined ? [] : [`oif ${r.oif}${isThere ? '' : ' [detached]'}`]),
    `lookup ${tableNames[r.table] ?? r.table}`,
    ...(r.suppressPrefixLength === undefined ? [] : [`suppress_prefixlength ${r.suppressPrefixLength}`]),
    ...(r.suppressGroup === undefined ? [] : [`suppress_ifgroup ${r.suppressGroup}`]),
    ...(r.protocol === undefined ? [] : [`proto ${r.protocol}`]),
  ];
  return `${r.priority}:\t${words.join(' ')}`;
}

/** `-d route show`: type, table, protocol and scope are told where they go without saying. */
export function withRouteDetails(line: string): string {
  const typed = /^(unreachable|blackhole|local) /.test(line) ? line : `unicast ${line}`;
  const [head, scope] = typed.split(/ (?=scope )/);
  const words = [
    ...(/ table /.test(line) ? [] : ['table main']),
    ...(/ proto /.test(line) ? [] : ['proto boot']),
  ];
  return [head?.trimEnd(), ...words, scope ?? 'scope global '].join(' ');
}

/** `-d rule show`: a protocol for each rule. The three that a namespace begins with are the kernel's. */
export function withRuleDetails(line: string): string {
  if (/ proto /.test(line)) return line;
  return `${line} proto ${/^(0|32766|32767):/.test(line) ? 'kernel' : 'unspec'}`;
}

/** `route get`; undefined if the network is unreachable. */
export function routeGetText(kernel: FakeKernel, text: string): string | undefined {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`route get ${text} is not modelled`);
  const local = kernel.addresses.find(a => a.ip === ip);
  if (local !== undefined) return `local ${ip} dev lo table local src ${ip} uid 0 \n    cache <local> \n`;
  const route = kernel.lookUp(ip);
  if (route === undefined || route.type !== 'unicast') return undefined;
  const via = route.gateway === undefined ? '' : ` via ${route.gateway}`;
  const src = kernel.addresses.find(
    a => a.link === route.link && a.family === route.family && a.scope === 'global',
  );
  const source = route.src ?? src?.ip;
  const shown = source === undefined ? '' : ` src ${source}`;
  if (route.family === 6)
    return `${ip} from ::${via} dev ${route.link}${shown} metric ${route.metric} pref medium\n`;
  return `${ip}${via} dev ${route.link}${shown} uid 0 \n    cache \n`;
}

/**
 * `-o route get TARGET from SOURCE`: by the rules; undefined if the network is unreachable. IPv4 refuses a source that is no address of
 * this host. The words of a refusing route are those of Linux 6.18.
 */
export function routeGetFromText(kernel: FakeKernel, target: string, source: string): string | undefined {
  const isOwn = kernel.addresses.some(a => a.ip === source);
  const route = isOwn || source.includes(':') ? routeOfPacket(kernel, source, target) : undefined;
  if (route === undefined) return undefined;
  if (route.type !== 'unicast')
    throw new IpRefusal(
      `RTNETLINK answers: ${route.type === 'blackhole' ? 'Invalid argument' : 'No route to host'}`,
    );
  const via = route.gateway === undefined ? '' : ` via ${route.gateway}`;
  const table = route.table === mainTable ? '' : ` table ${route.table}`;
  const way = `${target} from ${source}${via} dev ${route.link}${table}`;
  if (route.family === 4) return `${way} uid 0 \\    cache \n`;
  return `${way} src ${source} metric ${route.metric ?? 1024} pref medium\n`;
}

/** `neigh show`. */
export function neighbourLines(kernel: FakeKernel): readonly string[] {
  return kernel.neighbours.map(
    n => `${n.ip} dev ${n.link} ${n.mac === undefined ? '' : `lladdr ${n.mac} `}${n.state} `,
  );
}
