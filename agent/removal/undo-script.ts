// What `remove` would do, as a shell script, for a time when the program has gone: a purge of the Debian package comes after its
// removal, perhaps by weeks and reboots, and dpkg does not announce it. No transaction guards it, so it is more careful than `remove`: it
// names each object in full, touches a link only while it is that ENI's, and does not make systemd-networkd reload (which could
// reach links of others). networkd forgets the ENI at the next boot.

import { renderers } from '../../renderers/registry.ts';
import { type Command, isMarked, marker, type Renderer } from '../../renderers/renderer.ts';
import { readGivenNames } from '../apply/altnames.ts';
import { planObjects } from '../apply/kernel-objects.ts';
import { readOwnedFiles } from '../apply/ownership.ts';
import { givenPath, readGiven } from '../apply/primary/addresses.ts';
import { groupsOf } from '../apply/primary/group.ts';
import { readNote } from '../apply/published/loaded.ts';
import { marksOf } from '../apply/published/marks.ts';
import { nftChain, nftTable } from '../apply/published/script.ts';
import { endOf } from '../apply/published/settle.ts';
import { readState } from '../apply/state-file.ts';
import { bits, families } from '../model/address.ts';
import type { HostFacts } from '../model/host.ts';
import type { EniPlan } from '../model/network-plan.ts';
import type { PassContext } from '../pass/pass.ts';
import { allOwnFiles } from '../pass/records/own-paths.ts';
import { readHostFacts } from '../system/facts/host-facts.ts';
import { readKernelState } from '../system/kernel/reader.ts';
import type { System } from '../system/system.ts';

/** @returns the text of a POSIX script that continues after a command that fails. Changes nothing. */
export async function undoScript({ system, settings }: PassContext): Promise<string> {
  const { backend, applied, lastGood } = await readState(system);
  const renderer = backend === undefined ? undefined : renderers[backend];
  const facts = await readHostFacts(system);
  const commands = (eni: EniPlan) => (renderer === undefined ? [] : commandsOf(renderer, eni, facts));
  const files = [
    ...[...(await readOwnedFiles(system, allOwnFiles))].map(([path, { content }]) => dropLine(path, content)),
    ...(await generatedFiles(system, renderer)).map(path => `rm -f ${quote(path)}`),
  ];
  return [
    '#!/bin/sh',
    '# Removes what eni-agent configured; "eni-agent remove --script" made this script.',
    'is_link() { [ "$(cat "/sys/class/net/$1/address" 2> /dev/null)" = "$2" ]; }',
    '# By now it may be a file that eni-agent did not write.',
    `drop() { ! head -n 3 "$1" 2> /dev/null | grep -q '^# ${mark}' || rm -f "$1"; }`,
    ...(files.some(line => line.startsWith('drop_uuid ')) ? [dropUuid] : []),
    ...applied.flatMap(eni => onLink(eni, shell(commands(eni), 'before-write'))),
    ...files,
    ...applied.flatMap(eni => onLink(eni, shell(commands(eni), 'after-write'))),
    ...applied.flatMap(kernelLines),
    ...(await addressLines(system)),
    ...(await altNameLines(system)),
    ...(await markLines(system, applied)),
    ...groupLines(
      [settings.routing.base, ...groupsOf(applied)],
      [...applied, ...lastGood].map(eni => eni.mac),
    ),
    'exit 0',
    '',
  ].join('\n');
}

/** The part of the marker that every version writes. */
const mark = marker.slice(0, marker.indexOf(';') + 1);

/** Of a profile that a tool wrote anew, without comments (OwnFiles.isOurs), the UUID is the proof. */
const dropUuid = 'drop_uuid() { ! grep -qx "uuid=$2" "$1" 2> /dev/null || rm -f "$1"; }';

function dropLine(path: string, content: string): string {
  const uuid = isMarked(content) ? undefined : /^uuid=([0-9a-f-]+)$/m.exec(content)?.[1];
  return uuid === undefined ? `drop ${quote(path)}` : `drop_uuid ${quote(path)} ${uuid}`;
}

