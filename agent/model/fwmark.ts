// The mark by which a packet belongs to an ENI, where its addresses do not tell: the answer of a container to what somebody asked an address
// of the ENI. The first 8 bits of the mark are ours; in the others Docker, podman, Kubernetes and Tailscale have theirs.

export interface Fwmark {
  readonly value: number;
  readonly mask: number;
}

export const markMask = 0xff00_0000;
const shift = 0x100_0000;

/** @returns undefined for the last slot: 0 is no mark, so that there are 255 */
export function markOf(slot: number): Fwmark | undefined {
  const value = (slot + 1) * shift;
  return value > markMask ? undefined : { value, mask: markMask };
}

/** As `ip` prints it, and every network service takes it: `0x1000000/0xff000000`. */
export function fwmarkText({ value, mask }: Fwmark): string {
  return `${hex(value)}/${hex(mask)}`;
}

/** Undefined for one that is not ours: another mask, or none of its bits. */
export function parseOwnMark(text: string): Fwmark | undefined {
  const [value, mask] = text.split('/').map(Number);
  const isOurs = mask === markMask && value !== undefined && value > 0 && value % shift === 0;
  return isOurs && value <= markMask ? { value, mask } : undefined;
}

export function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
