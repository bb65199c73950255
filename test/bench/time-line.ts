// What happens when, as SVG: one lane per program, all on the same clock, an event a dot with its name and its time. Pure.
import { figure } from './figures.ts';
import { colours, dot, line, svgDocument, text, ticks } from './svg.ts';

export interface TimeLine {
  readonly title: string;
  readonly lanes: readonly Lane[];
}

export interface Lane {
  readonly name: string;
  readonly events: readonly TimeEvent[];
}

export interface TimeEvent {
  readonly name: string;
  /** Milliseconds from the appearance of the link. */
  readonly atMs: number;
}

const width = 1000;
const frame = { left: 24, right: 600, top: 52 };
const step = 22;

export function renderTimeLine({ title, lanes }: TimeLine): string {
  const scale = ticks(Math.max(...lanes.flatMap(l => l.events.map(e => e.atMs))));
  const x = (ms: number) => frame.left + ((frame.right - frame.left) * ms) / scale.at(-1)!;
  const body: string[] = [];
  let y = frame.top;
  const rows: string[] = [];
  lanes.forEach((lane, i) => {
    const colour = colours[(i + 1) % colours.length]!;
    rows.push(text(frame.left, y + 8, lane.name, { fill: colour, size: 14 }));
    y += step + 4;
    // One event per row, so that no two names meet.
    for (const { name, atMs } of [...lane.events].sort((a, b) => a.atMs - b.atMs)) {
      rows.push(line(x(0), y, x(atMs), y, 1, colour, 0.35), dot(x(atMs), y, colour));
      rows.push(text(x(atMs) + 10, y + 4, `${figure(atMs)} ms  ${name}`));
      y += step;
    }
    y += step / 2;
  });
  for (const tick of scale) {
    body.push(line(x(tick), frame.top - 8, x(tick), y, 1, undefined, 0.25));
    body.push(text(x(tick), y + 18, String(tick), { anchor: 'middle' }));
  }
  const axis = text((frame.left + frame.right) / 2, y + 38, 'milliseconds since the link appeared', {
    anchor: 'middle',
  });
  return svgDocument(width, y + 52, title, [...body, ...rows, axis]);
}
