// JD Cloud: metadata as in its "instance metadata" page. The tree is its own and not EC2's: folders are numbered from 1 (the
// primary), a listing is a JSON array, a leaf is one value in JSON quotes or bare. It has no secondary addresses, no
// subnet, no gateway, no IPv6 and no MTU, so that every ENI needs DHCP. Knows nothing about HTTP or the kernel.
import { AgentError } from '../../errors.ts';
import { parseMac } from '../../model/address.ts';
import type { Instance, Problem, Reading } from '../../model/instance.ts';
import { unknown } from '../../model/instance.ts';
import type { ParsedEni } from '../assemble-instance.ts';
import { assembleInstance } from '../assemble-instance.ts';
import { emptyFamily, parseAddresses } from '../families.ts';
import { explainStatus } from '../judge-answer.ts';
import { parseListing } from '../lists.ts';
import type { MetadataClient, Provider, ReadMemory, Response, Responses } from '../provider.ts';
import { parseIdentifier, parseIndex, parseReading, quote } from '../scalars.ts';
import { mostEnis, readFolder, readKey, readOptional } from './mac-tree.ts';

/**
 * The documented tree, then the older name, which the vendor's own container software uses and which still answers; no page says
 * that both exist everywhere.
 */
const trees = ['/metadata/latest/', '/jcs-metadata/latest/'] as const;

const wantedKeys = ['mac', 'local-ipv4', 'network-interface-id', 'subnet-id'] as const;

/** Asked each time: a folder is numbered and not named, so that after a detach another ENI may stand in it. */
const changingKeys: readonly string[] = ['mac', 'local-ipv4'];

const primaryIndex = 1;

export const jdcloud: Provider = {
  name: 'jdcloud',
  title: 'JD Cloud',
  endpoint: 'http://169.254.169.254',
  fallbackEndpoint: undefined,
  // Seen in a log of the older tree; whether it is required is not documented, and it does no harm.
  headers: { 'Metadata-Flavor': 'JCS' },
  token: undefined,
  matches(dmi) {
    // Kernel logs say "Hardware name: JD JCloud Iaas Jvirt", which is sys_vendor and product_name with a space between.
    if (/^jcloud\b/i.test(dmi.productName)) return `product_name is ${quote(dmi.productName)}`;
    if (dmi.sysVendor === 'JD') return 'sys_vendor is "JD"';
    return undefined;
  },
  read: readJdcloud,
  parse: parseJdcloud,
};

async function readJdcloud(client: MetadataClient, memory?: ReadMemory): Promise<Responses> {
  const responses: Record<string, Response> = {};
  const get = async (path: string, due = true) => {
    const known = memory?.responses[path];
    responses[path] = known?.status === 200 && !due ? known : await client.get(path);
    return responses[path];
  };
  for (const tree of trees) {
    if (listsEnis(await get(`${tree}network/`))) break;
  }
  const tree = treeOf(responses);
  if (tree === undefined) return responses;
  const readEni = async (index: number) => {
    const folder = `${tree}network/${index}/`;
    const listing = await get(folder, false);
    if (listing.status !== 200) return;
    const listed = new Set(parseListing(listing.body));
    await Promise.all(
      wantedKeys.filter(key => listed.has(key)).map(key => get(folder + key, changingKeys.includes(key))),
    );
  };
  const { indices } = eniIndices(responses[`${tree}network/`]!.body);
  await Promise.all([get(`${tree}instance-id`, false), ...indices.map(readEni)]);
  return responses;
}

