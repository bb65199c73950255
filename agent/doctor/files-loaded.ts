// Has the network service loaded the files of the ENIs? Only on netplan there are times at which it must not be made to.
import { headOf } from '../model/live-only.ts';
import type { Inspection } from '../pass/inspect.ts';
import type { Finding } from './finding.ts';

export function filesLoaded({ liveOnly }: Inspection): readonly Finding[] {
  if (liveOnly === undefined) return [];
  const { links, reason, nextStep } = liveOnly;
  const saw = `${headOf(links)}, because a reload could interrupt the primary: ${reason}`;
  return [{ check: 'files loaded', verdict: 'warning', saw, hint: nextStep }];
}
