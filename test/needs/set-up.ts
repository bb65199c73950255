// What the set-up of a run has to make: `node set-up.ts MODE [PICK...]` prints variables for test/run.sh, which sets them with eval. All values
// are words of this project's own tables, or numbers.
import { columnsOf, filesOf, type Mode, modes, needsOf, type Project, projects } from './selection.ts';

/** Names and values of the variables; for the tests too. */
export function variablesFor(mode: Mode, picks: readonly string[]): Readonly<Record<string, string>> {
  const counts = Object.fromEntries(
    projects.map(project => [
      project,
      project === 'matrix' ? columnsOf(mode, picks).length : filesOf(project, mode, picks).length,
    ]),
  ) as Readonly<Record<Project, number>>;
  const needs = [...needsOf(projects, mode, picks)];
  const words = (kind: string) =>
    needs.filter(need => need.startsWith(`${kind} `)).map(need => need.slice(kind.length + 1));
  return {
    ...Object.fromEntries(projects.map(project => [`n_${project}`, String(counts[project])])),
    trees: words('tree').sort().join(' '),
    formats: words('package').sort().join(' '),
    groups: words('programs').sort().join(' '),
    images: words('image').sort().join(' '),
  };
}

if (import.meta.main) {
  const [mode, ...picks] = process.argv.slice(2);
  const known = modes.find(m => m === mode);
  if (known === undefined) throw new Error(`"${mode}" is none of ${modes.join(', ')}`);
  for (const [name, value] of Object.entries(variablesFor(known, picks))) console.log(`${name}='${value}'`);
}
