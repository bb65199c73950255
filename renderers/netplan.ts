// Backend netplan in front of systemd-networkd (Ubuntu 18.04 and later, Debian 12 and 13): one YAML file per ENI, and a drop-in of
// networkd for what the YAML cannot say. Source: netplan 0.36 to 1.1.2 (generator executed from 0.36 on), systemd 237 to 257.
//
// The YAML keeps to keys that every netplan since 0.36 knows: an unknown key fails the whole configuration, and the primary is
// lost at the next boot. In the drop-in an unknown key is a warning.
import type { HostFacts } from '../agent/model/host.ts';
import { type EniPlan, mainTable, type NetworkPlan, type PlannedRoute } from '../agent/model/network-plan.ts';
import { linkWord } from './formats/ip-commands.ts';
import { encodeSystemdIni } from './formats/systemd-ini.ts';
import { versionAtLeast } from './formats/version-order.ts';
import { encodeYaml, type YamlValue } from './formats/yaml.ts';
import { findNetplanClaims } from './netplan-claims.ts';
import { isLive, networkdCommands } from './networkd-activation.ts';
import {
  broadcastFor,
  dhcpSection,
  dispatcherFiles,
  dispatcherFor,
  isOnLink,
  nicOnly,
  routeSections,
  ruleSections,
  systemdAtLeast,
} from './networkd-sections.ts';
import { type Command, type EniChange, marker, type RenderedFile, type Renderer } from './renderer.ts';

const yamlFolder = '/etc/netplan';
const networkFolder = '/etc/systemd/network';
const dropInName = '50-eni-agent.conf';

/**
 * The id of the ENI in the YAML. networkd takes the first generated file that matches, in the order of the ids: `00-` comes before
 * the catch-alls of cloud images (Debian 12 and 13: `all-en`, `all-eth`), which would bring DHCP and a default route in main.
 */
function idOf(link: string): string {
  return `00-eni-${linkWord(link)}`;
}

function generatedName(link: string): string {
  return `10-netplan-${idOf(link)}.network`;
}

export const netplan: Renderer = {
  name: 'netplan',
  title: 'netplan on systemd-networkd, /etc/netplan (loaded by its generator and networkctl reload)',
  proven: false,
  ownFiles: [
    { dir: yamlFolder, name: /^60-eni-[a-zA-Z0-9_.-]+\.yaml$/ },
    // A path below `dir`: the drop-in lies in a folder that carries the name of the generated file.
    {
      dir: networkFolder,
      name: /^10-netplan-00-eni-[a-zA-Z0-9_.-]+\.network\.d\/50-eni-agent\.conf$/,
    },
    dispatcherFiles,
  ],

  render(plan: NetworkPlan, facts: HostFacts): readonly RenderedFile[] {
    return plan.enis.flatMap(eni => [
      // 0600: netplan warns about anything that others can read (0.106 and later).
      {
        path: `${yamlFolder}/60-eni-${linkWord(eni.link)}.yaml`,
        mode: 0o600,
        content: renderYaml(eni, facts),
      },
      // 0644: networkd reads as the user systemd-network.
      {
        path: `${networkFolder}/${generatedName(eni.link)}.d/${dropInName}`,
        mode: 0o644,
        content: renderDropIn(eni, facts),
      },
      ...dispatcherFor(eni, facts),
    ]);
  },

  /**
   * The generator is called by itself, on a private root that holds a copy of all netplan folders with our change: the command
   * `netplan generate` ends with a daemon-reload on 1.1.2, and on every version it rewrites each live file below
   * /run/systemd/network, so that networkd 252 takes the primary's address away at the next reload. Whoever runs these commands
   * prepares that root before them, and between them installs the one generated file of each changed ENI. Never `netplan apply`.
   */
  activate(changes: readonly EniChange[], facts: HostFacts): readonly Command[] {
    if (changes.length === 0) return [];
    const validate: Command = {
      phase: 'validate',
      argv: [generatorOf(facts), '--root-dir', netplanRoot],
    };
    const remove = changes.flatMap(staleLink).flatMap((link): readonly Command[] => [
      { phase: 'after-write', argv: ['rm', '-f', `/run/systemd/network/${generatedName(link)}`] },
      // The folder of the drop-in; it stays where somebody else has a drop-in there.
      { phase: 'after-write', argv: ['rmdir', `${networkFolder}/${generatedName(link)}.d`], mayFail: true },
    ]);
    return [validate, ...networkdCommands(changes, facts, remove)];
  },

  claims: (link, facts) => findNetplanClaims(link, facts, generatedName(link)),

  live: isLive,
};

/** Private root of the generator; prepared by the transaction. */
export const netplanRoot = '/run/eni-agent/netplan-root';

/** The generator moved to /usr/libexec with 0.106. */
function generatorOf(facts: HostFacts): string {
  const known = ['/usr/libexec/netplan/generate', '/usr/lib/netplan/generate', '/lib/netplan/generate'];
  const found = known.find(path => facts.paths.includes(path));
  return found ?? (versionAtLeast(facts.versions.netplan, '0.106') === false ? known[2]! : known[0]!);
}

