// The largest machine that any cloud has, with containers that come and go beside the ENIs: what the daemon uses, whom none of it concerns.
import { destroyAgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import { daemonCpuMs, startDaemon } from './agent-daemon.ts';
import type { Bench } from './bench.ts';
import { createBenchHost } from './bench-host.ts';
import { figure } from './figures.ts';
import { inNodeStarts, nodeStartMs } from './node-start.ts';
import { enisOf, nameOf, type Size } from './sizes.ts';

const size: Size = { enis: 60, addresses: 50 };

export const busy: Bench = {
  name: 'busy',
  async run({ quick, bundle, say }) {
    const [containers, seconds] = quick ? [100, 60] : [1000, 600];
    const host = await createBenchHost({ name: 'busy', enis: enisOf(size), bundle });
    try {
      say(`busy ${nameOf(size)}: the daemon starts`);
      await startDaemon(host);
      const pause = seconds / containers;
      say(`busy ${nameOf(size)}: ${containers} containers in ${seconds} s`);
      const before = daemonCpuMs(host);
      await guestOk(host.guest, ['bash', '-c', comeAndGo, 'bash', String(containers), String(pause / 2)], {
        timeout: 4 * seconds * 1000,
      });
      const cpuMs = daemonCpuMs(host) - before;
      return {
        rows: [
          {
            bench: 'busy',
            size: nameOf(size),
            subject: `${containers} containers come and go in ${seconds} s`,
            measured: `${figure(cpuMs / 1000)} s CPU`,
            ...inNodeStarts(cpuMs, await nodeStartMs()),
          },
        ],
      };
    } finally {
      await destroyAgentHost(host);
    }
  },
};

/** A pair of veths as a container engine makes one, with an address, and a moment later it is gone. */
const comeAndGo = `containers=$1 pause=$2
for ((i = 0; i < containers; i++)); do
  ip link add "veth$i" type veth peer name "vpeer$i" || exit
  ip link set "veth$i" up && ip addr add "172.18.$((i / 250)).$((i % 250 + 1))/32" dev "veth$i" || exit
  sleep "$pause"
  ip link del "veth$i" || exit
  sleep "$pause"
done`;
