// Reads the kernel's neighbour table: which hosts on a link have answered for their address (ARP, neighbour discovery).
import { AgentError } from '../../errors.ts';
import { type Ip, parseIp } from '../../model/address.ts';
import type { System } from '../system.ts';

export interface Neighbour {
  readonly ip: Ip;
  readonly link: string;
  /** REACHABLE, STALE, FAILED and so on. */
  readonly state: string;
}

/** One process for both families and all links. Throws `command-failed`: no answer must not look like an empty table. */
export async function readNeighbours(system: System): Promise<readonly Neighbour[]> {
  const { exitCode, stdout, stderr } = await system.run(['ip', 'neigh', 'show']);
  if (exitCode === 0) return parseNeighbours(stdout);
  throw new AgentError('command-failed', `ip neigh show failed (exit ${exitCode}): ${stderr.trim()}`);
}

/** `ip neigh show`: `ADDRESS dev LINK [lladdr MAC] [router] [proxy] STATE`. */
export function parseNeighbours(text: string): readonly Neighbour[] {
  return text.split('\n').flatMap(line => {
    const words = line.trim().split(/\s+/);
    const ip = parseIp(words[0] ?? '');
    const link = words[words.indexOf('dev') + 1];
    const state = words.findLast(word => /^[A-Z]+$/.test(word));
    // An entry of a proxy is no neighbour: this host answers for it.
    if (ip === undefined || link === undefined || state === undefined || words.includes('proxy')) return [];
    return [{ ip, link, state }];
  });
}