/** The link whose generated file is left over: netplan's own cleanup runs only with `netplan generate`. */
function staleLink(change: EniChange): readonly string[] {
  if (change.kind === 'removed') return [change.before.link];
  return change.kind === 'changed' && change.before.link !== change.after.link ? [change.before.link] : [];
}

function renderYaml(eni: EniPlan, facts: HostFacts): string {
  const addresses = eni.addresses.filter(a => !a.dynamic).map(a => `${a.ip}/${a.prefixLength}`);
  const routes = eni.routes.filter(r => netplanSpeaks(r, facts)).map(route => yamlRoute(eni, route));
  const definition: { readonly [key: string]: YamlValue } = {
    // By MAC and without `set-name`: the ENI keeps its configuration under any name that the kernel or udev gives it.
    match: { macaddress: eni.mac },
    // An ENI may be detached while the VM is off: systemd-networkd-wait-online must not wait for it.
    optional: true,
    dhcp4: eni.addressing === 'dhcp',
    dhcp6: false,
    // Without IPv6 in the plan too: a router's advertisement would put a default route into main.
    'accept-ra': false,
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(routes.length > 0 ? { routes } : {}),
  };
  return encodeYaml([marker, `The rest is in ${networkFolder}/${generatedName(eni.link)}.d/${dropInName}.`], {
    network: { version: 2, ethernets: { [idOf(eni.link)]: definition } },
  });
}

/**
 * Before 0.40 a route needs `via`, which a route to the ENI's own subnet does not have. `via: 0.0.0.0` is accepted, but networkd 257
 * deletes and adds such a route at each reload. A version that is not known gets the drop-in, which is right everywhere.
 */
function netplanSpeaks(route: PlannedRoute, facts: HostFacts): boolean {
  return route.gateway !== undefined || versionAtLeast(facts.versions.netplan, '0.40') === true;
}

function yamlRoute(eni: EniPlan, route: PlannedRoute): YamlValue {
  return {
    // In full: 0.99 fails on `default`.
    to: route.destination,
    ...(route.gateway === undefined ? { scope: 'link' } : { via: route.gateway }),
    ...(isOnLink(eni, route) ? { 'on-link': true } : {}),
    ...(route.table === mainTable ? {} : { table: route.table }),
    ...(route.metric === undefined ? {} : { metric: route.metric }),
  };
}

function renderDropIn(eni: EniPlan, facts: HostFacts): string {
  return encodeSystemdIni(
    [marker, `Belongs to ${yamlFolder}/60-eni-${linkWord(eni.link)}.yaml: what netplan cannot say.`],
    [
      {
        name: 'Match',
        comment: 'The MAC that the NIC has now: not each driver tells a permanent one.',
        entries: [...matchEntries(eni, facts), ...nicOnly(eni, facts)],
      },
      // netplan's own `mtu` reaches only a .link file up to 0.96, and a .link file without a name turns the usual naming of
      // the link off at the next boot.
      { name: 'Link', entries: [['MTUBytes', eni.mtu]] },
      {
        name: 'Network',
        // netplan has no key for an address without duplicate address detection.
        entries: [['IPv6DuplicateAddressDetection', eni.addresses.some(a => a.family === 6) ? 0 : undefined]],
      },
      // netplan's `dhcp4-overrides` fail on 0.36 and 0.40, and some of its keys on 0.96.
      ...dhcpSection(eni, facts),
      ...broadcastSection(eni, facts),
      ...routeSections(
        eni,
        eni.routes.filter(route => !netplanSpeaks(route, facts)),
      ),
      // netplan's routing-policy has neither suppress_prefixlength nor iif.
      ...ruleSections(eni, facts),
    ],
  );
}

/**
 * netplan 0.106 and later match `PermanentMACAddress=`. A veth has none, and nor do the NICs of drivers that learn their MAC late
 * (Xen), so the link would stay unmanaged. The empty line takes netplan's list back; the current MAC does for every NIC.
 * Before systemd 245 that key does not exist, and netplan writes `MACAddress=`.
 */
function matchEntries(eni: EniPlan, facts: HostFacts): readonly (readonly [string, string])[] {
  if (!systemdAtLeast(facts, 245)) return [];
  return [
    ['PermanentMACAddress', ''],
    ['MACAddress', eni.mac],
  ];
}

/**
 * networkd 252 deletes and adds the primary address again at each reload unless its broadcast address is written, and netplan has no
 * key for that. This address replaces netplan's own (one warning in the log at load), and so comes after the secondary ones, which
 * changes nothing as they are /32. 257 keeps the address without it, 247 does not with it; 249 and 255 were not run.
 */
function broadcastSection(eni: EniPlan, facts: HostFacts): ReturnType<typeof dhcpSection> {
  if (!systemdAtLeast(facts, 248) || systemdAtLeast(facts, 257)) return [];
  return eni.addresses
    .filter(address => !address.dynamic && broadcastFor(address) !== undefined)
    .map(address => ({
      name: 'Address',
      entries: [
        ['Address', `${address.ip}/${address.prefixLength}`],
        ['Broadcast', broadcastFor(address)],
      ],
    }));
}