/** The commands that reach the ENI's own link or profile; its objects in the kernel are in kernelLines(). */
function commandsOf(renderer: Renderer, before: EniPlan, facts: HostFacts): readonly Command[] {
  const removal = [{ kind: 'removed', before, linkPresent: true }] as const;
  const commands = renderer.activate(removal, facts, 'nothing guards a reload');
  return commands.filter(c => c.phase !== 'validate' && c.does === undefined);
}

/** Files without a mark that a program made out of ours (netplan's generator). */
async function generatedFiles(system: System, renderer: Renderer | undefined): Promise<readonly string[]> {
  if (renderer?.netplanGenerator === undefined) return [];
  const { dir, ours } = renderer.netplanGenerator.generated;
  return (await system.listFolder(dir)).filter(name => ours.test(name)).map(name => `${dir}/${name}`);
}

function shell(commands: readonly Command[], phase: Command['phase']): readonly string[] {
  return commands.filter(c => c.phase === phase).map(c => c.argv.map(quote).join(' '));
}

/** Rules outlive a link, so they go in any case; the rest only while the link is the ENI's. */
function kernelLines(eni: EniPlan): readonly string[] {
  const objects = planObjects(eni, { ruleProtocol: false }).filter(o => o.remove !== '');
  const batch = (isRule: boolean) =>
    families.flatMap(family => {
      const lines = objects.filter(o => o.family === family && (o.kind === 'rule') === isRule);
      if (lines.length === 0) return [];
      return [`ip -${family} -force -batch - 2> /dev/null << 'END'`, ...lines.map(o => o.remove), 'END'];
    });
  // A DHCP client that keeps running would give the address back at the next renewal; on a link that is down it ends.
  const down = eni.addressing === 'dhcp' ? [`ip link set dev ${quote(eni.link)} down`] : [];
  return [...batch(true), ...onLink(eni, [...batch(false), ...down])];
}

/** Secondary addresses of the primary that were added; a boot takes them as well. */
async function addressLines(system: System): Promise<readonly string[]> {
  if (!(await system.exists(givenPath))) return [];
  const given = await readGiven(system, await readKernelState(system));
  if (given === undefined) return [];
  return given.addresses.map(ip => `ip addr del ${ip}/${bits(ip)} dev ${quote(given.link)} 2> /dev/null`);
}

/** By the name itself: `ip` finds the link that has it. A boot takes them as well. */
async function altNameLines(system: System): Promise<readonly string[]> {
  const given = await readGivenNames(system);
  return given.map(
    ({ name }) => `ip link property del dev ${quote(name)} altname ${quote(name)} 2> /dev/null`,
  );
}

/** The script may come after a boot, at which something was loaded with another tool. */
async function markLines(system: System, applied: readonly EniPlan[]): Promise<readonly string[]> {
  const { tools, links } = await readNote(system);
  if (tools.length === 0 && marksOf(applied).length === 0) return [];
  return endOf(['nft', 'iptables'], links).map(argv => {
    const line = `${argv.map(quote).join(' ')} 2> /dev/null`;
    // By then it may be a table of somebody's.
    return argv[0] === 'nft'
      ? `! nft list chain inet ${nftTable} ${nftChain} > /dev/null 2>&1 || ${line}`
      : line;
  });
}

/** Of whichever link has the MAC of an ENI by then, the primary too: the same number may be somebody's on other links. */
function groupLines(groups: readonly number[], macs: readonly string[]): readonly string[] {
  const pairs = [...new Set(groups)].flatMap(group => [...new Set(macs)].map(mac => `'${group} ${mac}'`));
  if (pairs.length === 0) return [];
  return [
    'for link in /sys/class/net/*; do',
    '  case "$(cat "$link/netdev_group" 2> /dev/null) $(cat "$link/address" 2> /dev/null)" in',
    `    ${pairs.join(' | ')}) ip link set dev "\${link##*/}" group 0 ;;`,
    '  esac',
    'done',
  ];
}

function onLink({ link, mac }: EniPlan, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`if is_link ${quote(link)} ${quote(mac)}; then`, ...lines, 'fi'];
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
