// ISC dhclient with Debian's dhclient-script (4.4): takes a lease from a made-up server and does to the machine what the script
// does, the harm included: a default route in main and a new resolv.conf, unless an enter hook keeps them away.
import { type Ip, parseIp } from '../../agent/model/address.ts';
import type { CommandResult } from '../../agent/system/system.ts';
import { runIp, type Step } from './fake-ip.ts';
import { allOnes, UnknownCommand } from './fake-ip-words.ts';
import type { FakeKernel } from './fake-kernel.ts';

export interface Offer {
  readonly ip: string;
  readonly prefixLength: number;
  readonly router: string;
}

/** What the server has for each MAC. */
export type DhcpServer = ReadonlyMap<string, Offer>;

export interface DhclientHost {
  readonly kernel: FakeKernel;
  readonly readFile: (path: string) => string | undefined;
  readonly writeFile: (path: string, content: string) => void;
  readonly listFolder: (path: string) => readonly string[];
  readonly dhcp: DhcpServer;
  readonly step: Step;
}

const hookFolder = '/etc/dhcp/dhclient-enter-hooks.d';

export function obtainLease(host: DhclientHost, link: string): CommandResult {
  const offer = host.dhcp.get(host.kernel.link(link).mac ?? '');
  if (offer === undefined) throw new UnknownCommand(`dhclient: no server for ${link} is not modelled`);
  const tamed = readHooks(host, link);
  const length = tamed.hostMask ? 32 : offer.prefixLength;
  runIp(host.kernel, ['link', 'set', 'dev', link, 'up'], '', host.step);
  const broadcast = allOnes(parseIp(offer.ip) as Ip, length);
  const words = ['addr', 'add', `${offer.ip}/${length}`, 'broadcast', broadcast, 'dev', link, 'dynamic'];
  const added = runIp(host.kernel, ['-4', ...words], '', host.step);
  // The script goes on whatever `ip` says: a renewal finds its address there.
  if (!tamed.unset.has('routers'))
    runIp(host.kernel, ['-4', 'route', 'add', 'default', 'via', offer.router, 'dev', link], '', host.step);
  if (!tamed.ownResolvConf)
    host.writeFile('/etc/resolv.conf', `# from the lease of ${link}\nnameserver 192.0.2.53\n`);
  host.writeFile(`/var/lib/dhcp/dhclient.${link}.leases`, leaseText(link, offer));
  return { ...added, exitCode: 0 };
}

export function releaseLease(host: DhclientHost, link: string): CommandResult {
  const found = host.kernel.addresses.find(a => a.link === link && a.dynamic);
  if (found !== undefined) {
    host.step(`dhclient -r ${link}`);
    host.kernel.deleteAddress(link, found.ip, found.prefixLength);
  }
  return { exitCode: 0, stdout: '', stderr: '' };
}

/** What the hooks of that folder do for one link: `case "$eni_agent_link" in "LINK MAC"|...) ... ;; esac`. */
function readHooks(host: DhclientHost, link: string) {
  const unset = new Set<string>();
  let [hostMask, ownResolvConf] = [false, false];
  for (const name of host.listFolder(hookFolder)) {
    const text = host.readFile(`${hookFolder}/${name}`) ?? '';
    for (const [, links, body] of text.matchAll(/case "\$eni_agent_link" in\n(.*)\)\n([\s\S]*?);;\nesac/g)) {
      if (!links!.split('|').includes(`"${link} ${host.kernel.link(link).mac}"`)) continue;
      for (const [, variable] of body!.matchAll(/\bunset\b.*?\bnew_(\w+)/g)) unset.add(variable!);
      if (body!.includes('new_subnet_mask=255.255.255.255')) hostMask = true;
      if (body!.includes('make_resolv_conf() { :; }')) ownResolvConf = true;
    }
  }
  return { unset, hostMask, ownResolvConf };
}

function leaseText(link: string, offer: Offer): string {
  const mask = '1'.repeat(offer.prefixLength).padEnd(32, '0');
  const bytes = [0, 8, 16, 24].map(at => Number.parseInt(mask.slice(at, at + 8), 2)).join('.');
  return `lease {
  interface "${link}";
  fixed-address ${offer.ip};
  option subnet-mask ${bytes};
  option routers ${offer.router};
  option dhcp-lease-time 3600;
}
`;
}
