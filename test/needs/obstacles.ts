// Whether what a test file has declared is there. Asked before its first test: a file whose needs are not met fails as a whole, at once and
// with the way out, and never half-way.
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { packageIn, packagesFolder } from '../lab/packages.ts';
import type { Need } from './declaration.ts';
import { readPrograms } from './programs.ts';
import { treeOf } from './suites.ts';

/** One line per need that is not met. */
export function obstaclesTo(needs: readonly Need[]): readonly string[] {
  if (process.platform !== 'linux') return ['it needs Linux'];
  if (process.getuid?.() !== 0) return ['it needs root: network namespaces'];
  return [...missingPrograms('lab'), ...needs.flatMap(obstaclesOf)];
}

function obstaclesOf(need: Need): readonly string[] {
  const [kind, name = ''] = need.split(' ');
  if (kind === 'programs') return missingPrograms(name);
  if (kind === 'promtool')
    return existsSync(process.env.ENI_AGENT_PROMTOOL ?? '') ? [] : ['no promtool in ENI_AGENT_PROMTOOL'];
  if (kind === 'package')
    return packageIn(packagesFolder, 'eni-agent', name as 'deb' | 'rpm') === undefined
      ? [`no ${name} in ${packagesFolder}`]
      : [];
  if (kind === 'image') {
    const folder = process.env.ENI_AGENT_VM_IMAGES;
    return folder !== undefined && existsSync(join(folder, name, 'root.ext4')) ? [] : [`no VM image ${name}`];
  }
  // A guest boots the bundle of dist/, so the tree alone is no guest.
  const bundle = readdirSync(join(import.meta.dirname, '../..')).includes('dist');
  return [
    ...(treeOf(name) !== undefined ? [] : [`no guest tree of ${name}`]),
    ...(bundle ? [] : ['no bundle in dist/']),
  ];
}

function missingPrograms(group: string): readonly string[] {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return readPrograms()
    .filter(known => known.group === group && !folders.some(f => existsSync(join(f, known.program))))
    .map(({ program, debianPackage }) => `no program ${program} (Debian package ${debianPackage})`);
}
