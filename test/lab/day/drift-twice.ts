// Somebody deletes an address, and a rule at the moment when the address is back: in the middle of the repair. Both come back, and nothing fails.
import { expect } from 'vitest';
import { kernelText } from '../daemon-steps.ts';
import type { Day } from './day.ts';

export async function driftTwice(day: Day): Promise<void> {
  const { host, sh } = day;
  const before = await kernelText(host);
  const failures = day.report()?.counters.failures;
  const [, address] = host.vpc.enis.get('eth1')!.subnets[0]!.addresses;
  await sh(`
    show() { ip -4 -o addr show dev eth1; }
    found=$(show | sed -n 's|.* inet \\(${address}/[0-9]*\\) .*|\\1|p')
    rule=$(ip rule | sed -n 's/^\\(286[0-9]*\\):.*/\\1/p' | head -n 1)
    [ -n "$found" ] && [ -n "$rule" ]
    ip addr del "$found" dev eth1
    for _ in $(seq 1000); do show | grep -q "${address}/" && break; sleep 0.01; done
    ip rule del pref "$rule"`);
  await day.until('both are back', async () => (await kernelText(host)) === before);
  await day.settled();
  expect(day.report()?.counters.failures, 'failures').toBe(failures);
}
