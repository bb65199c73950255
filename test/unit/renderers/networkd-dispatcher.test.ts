// What old systemd cannot say is in a script of networkd-dispatcher: its exact text, and when there is one.
import { expect, test } from 'vitest';
import type { HostFacts } from '../../../agent/model/host.ts';
import { networkd } from '../../../renderers/networkd/renderer.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { marker } from '../../../renderers/renderer.ts';
import { examplePlans } from '../../support/example-plans.ts';

const stock = factsForBackend('networkd', 'amzn-2023');
const withSystemd = (systemd: string, more: Partial<HostFacts>): HostFacts => ({
  ...stock,
  versions: { ...stock.versions, systemd },
  ...more,
});

test('before 245 what asks main is a script of networkd-dispatcher, or nothing', () => {
  const paths = ['/usr/bin/networkd-dispatcher'];
  const files = networkd.render(examplePlans['static-dual-stack']!.enis, withSystemd('244', { paths }));
  expect(files[1]).toEqual({
    enis: examplePlans['static-dual-stack']!.enis.map(({ mac }) => mac),
    path: '/etc/networkd-dispatcher/routable.d/60-eni-eth1',
    mode: 0o755,
    content: `#!/bin/sh
# ${marker}
[ "$IFACE" = eth1 ] || exit 0
# Another NIC may have the name of this one by now.
[ "$(cat "/sys/class/net/$IFACE/address" 2> /dev/null || echo 00:16:3e:00:00:02)" = 00:16:3e:00:00:02 ] || exit 0
# systemd before 245 cannot say suppress_prefixlength in a .network file.
${[
  'iif lo lookup 28000 suppress_prefixlength 0 priority 28000',
  'lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300',
]
  .flatMap(rest =>
    [4, 6].map(family => {
      const words = `from ${family === 4 ? '10.0.2.0/24' : '2001:db8:2::/64'} ${rest}`;
      return `ip -${family} rule del ${words} 2>/dev/null || true; ip -${family} rule add ${words}\n`;
    }),
  )
  .join('')}`,
  });
  expect(
    networkd.render(examplePlans['static-dual-stack']!.enis, withSystemd('244', { paths: [] })),
  ).toHaveLength(1);
});

test.each([
  ['dhcp-complete', '245', true],
  ['dhcp-complete', '246', false],
  ['dhcp-connected-route', '245', false],
  ['static-dual-stack', '245', false],
])('%s on %s: a script takes the lease’s connected route out of main: %s', (plan, systemd, dropped) => {
  const facts = withSystemd(systemd, { paths: ['/usr/bin/networkd-dispatcher'] });
  const script = networkd.render(examplePlans[plan]!.enis, facts)[1]?.content ?? '';
  const line = 'ip -4 route del 10.0.2.0/24 dev eth1 proto kernel table 254 2>/dev/null || true\n';
  expect(script.includes(line)).toBe(dropped);
});
