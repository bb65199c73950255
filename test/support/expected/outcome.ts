// What a renderer makes of a plan on a host, and how changes reach the service, as text.
import type { BackendName } from '../../../agent/model/host.ts';
import type { NetworkPlan } from '../../../agent/model/network-plan.ts';
import { renderers } from '../../../renderers/registry.ts';
import type { Command, EniChange, RenderedFile, Renderer, Travel } from '../../../renderers/renderer.ts';
import { type ExpectedChange, expectedChanges } from './changes.ts';
import type { ExpectedFacts } from './hosts.ts';

export interface Outcome {
  readonly files: readonly RenderedFile[];
  /** The commands for a first apply and for a removal. */
  readonly more: string;
}

export function outcomeOf(backend: BackendName, plan: NetworkPlan, facts: ExpectedFacts): Outcome {
  const renderer = renderers[backend];
  const added = plan.enis.map((after): EniChange => ({ kind: 'added', after }));
  const removed = plan.enis.map((before): EniChange => ({ kind: 'removed', before, linkPresent: true }));
  const files = renderer.render(plan.enis, facts);
  const lines = [
    ...changeLines('added', renderer, added, facts),
    ...changeLines('removed', renderer, removed, withFiles(facts, files)),
  ];
  return { files, more: `${lines.join('\n')}\n` };
}

/** How each change of `expectedChanges` reaches the service. */
export function changesText(backend: BackendName, facts: ExpectedFacts): string {
  const renderer = renderers[backend];
  const block = ({ title, loaded, changes }: ExpectedChange): readonly string[] => {
    const list = changes({ backend, facts });
    return changeLines(
      title,
      renderer,
      list,
      loaded ? withFiles(facts, filesBefore(renderer, list, facts)) : facts,
    );
  };
  return `${expectedChanges.map(change => block(change).join('\n')).join('\n\n')}\n`;
}

function changeLines(
  title: string,
  renderer: Renderer,
  changes: readonly EniChange[],
  facts: ExpectedFacts,
): readonly string[] {
  return [
    title,
    ...changes.map(change => {
      const travel = renderer.travel(change, facts, facts.reloadHazard);
      return `  ${linkOf(change)} ${change.kind}, ${travelTexts[travel]}`;
    }),
    ...renderer.activate(changes, facts, facts.reloadHazard).map(command => `  ${commandText(command)}`),
  ];
}

function linkOf(change: EniChange): string {
  return change.kind === 'removed' ? change.before.link : change.after.link;
}

/** Who makes the change: the agent with `ip`, or the service, and what then goes before it. */
const travelTexts: Readonly<Record<Travel, string>> = {
  kernel: 'live',
  files: 'by the service',
  'files-in-two-steps': 'by the service, over files with both',
  'rules-first': 'by the service, new rules ahead',
};

function commandText({ phase, argv, mayFail, outside: _outside, does: _does, ...rest }: Command): string {
  // A field of a command that this text does not know would go unseen.
  const more = Object.entries(rest).map(([key, value]) => ` (${key}: ${JSON.stringify(value)})`);
  return `${phase}: ${argv.join(' ')}${mayFail === true ? ' (may fail)' : ''}${more.join('')}`;
}

/** As a pass sees the host once our files are there. */
function withFiles(facts: ExpectedFacts, ours: readonly RenderedFile[]): ExpectedFacts {
  return { ...facts, files: { ...facts.files, ...Object.fromEntries(ours.map(f => [f.path, f.content])) } };
}

function filesBefore(renderer: Renderer, changes: readonly EniChange[], facts: ExpectedFacts) {
  const enis = changes.flatMap(change => (change.kind === 'added' ? [] : [change.before]));
  return renderer.render(enis, facts);
}
