// A plot of lines over a number, as SVG: packet cost against the number of addresses. Pure.
import { colours, dot, line, polyline, svgDocument, text, ticks } from './svg.ts';

export interface LinePlot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

const [width, height] = [760, 420];
const frame = { left: 64, right: 560, top: 44, bottom: 360 };
/** Names at the ends of the lines do not stand closer than this. */
const lineHeight = 17;

export function renderLinePlot(plot: LinePlot): string {
  const all = plot.lines.flatMap(l => l.points);
  const [xs, ys] = [ticks(Math.max(...all.map(p => p[0]))), ticks(Math.max(...all.map(p => p[1])))];
  const x = (value: number) => frame.left + ((frame.right - frame.left) * value) / xs.at(-1)!;
  const y = (value: number) => frame.bottom - ((frame.bottom - frame.top) * value) / ys.at(-1)!;
  const body = [
    ...ys.flatMap(tick => [
      line(frame.left, y(tick), frame.right, y(tick), 1, undefined, tick === 0 ? 1 : 0.3),
      text(frame.left - 8, y(tick) + 4, String(tick), { anchor: 'end' }),
    ]),
    ...xs.flatMap(tick => [
      line(x(tick), frame.bottom, x(tick), frame.bottom + 5),
      text(x(tick), frame.bottom + 20, String(tick), { anchor: 'middle' }),
    ]),
    text((frame.left + frame.right) / 2, height - 14, plot.x, { anchor: 'middle' }),
    text(18, (frame.top + frame.bottom) / 2, plot.y, { anchor: 'middle', upward: true }),
  ];
  const ends = spaced(plot.lines.map(l => y(l.points.at(-1)?.[1] ?? 0)));
  plot.lines.forEach(({ name, points }, i) => {
    const colour = colours[i % colours.length]!;
    const drawn = points.map(([px, py]) => [x(px), y(py)] as const);
    body.push(polyline(drawn, colour), ...drawn.map(([px, py]) => dot(px, py, colour)));
    body.push(text((drawn.at(-1)?.[0] ?? frame.right) + 10, ends[i]! + 4, name, { fill: colour }));
  });
  return svgDocument(width, height, plot.title, body);
}

/** The heights, in their order from top to bottom, moved up as far as is needed to keep them apart. */
export function spaced(heights: readonly number[]): readonly number[] {
  const result = [...heights];
  const order = heights.map((_, i) => i).sort((a, b) => heights[b]! - heights[a]! || b - a);
  let lowest = Number.POSITIVE_INFINITY;
  for (const i of order) {
    result[i] = Math.min(heights[i]!, lowest - lineHeight);
    lowest = result[i]!;
  }
  return result;
}
