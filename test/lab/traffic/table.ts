// What was sent and what became of it, as one table: a row for each kind of packet, a column for each ENI and each host at the other end.

/** One probe and its outcome. */
export interface Result {
  readonly row: string;
  readonly link: string;
  /** The host at the other end: `c` far away, `n0` to `n2` in the subnets of the ENIs; `own` is what the guest has itself or behind it. */
  readonly peer: string;
  readonly family: 4 | 6;
  /** `ADDRESS -> ADDRESS`. */
  readonly flow: string;
  /** Empty if it came back. */
  readonly wrong: string;
}

const peers = ['c', 'n0', 'n1', 'n2', 'own'];

/** `ok`, `-4` for what was lost with IPv4, `-46` with both, and a dot where nothing of that kind is promised. */
export function renderTable(title: string, results: readonly Result[], drops: readonly string[]): string {
  const links = [...new Set(results.map(r => r.link))].sort();
  const columns = links.flatMap(link => peers.map(peer => ({ link, peer })));
  const rows = [...new Set(results.map(r => r.row))];
  const width = Math.max(...rows.map(row => row.length));
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)} ${cells.map((cell, index) => (index % peers.length === 0 ? ' | ' : ' ') + cell.padEnd(3)).join('')}`.trimEnd();
  const cellOf = (row: string, { link, peer }: { link: string; peer: string }) => {
    const of = results.filter(r => r.row === row && r.link === link && r.peer === peer);
    if (of.length === 0) return '.';
    const lost = new Set(of.filter(r => r.wrong !== '').map(r => r.family));
    return lost.size === 0 ? 'ok' : `-${[...lost].sort().join('')}`;
  };
  const lost = lostOf(results);
  return [
    `${title}: ${results.length} flows, ${lost.length} lost, dropped as foreign: ${drops.join(', ') || 0}`,
    line(
      '',
      columns.map(({ link, peer }) => (peer === 'c' ? link : '')),
    ),
    line(
      '',
      columns.map(({ peer }) => peer),
    ),
    ...rows.map(row =>
      line(
        row,
        columns.map(column => cellOf(row, column)),
      ),
    ),
    ...lost.slice(0, 40),
    ...(lost.length > 40 ? [`and ${lost.length - 40} more`] : []),
  ].join('\n');
}

/** One line for each flow that was lost. */
export function lostOf(results: readonly Result[]): readonly string[] {
  return results
    .filter(r => r.wrong !== '')
    .map(({ row, link, peer, flow, wrong }) => `${row}: ${link} ${peer}: ${flow}: ${wrong}`);
}
