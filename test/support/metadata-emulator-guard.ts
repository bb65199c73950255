// Where an emulator may listen. On a cloud VM, a service that answers on the machine's own network in the place of the metadata
// service could feed every other program on it, so anything but loopback needs a network namespace of its own.
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Parses `127.0.0.1:8080` or `[::1]:8080`. Undefined for anything else: names are not looked up. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  return isIP(host) !== 0 && port <= 65_535 ? { host, port } : undefined;
}

/** Why listening there is refused; undefined if it is allowed. */
export function refuseAddress(host: string, inNamespace: boolean): string | undefined {
  if (isLoopback(host)) return undefined;
  if (!inNamespace)
    return `${host} is not a loopback address: inside a network namespace of your own, add --in-namespace`;
  const own = namespaceOf('self');
  const first = namespaceOf('1');
  if (own !== undefined && own === first)
    return "this is the machine's own network namespace, where only loopback is allowed";
  // In many containers process 1 belongs to somebody else and cannot be looked at, not even by root. Then only a namespace
  // with a name (ip netns add) counts as one that somebody made on purpose.
  if (first === undefined && !isNamedNamespace())
    return 'it cannot be shown that this is not the network namespace of the machine (no name in /run/netns)';
  return undefined;
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function namespaceOf(process: string): string | undefined {
  try {
    return readlinkSync(`/proc/${process}/ns/net`);
  } catch {
    return undefined;
  }
}

function isNamedNamespace(): boolean {
  try {
    const own = statSync('/proc/self/ns/net');
    return readdirSync('/run/netns').some(name => {
      const named = statSync(`/run/netns/${name}`);
      return named.ino === own.ino && named.dev === own.dev;
    });
  } catch {
    return false;
  }
}
