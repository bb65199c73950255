// Runs `ip` lines in network namespaces that live for one machine each, many of them in one shell.

import type { Family } from '../../../agent/model/address.ts';
import { run } from '../command.ts';

/** What is done in one namespace: lines of `ip -batch`, or shell text in between. */
export type Step =
  | { readonly family: Family | 'link'; readonly lines: readonly string[] }
  | { readonly shell: string };

/** Per step, per line: what it said. */
export type Said = readonly (readonly Answer[])[];
export interface Answer {
  /** The line's output; undefined where it failed, or has none. */
  readonly text: string | undefined;
  readonly error: string | undefined;
}

const mark = '=====';

/** Throws if a shell could not run; a line that fails is an answer. */
export async function runMachines(machines: readonly (readonly Step[])[]): Promise<readonly Said[]> {
  const script = machines.map(steps => inNamespace(steps)).join('\n');
  const { stdout, stderr } = await run(['sh'], {
    input: `T=$(mktemp) || exit\n${script}\nrm "$T"\n`,
    timeout: 120_000,
  });
  const blocks = stdout.split(`${mark}\n`).slice(1);
  const wanted = machines.reduce((sum, steps) => sum + steps.length, 0);
  if (blocks.length !== wanted)
    throw new Error(`${blocks.length} of ${wanted} steps ran: ${stderr.slice(0, 500)}`);
  let at = 0;
  return machines.map(steps => steps.map(step => answersOf(step, blocks[at++]!)));
}

function inNamespace(steps: readonly Step[]): string {
  const text = steps.map(step =>
    'shell' in step
      ? `echo ${mark}\n${step.shell}`
      : step.lines.length === 0
        ? `echo ${mark}`
        : `echo ${mark}\nip -o ${step.family === 'link' ? '' : `-${step.family} `}-force -batch - <<'END' 2>"$T"\n${step.lines.join('\n')}\nEND\n[ ! -s "$T" ] || sed 's/^/!/' "$T"`,
  );
  return `T=$T unshare -n sh <<'NAMESPACE'\n${text.join('\n')}\nNAMESPACE`;
}

/** Only a `route get` prints something, one line each; what fails is named by the number of its line. */
function answersOf(step: Step, block: string): readonly Answer[] {
  const all = block.split('\n').filter(line => line !== '');
  if ('shell' in step) return all.map(text => ({ text, error: undefined }));
  const errors = new Map<number, string>();
  let why: string[] = [];
  for (const line of all.filter(l => l.startsWith('!'))) {
    const number = /^!Command failed -:(\d+)/.exec(line)?.[1];
    if (number === undefined) why.push(line.slice(1));
    else {
      errors.set(Number(number) - 1, why.join('; '));
      why = [];
    }
  }
  const said = all.filter(l => !l.startsWith('!'));
  let at = 0;
  return step.lines.map((line, index) => {
    const error = errors.get(index);
    const prints = line.startsWith('route get ') && error === undefined;
    return { text: prints ? said[at++] : undefined, error };
  });
}
