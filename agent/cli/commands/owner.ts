// `eni-agent owner LINK`: whose a link is, and what says so.
import path from 'node:path';
import { isMissingSource } from '../../../renderers/ifupdown/claims.ts';
import { renderers } from '../../../renderers/registry.ts';
import { AgentError } from '../../errors.ts';
import { parseMac } from '../../model/address.ts';
import { type BackendName, backendNames } from '../../model/host.ts';
import { findOwner, type Ownership } from '../../owner/find-owner.ts';
import { claimText } from '../../pass/claims-on.ts';
import { lookOnly } from '../../system/look-only.ts';
import { mounted } from '../../system/mounted.ts';
import { textOption } from '../args.ts';
import { type CliCommand, type CommandContext, exitCodes, type OptionValues } from '../command.ts';
import { bold, describeNotRead } from '../describe.ts';
import { fold } from '../layout.ts';

export const owner: CliCommand = {
  name: 'owner',
  summary: 'show whose a link is: who configures it, by which line of which file',
  description: `
Answers for one link what every pass asks: does somebody else configure it? If so, eni-agent leaves
it alone. The files are read as the network service of this machine reads them: by the name of the
link, its MAC, its other names, and whatever else they can match.

The answer is "eni-agent", "other", "image" (only a catch-all that the image has for every NIC: the
agent takes that over) or "none". Each line of evidence names the file and the line.

With --root it reads the files below a folder, such as a mounted image or an unpacked report. Then
no service is asked, and the MAC has to be named where files match by it.
Changes nothing.

Backends: ${backendNames.join(', ')}.`,
  argument: { value: 'LINK', required: true, help: 'name of the link, such as eth1' },
  options: {
    root: { type: 'string', value: 'DIR', choices: 'folders', help: 'read the files below DIR' },
    backend: {
      type: 'string',
      value: 'NAME',
      choices: backendNames,
      help: 'the backend; default: the one that is recognised',
    },
    mac: { type: 'string', value: 'MAC', help: 'the MAC; default: what the kernel says' },
  },
  examples: [
    'eni-agent owner eth1',
    'eni-agent owner eth1 --json | jq .claims',
    'eni-agent owner eth1 --root /mnt --mac 02:00:00:00:00:02',
  ],
  needsRoot: false,
  async run(context, values) {
    const root = textOption(values, 'root');
    const { system, denied } = lookOnly(context.system);
    if (root !== undefined) await mustBeFolder(context, root);
    const found = await findOwner(root === undefined ? system : mounted(system, path.resolve(root)), {
      link: linkOf(values),
      mac: macOf(values),
      backend: backendOf(values),
      offline: root !== undefined,
    });
    if (context.json) context.print(`${JSON.stringify(ownerJson(found, denied()), null, 2)}\n`);
    else
      context.print(
        `${fold([...describeOwner(found, context, root !== undefined), ...describeNotRead(denied())], context).join('\n')}\n`,
      );
    return exitCodes.done;
  },
};

function ownerJson(found: Ownership, notRead: readonly string[]) {
  const { link, mac, backend, owner: whose, isPrimary, claims, own, now, atBoot } = found;
  return {
    version: 1,
    link,
    mac: mac ?? null,
    backend,
    owner: whose,
    primary: isPrimary ?? null,
    claims: claims.map(claim => ({
      path: claim.path,
      line: claim.line ?? null,
      text: claim.text,
      of: claim.of ?? 'other',
    })),
    own,
    now: now ?? null,
    atBoot: atBoot ?? null,
    notRead,
  };
}

const answers: Readonly<Record<Ownership['owner'], string>> = {
  'eni-agent': 'eni-agent configures it.',
  other: 'Somebody else has it: eni-agent leaves it alone.',
  image: 'Only a catch-all of the image fits it: eni-agent takes it over if it is an ENI.',
  none: 'Nobody configures it: eni-agent does, if it is an ENI and the configuration does not leave it out.',
};

