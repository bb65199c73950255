// What the configuration wants of an ENI and the plan refuses: a default route in main with a metric that may come before the primary's, and
// sources, routes and subnets to forward to that may not be.
import type { Inspection } from '../pass/inspect.ts';
import type { Finding } from './finding.ts';

/** None where nothing was refused. */
export function defaultRoute(inspection: Inspection): readonly Finding[] {
  return refusedDefaultRoutes(inspection).map(text => {
    // The note says what was seen, and behind the last of these marks what to do.
    const [, check] = /^.*?: (sources|routes|forward)\b/.exec(text) ?? [];
    const at = text.lastIndexOf(check === undefined ? ': ' : '; ');
    const [saw, hint] = [text.slice(0, at), text.slice(at + 2)];
    return { check: check ?? 'default-route', verdict: 'warning', saw, hint };
  });
}

/** What the pass says of them as being in need of attention: notes of a plan, headed by the ENI. */
export function refusedDefaultRoutes({ enis, degraded }: Inspection): readonly string[] {
  const notes = enis.flatMap(({ plan }) => plan.notes.map(note => `${plan.eniId ?? plan.mac}: ${note}`));
  return degraded.filter(text => notes.includes(text));
}
