// Backend netplan in front of systemd-networkd (Ubuntu 18.04 and later, Debian 12 and 13): one YAML file per ENI, and a drop-in of
// networkd for what the YAML cannot say. Source: netplan 0.36 to 1.2.2 (executed from 0.36 on), systemd 237 to 262.
// What is in the files is in files.ts, commands common with networkd are in networkd/activation.ts.
import type { HostFacts } from '../../agent/model/host.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { linkOf, networkdCommands, networkdTravel } from '../networkd/activation.ts';
import { dispatcherFiles, dispatcherFor } from '../networkd/dispatcher.ts';
import { networkdRuleLimits } from '../networkd/sections.ts';
import {
  type Command,
  type EniChange,
  type FileText,
  filesOfEach,
  type NetplanGenerator,
  type RenderedFile,
  type Renderer,
} from '../renderer.ts';
import { findNetplanClaims } from './claims.ts';
import {
  dropInPath,
  generatedName,
  networkFolder,
  renderDropIn,
  renderYaml,
  yamlFolder,
  yamlPath,
} from './files.ts';
import { netplanProgram } from './program.ts';

/** netplan reads these three in every release; a path in the first hides the same name in the others, and the generator sees to that. */
const netplanGenerator: NetplanGenerator = {
  root: '/run/eni-agent/netplan-root',
  generate: (facts, root) => [netplanProgram(facts), '--root-dir', root],
  sources: { dirs: ['/lib/netplan', '/etc/netplan', '/run/netplan'], name: /^[^.].*\.yaml$/ },
  generated: {
    dir: '/run/systemd/network',
    // A .link is udev's; netplan before 0.97 makes one for some definitions.
    name: /^10-netplan-.+\.(?:network|netdev|link)$/,
    ours: /^10-netplan-00-eni-[a-zA-Z0-9_.-]+\.(?:network|link)$/,
  },
  kept: '/run/eni-agent/netplan-loaded',
  unit: 'systemd-networkd.service',
};

function filesOf(eni: EniPlan, facts: HostFacts): readonly FileText[] {
  return [
    // 0600: netplan warns about anything that others can read (0.106 and later).
    { path: yamlPath(eni.link), mode: 0o600, content: renderYaml(eni, facts) },
    // 0644: networkd reads as the user systemd-network.
    { path: dropInPath(eni.link), mode: 0o644, content: renderDropIn(eni, facts) },
    ...dispatcherFor(eni, facts),
  ];
}

export const netplan: Renderer = {
  name: 'netplan',
  title: 'netplan on systemd-networkd, /etc/netplan (loaded by its generator and networkctl reload)',
  proven: true,
  // networkd does (networkd.ts).
  dropsForeign: ['rule', 'address', 'route'],
  ownFiles: [
    { dir: yamlFolder, name: /^60-eni-[a-zA-Z0-9_.-]+\.yaml$/ },
    // A path below `dir`: the drop-in lies in a folder that carries the name of the generated file.
    {
      dir: networkFolder,
      name: /^10-netplan-00-eni-[a-zA-Z0-9_.-]+\.network\.d\/50-eni-agent\.conf$/,
    },
    dispatcherFiles,
  ],

  render(enis: readonly EniPlan[], facts: HostFacts): readonly RenderedFile[] {
    return filesOfEach(enis, facts, filesOf);
  },

  /**
   * The program behind `netplan generate` is called by itself (program.ts), on a private root that holds a copy of all netplan
   * folders with our change: the command ends with a daemon-reload on 1.1.2, and on every version it rewrites each live file below
   * /run/systemd/network, so that networkd 252 takes the primary's address away at the next reload. The transaction prepares that root
   * and installs the generated files of our ENIs (apply/netplan/generator.ts). Never `netplan apply`. While somebody else's files have changed
   * since networkd loaded them, there is no reload at all.
   */
  activate(changes: readonly EniChange[], facts: HostFacts, reloadHazard?: string): readonly Command[] {
    if (changes.length === 0) return [];
    const validate: Command = {
      phase: 'validate',
      argv: netplanGenerator.generate(facts, netplanGenerator.root),
    };
    const remove = changes.flatMap(staleLink).map(
      (link): Command => ({
        phase: 'after-write',
        // The folder of the drop-in; it stays where somebody else has a drop-in there.
        argv: ['rmdir', `${networkFolder}/${generatedName(link)}.d`],
        mayFail: true,
      }),
    );
    const load = networkdCommands(changes, facts, { ours: yamlPath, loaded: loadedPaths }, remove);
    if (reloadHazard === undefined) return [validate, ...load];
    // Nor anything to wait for.
    return [validate, ...load.filter(({ does }) => does !== 'load' && does !== 'wait')];
  },

  ruleLimits: networkdRuleLimits,

  claims: (link, facts) => findNetplanClaims(link, facts, generatedName(link.name)),

  travel: (change, facts, reloadHazard) =>
    reloadHazard === undefined ? networkdTravel(change, facts, yamlPath(linkOf(change))) : 'kernel',

  netplanGenerator,
};

/** What networkd reads: the generated file and our drop-in for it. */
function loadedPaths(link: string): readonly string[] {
  return [`/run/systemd/network/${generatedName(link)}`, dropInPath(link)];
}

/** The link whose generated file is left over: netplan's own cleanup runs only with `netplan generate`. */
function staleLink(change: EniChange): readonly string[] {
  if (change.kind === 'removed') return [change.before.link];
  return change.kind === 'changed' && change.before.link !== change.after.link ? [change.before.link] : [];
}