const primary = 'This is the primary: eni-agent does not configure it.';
const unknown = 'Not known, since a file could not be read: eni-agent leaves it alone.';
const notSourced =
  'Nobody configures it, but a file of eni-agent would not be read: eni-agent leaves it alone.';
const noMac =
  'Its MAC is not known, so a line that asks for one may mean another NIC. "--mac" gives the MAC.';
// A bridge whose port has no definition any more makes netplan refuse all files, those of the primary as well.
const handOver = [
  'To hand it over to eni-agent, take out what configures it there, and what refers to it (a bridge, a bond, a VLAN).',
  'Then make the network service load its files, and run "eni-agent refresh".',
];
const unlessPrimary = 'The primary is not configured by eni-agent: leave it as it is. Of any other link:';
const addSource = 'Add that line, and run "eni-agent refresh".';
const mend = 'Make that file readable, or correct it, and ask again.';

function describeOwner(found: Ownership, context: CommandContext, isOffline: boolean): readonly string[] {
  const { link, mac, backend, owner: whose, claims, own, now, atBoot } = found;
  const isUnknown = whose === 'other' && claims.length > 0 && claims.every(claim => claim.of === 'unknown');
  const isNotSourced = whose === 'other' && claims.length > 0 && claims.every(isMissingSource);
  // Of the primary nothing may be taken out: it is what the machine is reached by.
  const unsure = found.isPrimary === undefined ? [unlessPrimary] : [];
  const advice = isUnknown ? [mend] : isNotSourced ? [addSource] : [...unsure, ...handOver];
  const answer = found.isPrimary ? primary : isUnknown ? unknown : isNotSourced ? notSourced : answers[whose];
  return [
    `${bold(context, link)}${mac === undefined ? '' : ` (${mac})`}, ${backend}`,
    `  ${answer}`,
    ...(mac === undefined ? [`  ${noMac}`] : []),
    ...claims.map(claim => `  ${claimText(claim)}${claim.of === 'image' ? ' (of the image)' : ''}`),
    ...own.map(file => `  ${file}: written by eni-agent`),
    `${bold(context, 'Now')}      ${now ?? (isOffline ? 'not asked: these are only files' : 'no service says who has it')}`,
    `${bold(context, 'At boot')}  ${atBoot ?? 'nothing configures it'}`,
    ...(whose === 'other' && claims.length > 0 && found.isPrimary !== true ? ['', ...advice] : []),
  ];
}

async function mustBeFolder({ system }: CommandContext, root: string): Promise<void> {
  const stat = await system.stat(path.resolve(root));
  if (stat === undefined || (stat.mode & 0o170000) !== 0o040000)
    throw new AgentError('usage', `--root ${JSON.stringify(root)} is not a folder`, {
      hint: 'name the folder that stands for / of the other machine',
    });
}

/** As long as the kernel allows, and not a path: the name becomes a part of one. Throws `usage`. */
function linkOf(values: OptionValues): string {
  const link = textOption(values, 'argument');
  if (link === undefined)
    throw new AgentError('usage', 'owner needs the name of a link', { hint: 'eni-agent owner eth1' });
  if (/^[^\s/]{1,127}$/.test(link) && link !== '.' && link !== '..') return link;
  throw new AgentError('usage', `${JSON.stringify(link)} is not the name of a link`, {
    hint: '"ip link" lists the links',
  });
}

function macOf(values: OptionValues) {
  const text = textOption(values, 'mac');
  const mac = text === undefined ? undefined : parseMac(text);
  if (text !== undefined && mac === undefined)
    throw new AgentError('usage', `--mac ${JSON.stringify(text)} is not a MAC address`, {
      hint: 'write it as 02:00:00:00:00:02',
    });
  return mac;
}

function backendOf(values: OptionValues): BackendName | undefined {
  const name = textOption(values, 'backend');
  if (name === undefined || Object.hasOwn(renderers, name)) return name as BackendName | undefined;
  throw new AgentError('usage', `unknown backend ${JSON.stringify(name)}`, {
    hint: `the backends are ${backendNames.join(', ')}`,
  });
}