function parseJdcloud(responses: Responses): Instance {
  const tree = treeOf(responses);
  if (tree === undefined) throw noTree(responses);
  const { indices, problems } = eniIndices(responses[`${tree}network/`]!.body);
  if (!indices.includes(primaryIndex))
    throw new AgentError(
      'metadata-invalid',
      `the primary ENI, network/${primaryIndex}, is not among the ENIs that the metadata lists`,
    );
  const parsed = indices.map(index => parseEni(responses, `${tree}network/${index}/`, index));
  return assembleInstance({
    provider: 'jdcloud',
    instanceId: readOptional(responses, `${tree}instance-id`),
    enis: parsed.flatMap(p => ('eni' in p ? [p] : [])),
    problems: [...problems, ...parsed.flatMap(p => ('eni' in p ? [] : [p]))],
  });
}

/** The ENI, or a Problem where it cannot be told which link it is. Throws `metadata-invalid` if that happens to the primary. */
function parseEni(responses: Responses, folder: string, index: number): ParsedEni | Problem {
  const keys = readFolder(responses, folder);
  // Every ENI has these four: one that is missing is late, or the service failed.
  const text = (key: string): Reading<string> => {
    const reading = readKey(responses, folder, keys, key);
    return reading.state === 'absent' ? unknown(`${key} is not there yet`) : reading;
  };
  const mac = parseReading('mac', 'a MAC address', text('mac'), parseMac);
  if (mac.state !== 'value') {
    const why = mac.state === 'unknown' ? mac.why : 'mac is missing';
    if (index === primaryIndex)
      throw new AgentError('metadata-invalid', `the primary ENI, network/${index}, is not known: ${why}`);
    return { subject: `ENI network/${index}`, text: `${why}: this ENI is left out` };
  }
  const id = parseReading('network-interface-id', 'an id', text('network-interface-id'), parseIdentifier);
  const subnetId = parseReading('subnet-id', 'an id', text('subnet-id'), parseIdentifier);
  const addresses = parseAddresses('local-ipv4', 4, text('local-ipv4'));
  return {
    eni: {
      mac: mac.value,
      id: id.state === 'value' ? id.value : undefined,
      subnetId: subnetId.state === 'value' ? subnetId.value : undefined,
      primary: index === primaryIndex,
      carriesIp: true,
      networkCard: 0,
      deviceIndex: index,
      mtu: undefined,
      needsDhcp: true,
      ipv4: {
        ...emptyFamily,
        addresses: addresses.state === 'absent' ? unknown('local-ipv4 is empty') : addresses,
      },
      ipv6: emptyFamily,
    },
    others: [id, subnetId],
  };
}

/** The first tree whose network/ lists at least one number. */
function treeOf(responses: Responses): string | undefined {
  return trees.find(tree => listsEnis(responses[`${tree}network/`]));
}

function listsEnis(response: Response | undefined): boolean {
  return response?.status === 200 && eniIndices(response.body).indices.length > 0;
}

/** Numbers in a listing of network/: `["1/","2/"]` or `["1","2"]`. There are holes after an ENI was detached. */
function eniIndices(listing: string): { indices: readonly number[]; problems: readonly Problem[] } {
  const indices: number[] = [];
  const problems: Problem[] = [];
  for (const name of parseListing(listing)) {
    const index = parseIndex(name);
    if (problems.length > mostEnis) break;
    const drop = (text: string) => problems.push({ subject: 'network', text });
    if (index === undefined) drop(`${quote(name)} is not the number of an ENI: this ENI is left out`);
    else if (indices.includes(index)) drop(`${index} is listed twice: it is read once`);
    else if (indices.length === mostEnis) drop(`${index} is one more than ${mostEnis} ENIs: it is left out`);
    else indices.push(index);
  }
  return { indices, problems };
}

function noTree(responses: Responses): AgentError {
  const answers = trees.map(tree => responses[`${tree}network/`]);
  const silent = answers.every(answer => answer === undefined || answer.status === 0);
  const seen = trees.map((tree, i) => `${tree}network/ ${explainStatus(answers[i])}`).join(', ');
  return new AgentError(
    silent ? 'metadata-unreachable' : 'metadata-invalid',
    `the metadata service did not list the ENIs: ${seen}`,
  );
}
