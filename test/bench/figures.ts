// Numbers of repeated measurements: median, spread, and how they are written. Pure.

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Three significant digits, and never an exponent: `0.81`, `12.3`, `1240`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** `12.3 ms (11.9-14.0)`: the median and the range. */
export function spread(values: readonly number[], unit: string): string {
  const text = `${figure(median(values))} ${unit}`;
  if (values.length < 2) return text;
  return `${text} (${figure(Math.min(...values))}-${figure(Math.max(...values))})`;
}
