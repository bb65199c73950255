// A terminal's text as an SVG image: text to text, so that a picture in the documents is what a command has printed. The colours follow the
// reader's preference for dark or light; the words are text, so that they can be searched and read aloud.

const columns = 104;
const [charWidth, lineHeight, margin, titleHeight] = [7.2, 17, 14, 30] as const;

interface Span {
  readonly text: string;
  readonly style: string;
}

const styles: Readonly<Record<string, string>> = { '1': 'b', '2': 'f', '31': 'r', '32': 'g' };

/** @param lines with the escape sequences of screen.ts: bold, faint, red, green */
export function terminalSvg(title: string, lines: readonly string[]): string {
  const width = columns * charWidth + 2 * margin;
  const height = titleHeight + lines.length * lineHeight + 2 * margin;
  const rows = lines.map((line, index) => {
    const y = titleHeight + margin + (index + 0.8) * lineHeight;
    const spans = spansOf(line).map(({ text, style }) =>
      style === '' ? escapeXml(text) : `<tspan class="${style}">${escapeXml(text)}</tspan>`,
    );
    return spans.length === 0 ? '' : `<text x="${margin}" y="${y.toFixed(1)}">${spans.join('')}</text>`;
  });
  const dots = [18, 38, 58].map(x => `<circle class="d" cx="${x}" cy="15" r="5"/>`).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" role="img" aria-label="${escapeXml(title)}">
<style>
.w { fill: #f6f8fa; stroke: #d0d7de } .d { fill: #d0d7de } .t, text { fill: #24292f; font: 12px ui-monospace, Menlo, Consolas, monospace; white-space: pre }
.b { font-weight: bold } .f { fill: #6e7781 } .r { fill: #b3261e; font-weight: bold } .g { fill: #116329; font-weight: bold }
@media (prefers-color-scheme: dark) {
.w { fill: #161b22; stroke: #30363d } .d { fill: #30363d } .t, text { fill: #c9d1d9 } .f { fill: #8b949e } .r { fill: #ff7b72 } .g { fill: #56d364 }
}
</style>
<rect class="w" x="0.5" y="0.5" width="${(width - 1).toFixed(0)}" height="${(height - 1).toFixed(0)}" rx="8"/>
${dots}<text class="t" x="${(width / 2).toFixed(0)}" y="19" text-anchor="middle">${escapeXml(title)}</text>
${rows.filter(row => row !== '').join('\n')}
</svg>
`;
}

function spansOf(line: string): readonly Span[] {
  const spans: Span[] = [];
  let style = '';
  let room = columns;
  for (const part of line.split(/(\u001b\[\d*m)/)) {
    const code = /^\u001b\[(\d*)m$/.exec(part)?.[1];
    if (code !== undefined) {
      style = styles[code] ?? '';
      continue;
    }
    const text = part.length > room ? `${part.slice(0, Math.max(0, room - 1))}…` : part;
    room = Math.max(0, room - part.length);
    if (text !== '' && text !== '…') spans.push({ text, style });
  }
  return spans;
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
