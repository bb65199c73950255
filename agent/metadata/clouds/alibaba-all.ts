// Alibaba Cloud's meta-data/all: the whole tree as one JSON object (in all public regions since 2025), one request instead of
// 1 + 8 per ENI. Turns it into the same shape as the tree that is walked key by key. Pure.
import { type Ip, parseIp, parseMac } from '../../model/address.ts';
import type { Reading } from '../../model/instance.ts';
import { absent, unknown, value } from '../../model/instance.ts';
import { explainStatus } from '../judge-answer.ts';
import type { Responses } from '../provider.ts';
import { quote } from '../scalars.ts';
import type { EniKeys, MacTree } from './mac-tree.ts';
import { macFolders, macsPath, metaData } from './mac-tree.ts';

export const allPath = `${metaData}all`;

type Json = Readonly<Record<string, unknown>>;

export interface AllTree extends MacTree {
  /** Of the primary, where the object has it. */
  readonly primaryIp?: Ip | undefined;
}

/**
 * The tree, or undefined where the object cannot stand for it: no such path, no JSON, no network part (a recorded one had ENIs
 * with nothing but gateway, netmask and id), or a primary ENI that it does not list. The caller then walks the tree.
 */
export function parseAll(responses: Responses): AllTree | undefined {
  const found = findMacs(responses);
  if (found === undefined) return undefined;
  const { all, macs } = found;
  const { folders, problems } = macFolders(Object.keys(macs).join('\n'));
  const primaryMac = parseMac(textOf(all.mac) ?? '');
  if (primaryMac === undefined || !folders.some(f => f.mac === primaryMac)) return undefined;
  if (!folders.every(f => isComplete(macs[f.name]))) return undefined;
  return {
    primaryMac,
    primaryIp: parseIp(textOf(all['private-ipv4']) ?? ''),
    problems,
    instanceId: readText('instance-id', all['instance-id']),
    enis: folders.map(({ mac, name }): EniKeys => {
      const eni = macs[name] as Json;
      return {
        mac,
        keys: value(new Set(Object.keys(eni))),
        text: key => readOwnPath(responses, `${macsPath}${name}/${key}`, key) ?? readText(key, eni[key]),
      };
    }),
  };
}

/** Paths of keys that the object has with an empty text, which says neither "absent" nor a value. */
export function emptyKeys(responses: Responses, wanted: readonly string[]): readonly string[] {
  const macs = findMacs(responses)?.macs ?? {};
  return macFolders(Object.keys(macs).join('\n')).folders.flatMap(({ name }) => {
    const eni = macs[name];
    if (!isObject(eni)) return [];
    return wanted
      .filter(key => key in eni && textOf(eni[key])?.trim() === '')
      .map(key => `${macsPath}${name}/${key}`);
  });
}

function findMacs(responses: Responses): { all: Json; macs: Json } | undefined {
  const response = responses[allPath];
  if (response?.status !== 200) return undefined;
  const all = parseJson(response.body);
  const network = isObject(all) ? all.network : undefined;
  const interfaces = isObject(network) ? network.interfaces : undefined;
  const macs = isObject(interfaces) ? interfaces.macs : undefined;
  return isObject(all) && isObject(macs) ? { all, macs } : undefined;
}

function isComplete(eni: unknown): boolean {
  if (!isObject(eni)) return false;
  const has = (key: string) => Object.hasOwn(eni, key);
  return (
    has('network-interface-id') &&
    has('primary-ip-address') &&
    has('private-ipv4s') &&
    (has('vswitch-cidr-block') || has('netmask'))
  );
}

/** The answer of the key's own path, where it was asked for. */
function readOwnPath(responses: Responses, path: string, key: string): Reading<string> | undefined {
  const response = responses[path];
  if (response === undefined) return undefined;
  if (response.status === 404) return absent;
  if (response.status === 200 && response.body.trim() !== '') return value(response.body);
  return unknown(`${key} is empty in meta-data/all and ${explainStatus(response)}`);
}

/** Lists are texts in their own encoding (`"[\"10.0.0.1\"]"`) or real arrays: no page says which, so both are read. */
function readText(key: string, json: unknown): Reading<string> {
  if (json === undefined) return absent;
  const text = textOf(json);
  if (text === undefined)
    return unknown(`${key} ${quote(JSON.stringify(json))} is neither a text nor a list`);
  return text.trim() === '' ? unknown(`${key} is empty in meta-data/all`) : value(text);
}

function textOf(json: unknown): string | undefined {
  if (typeof json === 'string') return json;
  if (typeof json === 'number') return String(json);
  const isList = Array.isArray(json) && json.every(entry => typeof entry === 'string');
  // An entry of an array may not hide a second one: it would be cut at its comma.
  if (!isList || json.some(entry => /[,\r\n]/.test(entry))) return undefined;
  return JSON.stringify(json);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
