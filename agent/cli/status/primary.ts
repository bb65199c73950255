// What `status` says of the primary. Pure.
import { listed } from '../../model/listed.ts';
import type { Inspection } from '../../pass/inspect.ts';

type OfPrimary = Pick<Inspection, 'primaryLink' | 'onPrimary'>;

/** One line, and one for each thing that the cloud has for it and the machine does not use. */
export function describePrimary({ primaryLink, onPrimary }: OfPrimary): readonly string[] {
  if (primaryLink === undefined) return ['not found'];
  const { kept, lacking, prefixes } = onPrimary;
  const advice = kept ? '"eni-agent once" adds them' : '"primary-addresses = yes" in [agent] adds them';
  return [
    `${primaryLink}, ${kept ? 'not managed but for its secondary addresses (primary-addresses)' : 'not managed'}`,
    ...(lacking.length === 0 ? [] : [`lacks ${listed(lacking)}, which the cloud has for it: ${advice}`]),
    ...(prefixes.length === 0
      ? []
      : [
          `${listed(prefixes)} ${prefixes.length === 1 ? 'is' : 'are'} delegated to it: nothing is set for that`,
        ]),
  ];
}
