// A host with N links in a namespace of its own, and beyond them a namespace that throws everything away: for what needs a kernel but
// no cloud and no VM (packets, the kernel's floor).
import { createNamespace, ipBatch, labName, removeNamespace, runIn } from '../lab/namespace.ts';
import { parseEni, type VpcEni } from '../lab/vpc-spec.ts';
import { enisOf, type Size } from './sizes.ts';

export interface SenderHost {
  readonly name: string;
  readonly enis: readonly VpcEni[];
  readonly remove: () => void;
}

export async function createSenderHost(label: string, size: Size): Promise<SenderHost> {
  const [name, sink] = [labName(label, 'host'), labName(label, 'sink')];
  const enis = enisOf(size).map((spec, n) => parseEni('aws', spec, n));
  const remove = () => {
    for (const namespace of [name, sink]) removeNamespace(namespace);
  };
  try {
    for (const namespace of [name, sink]) {
      await createNamespace(namespace);
      // No packet but those that are measured: no neighbour discovery, no router solicitation.
      const off = ['all', 'default'].map(what => `net.ipv6.conf.${what}.disable_ipv6=1`);
      await runIn(namespace, ['sysctl', '-qw', ...off]);
    }
    await ipBatch(
      sink,
      enis.flatMap(eni => [
        `link add ${eni.port} type veth peer name ${eni.link} address ${eni.mac} netns ${name}`,
        `link set dev ${eni.port} up`,
      ]),
    );
    return { name, enis, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
