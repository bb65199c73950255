// Names a plan, so that one that was rolled back by hand is recognised when it comes again.
import type { EniPlan } from '../model/network-plan.ts';

/** Notes are for people: they make no other plan. */
export async function fingerprint(enis: readonly EniPlan[]): Promise<string> {
  // OpenSSL costs 2.2 MB, and no pass but one after a rollback needs it.
  const { createHash } = await import('node:crypto');
  const text = JSON.stringify(enis.map(e => ({ ...e, notes: [] })));
  return createHash('sha256').update(text).digest('hex');
}
