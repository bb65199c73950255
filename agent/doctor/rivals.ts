// Programs on the same machine that configure ENIs too: one finding each, with what was seen, what it would do and the one step that
// settles it. Nothing is switched off here: that is the administrator's decision, or that of an option ([coexistence]).
import type { Inspection } from '../pass/inspect.ts';
import type { PassContext } from '../pass/pass.ts';
import { readRivalFacts } from '../system/facts/rival-facts.ts';
import { type Finding, ok } from './finding.ts';
import { routesByHand } from './rivals/by-hand.ts';
import { cloudInitAtBoot, cloudInitHotplug } from './rivals/cloud-init.ts';
import { containerNetworkRivals } from './rivals/container-networks.ts';
import { automaticConnection, nmCloudSetup } from './rivals/networkmanager.ts';
import type { Rival, RivalView } from './rivals/rival.ts';
import { systemdImds } from './rivals/systemd-imds.ts';
import * as tools from './rivals/vendor-tools.ts';

/** In the order of docs/coexistence.md. */
export const rivalTable: readonly Rival[] = [
  cloudInitAtBoot,
  cloudInitHotplug,
  automaticConnection,
  nmCloudSetup,
  tools.ec2NetUtils,
  tools.ec2NetUtils1,
  tools.cloudNetconfig,
  tools.cloudIfupdownHelper,
  tools.multiNicUtil,
  systemdImds,
  routesByHand,
  ...containerNetworkRivals,
];

export async function rivals(
  inspection: Inspection,
  { system, settings }: PassContext,
): Promise<readonly Finding[]> {
  const view: RivalView = { inspection, settings, rival: await readRivalFacts(system) };
  const findings = rivalTable.flatMap(rival => findingOf(rival, view));
  return findings.length > 0 ? findings : [ok('rivals', 'found no known program that also configures ENIs')];
}

function findingOf(rival: Rival, view: RivalView): readonly Finding[] {
  const sighting = rival.find(view);
  if (sighting === undefined) return [];
  const here = `${rival.name} is present (${sighting.evidence})`;
  if (sighting.idle !== undefined) return [ok('rivals', `${here}, but ${sighting.idle}`)];
  const { option } = rival;
  const byOption =
    option === undefined || sighting.onlyByHand === true
      ? ''
      : `, or set [coexistence] ${option.key} = ${option.value}`;
  return [
    {
      check: 'rivals',
      verdict: 'warning',
      saw: `${here}: it ${rival.effect}`,
      hint: `${rival.step}${byOption}`,
    },
  ];
}
