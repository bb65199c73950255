// The DHCP service of one ENI, as a cloud has it: one fixed address for the MAC, with mask, router, DNS and domain. The
// router and DNS options are what a careless client turns into a second default route and a foreign resolv.conf.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { netmaskOf, networkAddress, prefixLengthOf } from '../../agent/model/address.ts';
import { type Background, startBackground, waitFor } from './command.ts';
import { inNamespace } from './namespace.ts';
import type { VpcEni } from './vpc-spec.ts';

export interface DhcpServer {
  log(): string;
  stop(): Promise<void>;
}

/** The name server that the DHCP answer of this ENI names; a test looks for it in resolv.conf. */
export function dhcpNameServer(eni: VpcEni): string {
  return `198.18.${eni.index}.53`;
}

/** Starts dnsmasq on the ENI's port. Undefined if the ENI has neither DHCP nor router advertisements. */
export async function startDhcp(router: string, eni: VpcEni, dir: string): Promise<DhcpServer | undefined> {
  const v4 = eni.dhcp ? eni.subnets.find(subnet => subnet.family === 4) : undefined;
  const v6 = eni.advertise ? eni.subnets.find(subnet => subnet.family === 6) : undefined;
  if (v4 === undefined && v6 === undefined) return undefined;
  const leases = join(dir, `${eni.port}.leases`);
  writeFileSync(leases, '', { flag: 'a' });
  const argv = [
    'dnsmasq',
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--user=root',
    '--no-resolv',
    '--no-hosts',
    '--port=0',
    `--interface=${eni.port}`,
    '--bind-interfaces',
    '--except-interface=lo',
    '--log-facility=-',
    '--log-dhcp',
    // Two labs side by side would else quarrel about /run/dnsmasq.pid.
    `--pid-file=${join(dir, `${eni.port}.pid`)}`,
    `--dhcp-leasefile=${leases}`,
  ];
  if (v4 !== undefined) {
    const mask = netmaskOf(prefixLengthOf(v4.subnet));
    argv.push(
      // The address is reserved, so the probe ping (3 s with no answer) has nothing to find.
      '--no-ping',
      `--dhcp-range=${networkAddress(v4.subnet)},static,${mask},1h`,
      `--dhcp-host=${eni.mac},${v4.addresses[0]}`,
      `--dhcp-option=option:router,${v4.gateway}`,
      `--dhcp-option=option:dns-server,${dhcpNameServer(eni)}`,
      `--dhcp-option=option:domain-name,${eni.port}.example`,
    );
  }
  if (v6 !== undefined)
    argv.push(
      '--enable-ra',
      `--dhcp-range=${networkAddress(v6.subnet)},ra-only,64,1h`,
      `--ra-param=${eni.port},4,600`,
    );
  const server: Background = startBackground(await inNamespace(router, argv));
  // "started" is its first line once all sockets are bound.
  const ready = await waitFor(() => server.output().includes('started, version') || !server.running(), 3000);
  if (!ready || !server.running()) {
    await server.stop();
    throw new Error(`dnsmasq for ${eni.link} did not start: ${server.output().trim()}`);
  }
  return { log: server.output, stop: server.stop };
}
