// Hostile hosts: the files of each backend as the fuzz has them, those of a whole machine, links and what `ip` says of them, with hostile words and names.
import { type BackendName, backendNames } from '../../../agent/model/host.ts';
import type { Instance } from '../../../agent/model/instance.ts';
import { recordedInstance } from '../../support/recorded-instances.ts';
import type { Random } from '../random.ts';
import { corpusOf, partsOf } from '../target.ts';
import { hostTargets } from '../targets/host.ts';
import { mark, spoilt } from './marks.ts';

export interface HostileHost {
  readonly backend: BackendName;
  /** Path or `$ COMMAND` to text. */
  readonly parts: ReadonlyMap<string, string>;
}

/** The files of each backend as the fuzz has them, and those of a whole machine. */
const files = new Map(backendNames.map(backend => [backend, textsOf(`files-${backend}`)]));
const machines = textsOf('probes');

function textsOf(name: string): readonly string[] {
  const target = hostTargets.find(one => one.name === name)!;
  return [...corpusOf(target).values()].filter(text => text.length < 8192 && text.includes('@@ /'));
}

export const instance = (await recordedInstance('aws/two-enis')) as Instance;

/** Words that a kernel takes for the name of a link, and that no file may have. */
export const linkNames = [
  `e;${mark}`,
  `$(${mark})`,
  `"${mark}"`,
  `\u0007${mark}`,
  `-${mark}`,
  `.${mark}`,
  `a'b${mark}`,
  'eth1',
  'eth1',
  'eth1',
];

export function hostileHost(random: Random): HostileHost {
  const backend = random.of(backendNames);
  const share = random.of([20, 8, 3]);
  const parts = new Map<string, string>();
  for (const [name, text] of [
    ...partsOf(random.of(machines), '/x'),
    ...partsOf(random.of(files.get(backend)!), '/x'),
  ]) {
    const words = text.split(/([\s=:,;"'[\]{}]+)/);
    const spoiltText = words.map(word => (random.number(share) === 0 ? spoilt(word, random) : word)).join('');
    const at = name.lastIndexOf('/') + 1;
    // A name of a file that is a command, a line or a sequence; never another folder.
    const isFile =
      name.startsWith('/') &&
      /\.d\/|system-connections\/|ifcfg-|netplan\//.test(name) &&
      random.number(12) === 0;
    const hostileName = spoilt(name.slice(at), random).replaceAll('/', '_').replaceAll('\0', '');
    parts.set(isFile ? name.slice(0, at) + hostileName : name, spoiltText);
  }
  for (const [command, text] of answersOf(listing(random))) parts.set(`$ ${command}`, text);
  return { backend, parts };
}

const rules = '0:\tfrom all lookup local\n';
const loopback = '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN\n';

/** In one batch, and each alone: where an alias has a line end, the batch cannot be read. */
function answersOf(links: string): readonly (readonly [string, string])[] {
  return [
    ['ip -4 -o -d -batch -', rules + links],
    ['ip -6 -o -batch -', rules + loopback],
    ['ip -d -o link show', links],
    ...[4, 6].flatMap(family => [
      [`ip -${family} rule show`, rules] as const,
      [`ip -${family} -o addr show`, ''] as const,
      [`ip -${family} -o route show table all`, ''] as const,
    ]),
  ];
}

/** The links of the machine: each MAC of the instance, one with a hostile name, alias, driver or master. */
function listing(random: Random): string {
  const [primary, ...others] = instance.enis;
  const link = (name: string, at: number, mac: string) =>
    `${at}: ${name}: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000\\    link/ether ${mac} brd ff:ff:ff:ff:ff:ff promiscuity 0 \\    altname ${random.of(linkNames)}\\    alias ${spoilt('x', random)}\n`;
  const lines = [
    link('eth0', 2, primary!.mac),
    ...others.map((eni, at) => link(random.of(linkNames), 3 + at, eni.mac)),
  ];
  return `${lines.join('')}${loopback}`;
}
