// What a running test file may use: what it has declared (declaration.ts). So a declaration that lacks something fails on every machine, also
// where the thing happens to be there, and no fresh machine is the first to notice.
import path from 'node:path';
import { type Need, needsIn, readDeclaration } from './declaration.ts';
import { type Program, readPrograms } from './programs.ts';
import { modeOfRun } from './selection.ts';

let running: { readonly file: string; readonly needs: readonly Need[] } | undefined;
let programs: readonly Program[] | undefined;

/** Called once, before the tests of the file (lab-setup.ts). `column`: the need of the matrix's column. */
export function beginFile(file: string, column?: Need): readonly Need[] {
  const declared = needsIn(modeOfRun() === 'default', readDeclaration(file));
  const needs = declared.flatMap(need =>
    need !== 'tree of the column' ? [need] : column === undefined ? [] : [column],
  );
  running = { file: path.relative(path.join(import.meta.dirname, '../..'), file), needs };
  return needs;
}

/** Throws if the running test file has not declared this need. Outside the tests (demo, bench) there is nothing to hold it against. */
export function use(need: Need): void {
  if (running === undefined || running.needs.includes(need)) return;
  throw new Error(`${running.file} uses ${need} and does not declare it: "// needs: ${need}" at its head`);
}

/** The same for a program of the machine; those of the group `lab` need no word. */
export function useProgram(program: string): void {
  if (running === undefined) return;
  programs ??= readPrograms();
  const groups = programs.filter(known => known.program === program).map(({ group }) => group);
  // dpkg-deb and tar are on every Debian, and the lab makes variants of a package with them.
  if (groups.length === 0 || groups.includes('lab') || ['dpkg-deb', 'tar', 'mke2fs'].includes(program))
    return;
  if (groups.some(group => running?.needs.includes(`programs ${group}` as Need))) return;
  throw new Error(
    `${running.file} starts ${program} and does not declare it: "// needs: programs ${groups[0]}" at its head`,
  );
}
