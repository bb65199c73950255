// The changes of one ENI that the expected texts show for every backend, made of the example plans.
import type { BackendName } from '../../../agent/model/host.ts';
import type { EniPlan } from '../../../agent/model/network-plan.ts';
import type { EniChange, HostFacts } from '../../../renderers/renderer.ts';
import { examplePlanFor } from '../recorded-proofs.ts';

export interface ExpectedChange {
  readonly title: string;
  /** Whether the service has loaded our file of the old plan. */
  readonly loaded: boolean;
  readonly changes: (host: ChangedHost) => readonly EniChange[];
}

export interface ChangedHost {
  readonly backend: BackendName;
  readonly facts: HostFacts;
}

const enisOf = ({ backend, facts }: ChangedHost, plan: string) => examplePlanFor(plan, backend, facts)!.enis;
const eni = (host: ChangedHost, plan: string): EniPlan => enisOf(host, plan)[0]!;

function between(title: string, before: string, after: string, more: Partial<EniPlan> = {}): ExpectedChange {
  const changes = (host: ChangedHost): readonly EniChange[] => [
    { kind: 'changed', before: eni(host, before), after: { ...eni(host, after), ...more } },
  ];
  return { title: `${title}: ${before} to ${after}`, loaded: true, changes };
}

const common = 'static-dual-stack';
const rich = 'static-prefixes-and-outside-address';

export const expectedChanges: readonly ExpectedChange[] = [
  between('more addresses and rules', common, rich),
  between('fewer addresses and rules', rich, common),
  { ...between('the same, and our file is not loaded yet', rich, common), loaded: false },
  between('a new MTU', 'static-ipv4-mtu', 'static-ipv4-mtu', { mtu: 1400 }),
  between('fewer addresses, the same MTU', 'static-ipv4-mtu', 'static-ipv4-mtu', { addresses: [] }),
  between('no rule with suppress_prefixlength any more', common, 'static-no-suppress'),
  between('DHCP begins', common, 'dhcp-complete'),
  between('DHCP ends', 'dhcp-complete', common),
  between('the lease has come', 'dhcp-awaiting-lease', 'dhcp-complete'),
  between('main gets the connected route of the lease', 'dhcp-complete', 'dhcp-connected-route'),
  between('another name of the link in one change', common, common, { link: 'eth7' }),
  {
    title: 'another name of the link, as apply tells of it: static-dual-stack',
    loaded: true,
    changes: host => {
      const named = { ...eni(host, common), link: 'eth7' };
      return [
        { kind: 'removed', before: eni(host, common), linkPresent: false },
        { kind: 'changed', before: named, after: named },
      ];
    },
  },
  {
    title: 'the link went with its ENI: static-dual-stack, dhcp-complete under a long name',
    loaded: true,
    changes: host => [
      { kind: 'removed', before: eni(host, common), linkPresent: false },
      { kind: 'removed', before: { ...eni(host, 'dhcp-complete'), link: 'a_b.c-d' }, linkPresent: false },
    ],
  },
  {
    title: 'one changed, one new, one gone: dhcp-two-enis',
    loaded: true,
    changes: host => {
      const [second, first] = enisOf(host, 'dhcp-two-enis') as [EniPlan, EniPlan];
      return [
        { kind: 'changed', before: first, after: { ...first, mtu: 1400 } },
        { kind: 'added', after: second },
        { kind: 'removed', before: { ...second, link: 'eth3' }, linkPresent: true },
      ];
    },
  },
];
