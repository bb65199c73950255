// The little of SVG that the bench's plots need: elements as text, axes with round numbers, and colours that can be read on white and
// on black alike. Pure; the same data give the same bytes.

/** Distinguishable also by people who do not see red or green. */
export const colours = ['#7f7f7f', '#0a84d0', '#e07b00', '#b0479a'] as const;
/** Text and axes: grey enough for both backgrounds. */
const ink = '#808080';

export function svgDocument(width: number, height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="13" fill="${ink}">`,
    `<title>${escapeText(title)}</title>`,
    text(width / 2, 22, title, { anchor: 'middle', size: 15 }),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly fill?: string;
  /** Turned a quarter to the left. */
  readonly upward?: boolean;
}

export function text(x: number, y: number, words: string, style: TextStyle = {}): string {
  const attributes = [
    `x="${at(x)}" y="${at(y)}"`,
    style.anchor === undefined ? '' : `text-anchor="${style.anchor}"`,
    style.size === undefined ? '' : `font-size="${style.size}"`,
    style.fill === undefined ? '' : `fill="${style.fill}"`,
    style.upward === true ? `transform="rotate(-90 ${at(x)} ${at(y)})"` : '',
  ];
  return `<text ${attributes.filter(Boolean).join(' ')}>${escapeText(words)}</text>`;
}

export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  width = 1,
  stroke = ink,
  opacity = 1,
): string {
  const faint = opacity === 1 ? '' : ` stroke-opacity="${opacity}"`;
  return `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${stroke}" stroke-width="${width}"${faint}/>`;
}

export function polyline(points: readonly (readonly [number, number])[], stroke: string): string {
  const list = points.map(([x, y]) => `${at(x)},${at(y)}`).join(' ');
  return `<polyline points="${list}" fill="none" stroke="${stroke}" stroke-width="2.5"/>`;
}

export function dot(x: number, y: number, fill: string): string {
  return `<circle cx="${at(x)}" cy="${at(y)}" r="4" fill="${fill}"/>`;
}

/** Round steps from 0 to at least `most`: 1, 2 or 5 times a power of ten, about five of them. */
export function ticks(most: number): readonly number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= rough * 0.999)!;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escapeText(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
