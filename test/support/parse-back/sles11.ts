// Reads our files as the ifup scripts of SLES 11 would: ifcfg sourced by a shell, POST_UP_SCRIPT run from scripts/.
import type { HostFacts } from '../../../agent/model/host.ts';
import type { RenderedFile } from '../../../renderers/renderer.ts';
import { sourced } from './initscripts.ts';
import { type KernelLines, kernelLines, leakedDefault } from './kernel-lines.ts';
import { ShellState } from './shell-lines.ts';
import { addressesOf, executable } from './wicked.ts';

const folder = '/etc/sysconfig/network';

export function parseBack(files: readonly RenderedFile[], link: string, _facts: HostFacts): KernelLines {
  const text = (name: string) => files.find(f => f.path === `${folder}/${name}`)?.content;
  const ifcfg = sourced(text(`ifcfg-${link}`));
  if (ifcfg === undefined || !['auto', 'hotplug'].includes(ifcfg.get('STARTMODE') ?? 'manual'))
    return { addresses: [], routes: [], rules: [] };
  // ifup-route takes a default route there for main's.
  if (text(`ifroute-${link}`) !== undefined) throw new Error('ifroute is not safe for a table');
  // A length is inherited from the address before, so each has to have its own.
  for (const [name, value] of ifcfg)
    if (name.startsWith('IPADDR') && !value.includes('/')) throw new Error(`${name} without a length`);
  const shell = new ShellState(link);
  const script = ifcfg.get('POST_UP_SCRIPT');
  // The value goes through `eval echo`; the bare name is found below scripts/.
  if (script !== undefined) shell.runScript(executable(files, `${folder}/scripts/${script}`));
  const leased = ifcfg.get('BOOTPROTO') === 'dhcp4' && ifcfg.get('DHCLIENT_SET_DEFAULT_ROUTE') !== 'no';
  const advertised = !/^net\.ipv6\.conf\.\$INTERFACE\.accept_ra = 0$/m.test(text(`ifsysctl-${link}`) ?? '');
  const hasIpv4 = [...ifcfg.keys()].some(name => /^IPADDR(_\d+)?$/.test(name));
  const linkLocal = hasIpv4 && ifcfg.get('LINKLOCAL_INTERFACES') !== '';
  return kernelLines({
    addresses: addressesOf(ifcfg, link),
    routes: [
      ...shell.routes,
      ...(leased ? [leakedDefault('dhcp', link)] : []),
      // The global list is eth* and others; a link without IPv4 is left out.
      ...(linkLocal ? [`route 254 169.254.0.0/16 dev ${link}`] : []),
      ...(advertised ? [leakedDefault('ra', link)] : []),
    ],
    rules: shell.rules,
  });
}
