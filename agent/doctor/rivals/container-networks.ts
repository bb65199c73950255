// Container networks as rivals: one each, from the table by which a pass leaves their ENIs alone.
import { containerNetworks, findContainerNetworks } from '../../coexistence/container-network.ts';
import type { Rival } from './rival.ts';

export const containerNetworkRivals: readonly Rival[] = containerNetworks.map(
  ({ name, paths, kernelTrace }) => ({
    name,
    traces: [...paths, ...(kernelTrace === undefined ? [] : [kernelTrace])],
    effect: 'takes ENIs for its pods, and puts its own addresses, tables and rules there',
    step: 'remove container-network = ignore from [coexistence]; give an ENI that is not for pods an [eni "MAC"] section',
    find: ({ inspection, settings }) => {
      const found = findContainerNetworks(inspection.facts.paths, inspection.kernel).find(
        f => f.name === name,
      );
      if (found === undefined) return undefined;
      const idle =
        settings.coexistence.containerNetwork === 'leave'
          ? 'every ENI without an [eni "MAC"] section is left to it'
          : undefined;
      return { evidence: found.evidence, idle };
    },
  }),
);
