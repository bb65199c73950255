// A migration as text for people and as the documented JSON (docs/json.md). Pure; every line is a fact of a survey.
import type { FileChange } from '../apply/ownership.ts';
import { migrationFolder } from '../migrate/record.ts';
import { agentUnit, type Survey } from '../migrate/survey.ts';
import { bold, describeCommands, describeFiles, green, type Style, yellow } from './describe.ts';

export type MigrationOutcome = 'nothing' | 'pending' | 'applied' | 'done' | 'interrupted';

const verdicts: Readonly<Record<MigrationOutcome, string>> = {
  nothing: 'Nothing to do: multi-nic-util was not found.',
  pending: 'Nothing was changed. "eni-agent migrate --apply" migrates; "--undo" reverses it afterwards.',
  applied: 'Migrated and verified. "eni-agent migrate --undo" reverses it.',
  done: 'Nothing to do: already migrated. "eni-agent migrate --undo" reverses it.',
  interrupted:
    'An earlier "migrate" was interrupted: run the same one again, with --apply or --undo, to finish it.',
};

const allStays = 'Nothing to do: the files of multi-nic-util that were found stay, for the reasons above.';

export function migrationJson(survey: Survey, outcome: MigrationOutcome) {
  const { footprint, files, kept, links, leftRules } = survey;
  const unit = footprint.unit && { active: footprint.unit.active, fileState: footprint.unit.fileState };
  return {
    version: 1,
    outcome,
    unit: unit ?? null,
    files: files.map(f => ({ path: f.path, kind: f.kind, link: f.link ?? null })),
    links,
    kept,
    leftRules,
    commands: outcome === 'pending' ? commandsOf(survey) : [],
    degraded: degradedOf(survey, outcome),
  };
}

export function describeMigration(
  survey: Survey,
  outcome: MigrationOutcome,
  style: Style,
): readonly string[] {
  const { footprint, files, kept, links, pass } = survey;
  const heading = (text: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [bold(style, text), ...lines.map(l => `  ${l}`), ''];
  const { unit } = footprint;
  const isPending = outcome === 'pending';
  return [
    ...heading('multi-nic-util', [
      ...(unit === undefined
        ? []
        : [
            `eni.service is ${unit.active ? 'active' : 'not active'}, ${unit.fileState || 'state of the unit file unknown'}`,
          ]),
      // What it does to the links is unknown here; the reader may know.
      ...(unit === undefined || unit.execStop === '' ? [] : [`stopping it runs: ${unit.execStop}`]),
    ]),
    ...heading(
      isPending ? `To be moved to ${migrationFolder}` : `Moved to ${migrationFolder}`,
      files.map(f => `${f.kind.padEnd(7)}  ${f.path}`),
    ),
    ...heading(
      isPending ? 'To be taken over (each link is down from its ifdown until its ifup ends)' : 'Taken over',
      links.map(link => {
        const eni = pass?.desired.plan.enis.find(e => e.link === link);
        return `${link}  ${eni?.eniId ?? eni?.mac ?? ''}  ${eni?.addresses.map(a => a.ip).join(' ') ?? ''}`.trimEnd();
      }),
    ),
    ...heading(
      'Stays as it is',
      kept.map(k => `${k.path}: ${k.why}`),
    ),
    ...heading(
      'Rules that look like those of multi-nic-util: they come after those of the agent, and a reboot clears them',
      survey.leftRules,
    ),
    ...(isPending ? heading('Files', describeFiles(changesOf(survey), style)) : []),
    ...(isPending ? heading('Commands', commandsOf(survey)) : []),
    ...degradedOf(survey, outcome).map(text => yellow(style, `warning: ${text}`)),
    (outcome === 'pending' || outcome === 'interrupted' ? yellow : green)(
      style,
      outcome === 'nothing' && kept.length > 0 ? allStays : verdicts[outcome],
    ),
  ];
}

/** Network files alone: what they were, and what the agent writes in their place. Whole scripts that are moved are not worth reading. */
function changesOf({ files, pass, before }: Survey): readonly FileChange[] {
  const ours = new Map((pass?.files ?? []).map(f => [f.path, f]));
  const theirs = files.filter(f => f.kind === 'network').map(f => f.path);
  const gone = theirs
    .filter(path => !ours.has(path))
    .map(path => ({ path, mode: 0o644, before: before.get(path), after: undefined }));
  const written = [...ours.values()].map(f => ({ ...f, before: before.get(f.path) ?? f.before }));
  return [...gone, ...written].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function commandsOf({ footprint, files, links, pass, agent }: Survey): readonly string[] {
  return [
    ...(footprint.unit?.active === true ? ['systemctl stop eni.service'] : []),
    ...(files.some(f => f.link === undefined) ? ['(the files other than network files are moved here)'] : []),
    ...(footprint.unit !== undefined && files.some(f => f.kind === 'unit')
      ? ['systemctl daemon-reload']
      : []),
    ...(files.some(f => f.path.includes('/rules.d/')) ? ['udevadm control --reload-rules'] : []),
    ...(agent === undefined ? [] : [`systemctl enable ${agentUnit}`]),
    ...links.map(link => `ifdown ${link}`),
    ...(files.some(f => f.link !== undefined) ? ['(the network files are moved here)'] : []),
    ...(pass === undefined ? [] : describeCommands(pass)),
    ...(agent === undefined ? [] : [`systemctl start ${agentUnit}`]),
  ];
}

function degradedOf({ kept, pass, agent }: Survey, outcome: MigrationOutcome): readonly string[] {
  const start = `${agentUnit} is not installed: start the daemon the way this system starts services, and enable it at boot`;
  return [
    ...kept.filter(k => k.needsHand).map(k => `${k.path}: ${k.why}`),
    ...(outcome === 'applied' ? (pass?.degraded ?? []) : []),
    ...(outcome === 'applied' && agent === undefined ? [start] : []),
  ];
}
