// The tree that AWS and Alibaba Cloud share: meta-data/network/interfaces/macs/MAC/KEY, with listings of one name per line.
// Reading asks for a listing first, so that a key which is not there costs no request; parsing gives every key its three states.
// Which keys exist and what they mean is the provider's affair.
import { AgentError } from '../../errors.ts';
import type { Mac } from '../../model/address.ts';
import { parseMac } from '../../model/address.ts';
import type { Problem, Reading } from '../../model/instance.ts';
import { absent, unknown, value } from '../../model/instance.ts';
import { explainStatus } from '../judge-answer.ts';
import { parseListing } from '../lists.ts';
import type { MetadataClient, ReadMemory, Response, Responses } from '../provider.ts';
import { parseScalar, quote } from '../scalars.ts';

export const metaData = '/latest/meta-data/';
export const macsPath = `${metaData}network/interfaces/macs/`;
export const instanceIdPath = `${metaData}instance-id`;
const primaryMacPath = `${metaData}mac`;

/** The most that any cloud attaches is 80 (AWS trn1n.32xlarge); what lies above this is not read. */
export const mostEnis = 128;

/** One ENI as the tree shows it, before its values are parsed. */
export interface EniKeys {
  readonly mac: Mac;
  /** The keys that the ENI's folder lists. */
  readonly keys: Reading<ReadonlySet<string>>;
  /** The body of one key, in three states. */
  text(key: string): Reading<string>;
}

export interface MacTree {
  readonly primaryMac: Mac;
  readonly enis: readonly EniKeys[];
  readonly instanceId: Reading<string>;
  readonly problems: readonly Problem[];
}

/** A folder below macs/: the MAC as a value, and the name as it was listed, which is what the path needs. */
export interface MacFolder {
  readonly mac: Mac;
  readonly name: string;
}

/** Keys of an ENI that a provider reads: those that stay what they are while the ENI exists, and those that do not. */
export interface WantedKeys {
  readonly lasting: readonly string[];
  readonly changing: readonly string[];
}

/**
 * Reads the tree: 3 requests, one listing per ENI, and one request for each listed key that is wanted. With a memory: one request, one
 * for the primary, and two for each other ENI.
 */
export async function readMacTree(
  client: MetadataClient,
  wanted: WantedKeys,
  memory?: ReadMemory,
): Promise<Record<string, Response>> {
  const responses: Record<string, Response> = {};
  const get = async (path: string, due = true) => {
    const known = memory?.responses[path];
    responses[path] = known?.status === 200 && !due ? known : await client.get(path);
    return responses[path];
  };
  const [macs, primary] = await Promise.all([
    get(macsPath),
    get(primaryMacPath, false),
    get(instanceIdPath, false),
  ]);
  const readEni = async ({ mac, name }: MacFolder) => {
    const folder = `${macsPath}${name}/`;
    const isPrimary = parseMac(parseScalar(primary.body)) === mac;
    const due = memory === undefined ? undefined : keysInTurn(memory, folder, wanted, isPrimary);
    const isDue = (key: string) => due === undefined || due.has(key);
    const listing = await get(folder, isDue(''));
    if (listing.status !== 200) return;
    const listed = new Set(parseListing(listing.body));
    const keys = [...wanted.lasting, ...wanted.changing].filter(key => listed.has(key));
    await Promise.all(keys.map(key => get(folder + key, isDue(key))));
  };
  if (macs.status === 200) await Promise.all(macFolders(macs.body).folders.map(readEni));
  return responses;
}

/**
 * Keys of an ENI that are asked for this time, '' being its listing; undefined if it is new, so that all are. The first list of addresses
 * always; the listing (which shows a key that came or went) and the other lists in turns. Of the primary only the listing: nothing
 * of it is configured.
 */
function keysInTurn(
  { responses, turn }: ReadMemory,
  folder: string,
  { changing }: WantedKeys,
  isPrimary: boolean,
): ReadonlySet<string> | undefined {
  const listing = responses[folder];
  if (listing?.status !== 200) return undefined;
  if (isPrimary) return new Set(['']);
  const listed = parseListing(listing.body);
  const [first = '', ...others] = changing.filter(key => listed.includes(key));
  const inTurn = ['', ...others];
  return new Set([first, inTurn[turn % inTurn.length]!]);
}

