// Words of an `ip` command line: options with and without a value, addresses, networks, tables, netmasks. What iproute2 6.1.0 refuses
// is refused in its words; what is not modelled throws UnknownCommand.
import { type Cidr, hostCidr, type Ip, parseCidr, parseIp } from '../../agent/model/address.ts';
import { IpRefusal } from './fake-kernel-objects.ts';

/** A command, or a part of one, that the fake machine does not understand: a gap of the fake, or a defect of the agent. */
export class UnknownCommand extends Error {}

export function readWords(words: readonly string[], withValue: readonly string[], flags: readonly string[]) {
  const values = new Map<string, string>();
  const found = new Set<string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (flags.includes(word)) found.add(word);
    else if (withValue.includes(word) && words[at + 1] !== undefined) {
      at += 1;
      values.set(word, words[at]!);
    } else throw unknown(`word ${JSON.stringify(word)} in ${words.join(' ')}`);
  }
  return { values, flags: found };
}

export function address(word: string): Ip {
  const ip = parseIp(word);
  if (ip === undefined) throw new IpRefusal(`Error: any valid prefix is expected rather than "${word}".`, 1);
  return ip;
}

/** A network with host bits is refused by the kernel, so it is here. */
export function network(word: string): Cidr {
  const ip = parseIp(word);
  const cidr = ip === undefined ? parseCidr(word) : hostCidr(ip);
  if (cidr === undefined)
    throw new IpRefusal(`Error: any valid prefix is expected rather than "${word}".`, 1);
  if (ip === undefined && cidr !== word)
    throw new IpRefusal('Error: Invalid prefix for given prefix length.');
  return cidr;
}

export function tableNumber(word: string): number {
  const names: Readonly<Record<string, number>> = { main: 254, local: 255, default: 253 };
  const number = names[word] ?? Number(word);
  if (!Number.isInteger(number))
    throw new IpRefusal(`Error: argument "${word}" is wrong: invalid table ID`, 1);
  return number;
}

export function lengthOfMask(mask: string): number {
  if (mask === '') return 32;
  const binary = mask.split('.').map(byte => Number(byte).toString(2).padStart(8, '0'));
  return binary.join('').replace(/0+$/, '').length;
}

export function allOnes(ip: Ip, prefixLength: number): string {
  const number = ip.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const hostBits = 2 ** (32 - prefixLength);
  const last = number - (number % hostBits) + hostBits - 1;
  return [24, 16, 8, 0].map(shift => Math.floor(last / 2 ** shift) % 256).join('.');
}

export function unknown(what: string): UnknownCommand {
  return new UnknownCommand(`ip: ${what} is not modelled`);
}
