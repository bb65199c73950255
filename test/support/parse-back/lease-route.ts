// Where the connected route of a leased address ends up: it is in no file, so the parsers of the backends cannot show it. For the
// backends that move it by a key of their own. Source: networkd of 237 to 257, NetworkManager 1.10 to 1.52.
import type { BackendName, HostFacts } from '../../../agent/model/host.ts';
import { mainTable } from '../../../agent/model/network-plan.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { sourced } from './initscripts.ts';
import { dispatcherScripts } from './networkd.ts';
import { readKeyfile } from './networkmanager-keyfile.ts';

type Reader = (files: readonly RenderedFile[], link: string, facts: HostFacts) => boolean;

/** True if main has the connected route of the address that DHCP brings to `link`. */
export const leavesRouteInMain: Readonly<Partial<Record<BackendName, Reader>>> = {
  networkd: inNetworkd,
  netplan: inNetworkd,
  'networkmanager-keyfile': (files, link) => {
    const profile = files.find(f => f.path.endsWith(`/system-connections/eni-${link}.nmconnection`));
    const table = readKeyfile(profile?.content ?? '')
      .get('ipv4')
      ?.get('route-table');
    // 0 is "not set".
    return [0, mainTable].includes(Number(table ?? 0));
  },
  'networkmanager-ifcfg': (files, link) => {
    const text = (name: string) => files.find(f => f.path.endsWith(`/network-scripts/${name}`))?.content;
    // Such a file turns the key off.
    if (text(`rule-${link}`) !== undefined || text(`rule6-${link}`) !== undefined) return true;
    return [0, mainTable].includes(Number(sourced(text(`ifcfg-${link}`))?.get('IPV4_ROUTE_TABLE') ?? 0));
  },
};

/** From 246 on the route is networkd's own, in RouteTable=; before, it is the kernel's, in main, until somebody deletes it. */
function inNetworkd(files: readonly RenderedFile[], link: string, facts: HostFacts): boolean {
  const version = Number.parseInt(facts.versions.systemd ?? '999', 10);
  if (version < 246) {
    const deletes = new RegExp(`^ip -4 route del \\S+ dev ${link} proto kernel table ${mainTable} `, 'm');
    return !dispatcherScripts(files, link).some(script => deletes.test(script));
  }
  const text = files.filter(f => f.path.includes(`-eni-${link}.network`)).map(f => f.content);
  const sections = text.join('\n').split(/^(?=\[)/m);
  const table = sections
    .filter(s => s.startsWith('[DHCPv4]') || s.startsWith('[DHCP]'))
    .flatMap(s => [...s.matchAll(/^RouteTable=(\d+)$/gm)])
    .at(-1)?.[1];
  return Number(table ?? mainTable) === mainTable;
}