/** The tree in `responses`. Throws as Provider.parse says. */
export function parseMacTree(responses: Responses): MacTree {
  const { folders, problems } = macFolders(requireBody(responses, macsPath));
  const primaryMac = requirePrimary(
    requireBody(responses, primaryMacPath),
    folders.map(f => f.mac),
  );
  return {
    primaryMac,
    instanceId: readOptional(responses, instanceIdPath),
    problems,
    enis: folders.map(({ mac, name }) => {
      const folder = `${macsPath}${name}/`;
      const keys = readFolder(responses, folder);
      return { mac, keys, text: key => readKey(responses, folder, keys, key) };
    }),
  };
}

/** The folders in a listing of macs/, and a Problem for each name that is none, is a repetition, or is one too many. */
export function macFolders(listing: string): { folders: readonly MacFolder[]; problems: readonly Problem[] } {
  const folders: MacFolder[] = [];
  const problems: Problem[] = [];
  const drop = (text: string) => problems.push({ subject: 'network/interfaces/macs', text });
  for (const name of parseListing(listing)) {
    const mac = parseMac(name);
    if (problems.length > mostEnis) break;
    if (mac === undefined) drop(`${quote(name)} is not a MAC address: this ENI is left out`);
    else if (folders.some(f => f.mac === mac)) drop(`${mac} is listed twice: it is read once`);
    else if (folders.length === mostEnis) drop(`${mac} is one more than ${mostEnis} ENIs: it is left out`);
    else folders.push({ mac, name });
  }
  return { folders, problems };
}

/**
 * The primary ENI's MAC. Throws unless it is one of the ENIs: an ENI that is wrongly taken for a secondary one is the one
 * mistake that cuts the VM off, so without this answer nothing is configured at all.
 */
export function requirePrimary(body: string, macs: readonly Mac[]): Mac {
  const text = parseScalar(body);
  const mac = parseMac(text);
  if (mac === undefined)
    throw new AgentError('metadata-invalid', `the metadata key "mac" is ${quote(text)}, not a MAC address`);
  if (!macs.includes(mac))
    throw new AgentError(
      'metadata-invalid',
      `the primary ENI ${mac} is not among the ENIs that the metadata lists`,
    );
  return mac;
}

/** The body of a path without which nothing can be said. Throws `metadata-unreachable` or `metadata-invalid`. */
export function requireBody(responses: Responses, path: string): string {
  const response = responses[path];
  if (response?.status === 200 && response.body.trim() !== '') return response.body;
  const noAnswer = response === undefined || response.status === 0;
  throw new AgentError(
    noAnswer ? 'metadata-unreachable' : 'metadata-invalid',
    `the metadata service did not give ${path}: ${explainStatus(response)}`,
  );
}

/** A path that no listing promised: 404 is absence here, everything else but a body is unknown. */
export function readOptional(responses: Responses, path: string): Reading<string> {
  const response = responses[path];
  if (response?.status === 404) return absent;
  if (response?.status === 200 && response.body.trim() !== '') return value(response.body);
  return unknown(`${path} ${explainStatus(response)}`);
}

/** The names that a folder lists. Never absent: a listing that did not come says nothing. */
export function readFolder(responses: Responses, path: string): Reading<ReadonlySet<string>> {
  const response = responses[path];
  if (response?.status !== 200 || response.body.trim() === '')
    return unknown(`the listing ${path} ${explainStatus(response)}`);
  return value(new Set(parseListing(response.body)));
}

/** The three states of a key: see Reading. `keys` is what the folder lists. */
export function readKey(
  responses: Responses,
  folder: string,
  keys: Reading<ReadonlySet<string>>,
  key: string,
): Reading<string> {
  if (keys.state !== 'value') return keys.state === 'absent' ? absent : keys;
  if (!keys.value.has(key)) return absent;
  const response = responses[folder + key];
  if (response?.status === 200 && response.body.trim() !== '') return value(response.body);
  // A 404 here is no absence: on AWS it also means "not propagated yet", and the listing has just said that the key is there.
  return unknown(`${key} is listed but ${explainStatus(response)}`);
}
