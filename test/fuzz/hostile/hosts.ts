// Machines whose files, links and tools have hostile words: recognised, asked whose each link is, planned and rendered for. No word of theirs reaches a file or
// a command of ours, and what is said of them is plain lines.
import { linesByHand } from '../../../agent/coexistence/by-hand.ts';
import { planDropIns } from '../../../agent/coexistence/drop-ins.ts';
import { defaultSettings } from '../../../agent/config/read-settings.ts';
import { claimsOn } from '../../../agent/pass/claims-on.ts';
import { freshMachine } from '../../../agent/plan/plan-input.ts';
import { planNetwork } from '../../../agent/plan/plan-network.ts';
import { readHostFacts } from '../../../agent/system/facts/host-facts.ts';
import { readKernelState } from '../../../agent/system/kernel/reader.ts';
import { explainSelection, selectBackend } from '../../../renderers/detect/select.ts';
import { renderers } from '../../../renderers/registry.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { allWords } from '../../support/example-plans.ts';
import { smallHost } from '../../unit/hosts/small-host.ts';
import { type HostileHost, instance, linkNames } from './host-texts.ts';
import { leakOf } from './instances.ts';
import { mark } from './marks.ts';
import { spoiltOutput } from './outputs.ts';

/** Undefined, or what leaked. Throws for nothing that a host has. */
export async function judgeHost({ backend, parts }: HostileHost): Promise<string | undefined> {
  // What a NIC has and a bridge has not.
  const disk: Record<string, string> = Object.fromEntries(
    ['eth0', ...linkNames].map(name => [`/sys/class/net/${name}/device/uevent`, '']),
  );
  const commands: Record<string, string> = {};
  for (const [name, text] of parts)
    if (name.startsWith('/')) disk[name] = text;
    else commands[name.slice(2)] = text;
  const host = smallHost(disk, commands);
  const warnings: string[] = [];
  const facts = await readHostFacts(host.system);
  const kernel = await readKernelState(host.system);
  const selection = selectBackend(facts);
  warnings.push(explainSelection(selection), ...linesByHand(disk, ['eth1']).map(({ text }) => text));
  const known = {
    ...factsForBackend(backend),
    files: facts.files,
    owners: facts.owners,
    machine: facts.machine ?? {},
  };
  const claims = await claimsOn(host.system, {
    state: { applied: [], refused: undefined },
    ...{ instance, kernel, settings: defaultSettings, facts: known, renderer: renderers[backend] },
  });
  const primary = kernel.links.find(link => link.mac === instance.enis[0]?.mac)?.name;
  for (const present of [claims, new Map<string, string>()]) {
    const { plan } = planNetwork({
      ...freshMachine,
      instance,
      links: kernel.links,
      settings: defaultSettings,
      words: allWords,
      claims: present,
    });
    const texts = [
      ...warnings,
      ...plan.skipped.map(skipped => `${skipped.eniId ?? skipped.mac}: ${skipped.text}`),
    ];
    const leak = leakOf(plan, new Map([[backend, known]])) ?? spoiltOutput({ plan, warnings: texts });
    if (leak !== undefined) return leak;
  }
  const dropIns = planDropIns({
    wanted: defaultSettings.coexistence,
    facts,
    provider: 'aws',
    primaryLink: primary,
    links: kernel.links,
  });
  return dropIns.files.some(({ content }) => content.includes(mark))
    ? 'a drop-in has the mark'
    : commandLeak(host.ran);
}

/** The probes' own command lines. */
function commandLeak(ran: readonly string[]): string | undefined {
  const line = ran.find(one => one.includes(mark));
  return line === undefined ? undefined : `a probe ran ${JSON.stringify(line)}`;
}
