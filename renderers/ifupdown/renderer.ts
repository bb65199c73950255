// Backend ifupdown (Debian 8-13, Ubuntu 14.04 and 16.04): one file per ENI that interfaces(5) reads, a script that finds its stanza by
// MAC, and one hook for dhclient. Source: interfaces(5) and the inet/inet6 method definitions of ifupdown 0.7.47 to 0.8.44. The stanzas are in
// stanzas.ts, what others have claimed is in claims.ts.
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { bringUpDiffers, inPhases, mtuCommands } from '../formats/change-commands.ts';
import { linkWord } from '../formats/ip-commands.ts';
import {
  type Command,
  type EniChange,
  eniOf,
  type FileText,
  filesOfEach,
  marker,
  type RenderedFile,
  type Renderer,
} from '../renderer.ts';
import { fileNameFor, findClaims, helperFile, helperFiles } from './claims.ts';
import { renderDhclientHook } from './dhclient-hook.ts';
import { downName, mappingScript, scriptPlace } from './mapping.ts';
import { dhcpClientOf, renderStanzas } from './stanzas.ts';

const folder = '/etc/network/interfaces.d';
const hookFolder = '/etc/dhcp/dhclient-enter-hooks.d';
// `zz-`: after resolvconf and systemd-resolved, whose enter hooks define make_resolv_conf again. No dot: run-parts skips it.
const hookName = 'zz-eni-agent';

function stanzaFile(eni: EniPlan, facts: HostFacts): readonly FileText[] {
  const path = `${folder}/${fileNameFor(eni.link, facts).name}`;
  return [{ path, mode: 0o644, content: `# ${marker}\n${renderStanzas(eni, facts)}` }];
}

export const ifupdown: Renderer = {
  name: 'ifupdown',
  title: 'ifupdown, /etc/network/interfaces.d (loaded by ifup)',
  proven: true,
  ownFiles: [
    { dir: folder, name: /^60-eni-[a-zA-Z0-9_.-]+$/ },
    scriptPlace,
    { dir: hookFolder, name: new RegExp(`^${hookName}$`) },
  ],

  render(enis: readonly EniPlan[], facts: HostFacts): readonly RenderedFile[] {
    if (enis.length === 0) return [];
    const stanzas = [mappingScript, ...filesOfEach(enis, facts, stanzaFile)];
    const leased = enis.filter(e => e.addressing === 'dhcp');
    if (leased.length === 0 || dhcpClientOf(facts) !== 'dhclient') return stanzas;
    const hook = { path: `${hookFolder}/${hookName}`, mode: 0o644, content: renderDhclientHook(leased) };
    return [...stanzas, { ...hook, enis: leased.map(({ mac }) => mac).sort() }];
  },

  activate(changes: readonly EniChange[], facts: HostFacts): readonly Command[] {
    return inPhases(changes.flatMap(change => commandsFor(change, facts)));
  },

  claims: findClaims,

  supersedes: helperFile,
  supersededFiles: helperFiles,

  /**
   * ifdown and ifup of a link that is in use would drop every connection of the ENI for an address more or less, so only a
   * change of who brings the address goes through them. A second `ifup` would do nothing: "already configured".
   */
  travel: change =>
    change.kind === 'changed' && !bringUpDiffers(change.before, change.after) ? 'kernel' : 'files',
};

function commandsFor(change: EniChange, facts: HostFacts): readonly Command[] {
  const { link } = eniOf(change);
  linkWord(link);
  const downOf = (...names: readonly string[]): Command => ({
    phase: 'before-write',
    argv: ['ifdown', '--force', ...names],
    mayFail: true,
    outside: true,
    takesDown: link,
  });
  const down = downOf(downName(link));
  // `--force`: without hotplug nothing takes the link out of /run/network/ifstate when an ENI is unplugged, and a plain
  // `ifup` of a link that is listed there says "already configured", returns 0 and does nothing (0.8.41).
  const up: Command = { phase: 'after-write', argv: ['ifup', '--force', link], outside: true };
  switch (change.kind) {
    case 'added':
      // cloud-ifupdown-helper (Debian 9-11 cloud images) started DHCP on the new link before we came: stop it while its
      // stanza is still there, else its dhclient stays and brings a default route at the next renewal.
      return helperFile(link, facts) === undefined ? [up] : [downOf(link), up];
    case 'changed':
      if (bringUpDiffers(change.before, change.after)) return [down, up];
      return mtuCommands(change.before, change.after);
    case 'removed':
      // With the old file still there: its `down` lines take the rules away, which outlive the link. It may fail: the link may
      // have gone, or somebody has deleted our file ("unknown interface"); what it leaves is removed from the kernel afterwards.
      return [down, ...forgetLease(change.before, facts)];
  }
}

/**
 * Else the next ENI of this name asks for the old one's address first: a server that does not know it may stay silent, for 10 s with dhclient
 * (reboot-timeout) and 5 s with dhcpcd. And dhclient that has had no answer in 60 s takes a recorded lease as it is. Before any ifup.
 */
function forgetLease(eni: EniPlan, facts: HostFacts): readonly Command[] {
  if (eni.addressing !== 'dhcp') return [];
  const lease =
    dhcpClientOf(facts) === 'dhclient'
      ? `/var/lib/dhcp/dhclient.${linkWord(eni.link)}.leases`
      : `/var/lib/dhcpcd/${linkWord(eni.link)}.lease`;
  return [{ phase: 'before-write', argv: ['rm', '-f', lease], mayFail: true }];
}
