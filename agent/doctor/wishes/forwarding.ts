// A router or NAT appliance: does the kernel forward where `forward = yes` says so, and does a machine that forwards know of the option?
import type { Family } from '../../model/address.ts';
import { listed } from '../../model/listed.ts';
import type { Inspection } from '../../pass/inspect.ts';
import type { PassContext } from '../../pass/pass.ts';
import { type Finding, ok } from '../finding.ts';

const check = 'forward';
const switches: Readonly<Record<Family, string>> = {
  4: 'net.ipv4.ip_forward',
  6: 'net.ipv6.conf.all.forwarding',
};

/** The agent itself never sets these: a machine that forwards is open to all its networks. None where there is nothing to say. */
export async function forwarding(
  inspection: Inspection,
  { settings, system }: Pick<PassContext, 'settings' | 'system'>,
): Promise<readonly Finding[]> {
  const isOn = async (family: Family) =>
    (await system.readFile(`/proc/sys/${switches[family].replaceAll('.', '/')}`))?.trim() === '1';
  const routers = inspection.enis
    .map(e => e.plan)
    .filter(plan => settings.enis.get(plan.mac)?.forward === true);
  if (routers.length === 0) return (await isOn(4)) ? unexplained(inspection) : [];
  const off: Family[] = [];
  for (const family of [4, 6] as const) {
    const wanted = routers.some(plan => plan.addresses.some(a => a.family === family));
    if (wanted && !(await isOn(family))) off.push(family);
  }
  const links = listed(routers.map(plan => plan.link));
  if (off.length === 0) return [ok(check, `the kernel forwards to the subnets of ${links}`)];
  const names = off.map(family => switches[family]);
  const first = off.includes(6) ? await keptAdvertisements(inspection, system) : [];
  return [
    {
      check,
      verdict: 'warning',
      saw: `${links} ${routers.length === 1 ? 'has' : 'have'} forward = yes, and ${listed(names)} ${off.length === 1 ? 'is' : 'are'} 0: nothing is forwarded`,
      hint: `sysctl -w ${[...first, ...names.map(name => `${name}=1`)].join(' ')}, and the same in a file in /etc/sysctl.d`,
    },
  ];
}

/**
 * A kernel that forwards IPv6 drops the default routes that it has from router advertisements, and takes no more of them, unless the link has
 * accept_ra 2 before (Linux, Documentation/networking/ip-sysctl.rst). The machine would have no IPv6 by its primary.
 */
async function keptAdvertisements(
  { primaryLink }: Inspection,
  system: PassContext['system'],
): Promise<readonly string[]> {
  const value = await system.readFile(`/proc/sys/net/ipv6/conf/${primaryLink}/accept_ra`);
  return value?.trim() === '1' ? [`net.ipv6.conf.${primaryLink}.accept_ra=2`] : [];
}

/** Only where nothing else on the machine is a reason to forward: containers, VPNs and virtual machines have links that are no NIC. */
function unexplained({ enis, kernel }: Inspection): readonly Finding[] {
  const others = kernel.links.filter(l => l.name !== 'lo' && !l.physical);
  if (enis.length === 0 || others.length > 0) return [];
  const saw = `${switches[4]} is 1: on a router or NAT appliance an ENI needs "forward = yes" in its section`;
  return [ok(check, `${saw}; the default rules lose what it forwards to the ENI's subnet`)];
}
