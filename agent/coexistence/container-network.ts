// Container networks (CNIs) that take the ENIs of a node for their pods, and how each shows. Their ENIs are theirs: they put addresses,
// tables and rules there that no metadata tells from an ordinary ENI's. Numbers and paths: sources of Amazon VPC CNI 1.23, terway (July
// 2026), Cilium; those of JD Cloud's from its documentation.
import type { KernelRule, KernelState } from '../model/kernel-state.ts';

export interface ContainerNetwork {
  readonly name: string;
  /** Files and sockets of its own. /etc outlives a reboot, /run is there where the configuration lies in another folder (k3s). */
  readonly paths: readonly string[];
  /** What it leaves in the kernel, as a word for the document. */
  readonly kernelTrace?: string;
  /** What it has put into the kernel; undefined if nothing is there. */
  readonly inKernel: (kernel: KernelState) => string | undefined;
}

export const containerNetworks: readonly ContainerNetwork[] = [
  {
    name: 'Amazon VPC CNI',
    paths: ['/etc/cni/net.d/10-aws.conflist', '/run/aws-node'],
    kernelTrace: 'from POD lookup N priority 1536',
    // Rule 1536 for each pod of a secondary ENI, table device number + 1 (of further network cards 10000 and up).
    inKernel: kernel =>
      podRule(kernel, 1536, table => (table > 1 && table < 100) || (table >= 10_000 && table < 11_000)),
  },
  {
    // Its tasks in the network mode awsvpc get ENIs of their own, or branches of a trunk ENI, which it moves into their network namespace.
    // Nothing in the kernel tells such an ENI from another one before that, so that the folder of its agent has to do.
    name: 'Amazon ECS',
    paths: ['/var/lib/ecs'],
    inKernel: () => undefined,
  },
  {
    name: 'terway',
    paths: [
      '/etc/cni/net.d/10-terway.conflist',
      '/etc/cni/net.d/10-terway.conf',
      '/run/eni',
      '/var/lib/cni/terway',
    ],
    kernelTrace: 'from POD lookup 1000+INDEX priority 2048',
    // Table 1000 + index of the ENI's link.
    inKernel: kernel =>
      podRule(kernel, 2048, table => kernel.links.some(l => l.physical && table === 1000 + l.index)),
  },
  {
    name: 'Cilium',
    paths: ['/etc/cni/net.d/05-cilium.conflist', '/run/cilium'],
    kernelTrace: 'cilium_host',
    // Its host device is there in every mode; that a mode takes no ENIs cannot be told until the first pod runs.
    inKernel: ({ links }) => (links.some(l => l.name === 'cilium_host') ? 'the link cilium_host' : undefined),
  },
  {
    name: "JD Cloud's CNI",
    paths: [],
    kernelTrace: 'from POD lookup 100 priority 1536',
    inKernel: kernel => podRule(kernel, 1536, table => table === 100),
  },
];

export interface FoundContainerNetwork {
  readonly name: string;
  readonly evidence: string;
}

/** The container networks of this machine; usually none. */
export function findContainerNetworks(
  paths: readonly string[],
  kernel: KernelState,
): readonly FoundContainerNetwork[] {
  return containerNetworks.flatMap(({ name, paths: own, inKernel }) => {
    const evidence = own.find(p => paths.includes(p)) ?? inKernel(kernel);
    return evidence === undefined ? [] : [{ name, evidence }];
  });
}

/** Why ENIs that the configuration does not name are left alone; undefined where they are not. */
export function containerNetworkClaim(
  found: readonly FoundContainerNetwork[],
  leave: boolean,
): string | undefined {
  const [first] = found;
  if (first === undefined || !leave) return undefined;
  return `${first.name} is present (${first.evidence}) and takes ENIs for its pods; give an ENI that is not for pods an [eni "MAC"] section`;
}

/**
 * `from POD lookup TABLE` with the CNI's priority, whose table has a default route by a NIC: a rule alone could be an administrator's.
 */
function podRule(
  kernel: KernelState,
  priority: number,
  isTable: (table: number) => boolean,
): string | undefined {
  const nics = new Set(kernel.links.filter(l => l.physical).map(l => l.name));
  const hasDefault = (table: number) =>
    kernel.routes.some(
      r =>
        r.table === table &&
        /^(0\.0\.0\.0|::)\/0$/.test(r.destination) &&
        r.link !== undefined &&
        nics.has(r.link),
    );
  const isPod = (r: KernelRule) => r.from !== undefined && /\/(32|128)$/.test(r.from);
  const rule = kernel.rules.find(
    r =>
      r.priority === priority && isPod(r) && r.table !== undefined && isTable(r.table) && hasDefault(r.table),
  );
  return rule && `the rule ${priority}: from ${rule.from} lookup ${rule.table}`;
}
