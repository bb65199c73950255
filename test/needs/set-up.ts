// What the set-up of a run has to make: `node set-up.ts MODE PROJECT,... [PICK...]` prints variables for test/run.sh, which sets them with eval.
// All values are words of this project's own tables, or numbers.
import { columnsOf, filesOf, type Mode, modes, needsOf, type Project, projects } from './selection.ts';

/** Names and values of the variables; for the tests too. */
export function variablesFor(
  mode: Mode,
  wanted: readonly Project[],
  picks: readonly string[],
): Readonly<Record<string, string>> {
  const countOf = (project: Project) =>
    project === 'matrix' ? columnsOf(mode, picks).length : filesOf(project, mode, picks).length;
  const needs = [...needsOf(wanted, mode, picks)];
  const words = (kind: string) =>
    needs.filter(need => need.startsWith(`${kind} `)).map(need => need.slice(kind.length + 1));
  return {
    ...Object.fromEntries(
      projects.map(project => [`n_${project}`, String(wanted.includes(project) ? countOf(project) : 0)]),
    ),
    trees: words('tree').sort().join(' '),
    formats: words('package').sort().join(' '),
    groups: words('programs').sort().join(' '),
    images: words('image').sort().join(' '),
    promtool: needs.includes('promtool') ? 'yes' : '',
  };
}

if (import.meta.main) {
  const [mode, names = '', ...picks] = process.argv.slice(2);
  const known = modes.find(m => m === mode);
  if (known === undefined) throw new Error(`"${mode}" is none of ${modes.join(', ')}`);
  const wanted = projects.filter(project => names.split(',').includes(project));
  for (const [name, value] of Object.entries(variablesFor(known, wanted, picks)))
    console.log(`${name}='${value}'`);
}
