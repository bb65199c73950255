// How the demo looks: headings, explanations, program output set off from both. Colour only for people at a terminal, and
// for an image of one (draw.ts).

const colours =
  (process.stdout.isTTY === true || (process.env.FORCE_COLOR ?? '') !== '') &&
  (process.env.NO_COLOR ?? '') === '' &&
  process.env.TERM !== 'dumb';

function paint(code: number, text: string): string {
  return colours ? `\u001b[${code}m${text}\u001b[0m` : text;
}

export const bold = (text: string) => paint(1, text);
export const green = (text: string) => paint(32, text);
export const red = (text: string) => paint(31, text);
export const faint = (text: string) => paint(2, text);

let step = 0;

/** A numbered heading. */
export function heading(text: string): void {
  step += 1;
  print(`\n${bold(`${step}. ${text}`)}`);
}

/** One or two sentences on what is about to be seen. */
export function explain(text: string): void {
  print(text);
}

/** A command as a person would type it. */
export function command(text: string): void {
  print(`  ${faint('$')} ${bold(text)}`);
}

/** Output of a program, indented; at most `most` lines. Lines of a diff are coloured. */
export function show(text: string, most = 60): void {
  const lines = text.trimEnd().split('\n');
  for (const line of lines.slice(0, most)) print(`  ${colourDiff(line)}`);
  if (lines.length > most) print(`  ${faint(`... ${lines.length - most} more lines`)}`);
}

export function result(ok: boolean, text: string): void {
  print(`  ${ok ? green('ok') : red('FAILED')}  ${text}`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function colourDiff(line: string): string {
  if (/^\s*\+(?!\+\+)/.test(line)) return green(line);
  return /^\s*-(?!--)\S*/.test(line) && !line.trim().startsWith('--') ? red(line) : line;
}
