// Another VM in one of the guest's subnets: a namespace of its own on a router port of its own. As in a real VPC the two share
// a subnet but no wire: the router answers ARP and neighbour discovery for each of them, and everything passes through it.
import { prefixLengthOf } from '../../agent/model/address.ts';
import { run, slack } from './command.ts';
import { createNamespace, inNamespace, ipBatch, labName } from './namespace.ts';
import { plugPort } from './router-port.ts';
import { syncProxies, type Vpc } from './vpc.ts';
import { type EniSpec, parseEni, type VpcEni } from './vpc-spec.ts';

export interface Neighbour {
  readonly namespace: string;
  readonly eni: VpcEni;
}

/** Adds a VM with one statically configured ENI; it goes with the VPC. */
export async function addNeighbour(vpc: Vpc, spec: EniSpec): Promise<Neighbour> {
  const eni = parseEni(vpc.provider, spec, vpc.nextIndex++);
  const namespace = labName(vpc.name, `neighbour${eni.index}`);
  await createNamespace(namespace);
  vpc.neighbours.set(namespace, eni);
  await plugPort(vpc.router, namespace, vpc.provider, eni);
  await ipBatch(namespace, [
    `link set dev ${eni.link} up`,
    ...eni.subnets.flatMap(({ family, subnet, addresses, gateway }) => [
      ...addresses.map(
        a => `addr add ${a}/${prefixLengthOf(subnet)} dev ${eni.link}${family === 6 ? ' nodad' : ''}`,
      ),
      `route add default via ${gateway} dev ${eni.link}`,
    ]),
  ]);
  await syncProxies(vpc);
  return { namespace, eni };
}

/** True if the neighbour gets an answer from `address`, tried for `patience` ms. */
export async function neighbourPings(
  neighbour: Neighbour,
  address: string,
  patience = 15_000,
): Promise<boolean> {
  const argv = await inNamespace(neighbour.namespace, ['ping', '-n', '-q', '-c', '1', '-W', '1', address]);
  const end = Date.now() + slack * patience;
  do {
    if ((await run(argv)).exitCode === 0) return true;
  } while (Date.now() < end);
  return false;
}
