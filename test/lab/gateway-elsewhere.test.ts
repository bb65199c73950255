// Two VPCs with nested networks on one machine: the router of an ENI's subnet has the IPv4 address that another ENI has in the other VPC. The
// kernel refuses such a gateway with `onlink`, and takes it where the route's own table has the subnet; asked of the kernel itself, with a router.
// needs: nothing
import { afterEach, expect, test } from 'vitest';
import { planObjects } from '../../agent/apply/kernel-objects.ts';
import { primary, resultOf } from '../support/plan-machine.ts';
import { addressOn, eniOf, familyOf } from '../support/plan-parts.ts';
import { run } from './command.ts';
import { createNamespace, inNamespace, ipBatch, labName, removeNamespace, runIn } from './namespace.ts';

const [guest, router] = [labName('gateway', 'guest'), labName('gateway', 'router')];
const remote = '203.0.113.9';

afterEach(() => {
  for (const name of [guest, router]) removeNamespace(name);
});

const inner = eniOf(1, familyOf(['10.200.0.23'], ['10.200.0.16/28'], '10.200.0.17'));
const outer = eniOf(2, familyOf(['10.200.0.17'], ['10.200.0.0/26'], '10.200.0.1'));
const ofPrimary = eniOf(0, familyOf(['10.200.0.17'], ['10.200.0.0/26'], '10.200.0.1'));

test.each([
  ['of another ENI, whose address is there first', [primary, outer, inner]],
  ['of another ENI, whose address comes later', [primary, inner, outer]],
  ['of the primary', [ofPrimary, inner]],
])('a gateway with the address %s', async (_what, enis) => {
  const ofThePrimary = enis[0] === ofPrimary ? '10.200.0.17/26' : '10.0.1.10/24';
  const links = enis.map((_, n) => `eth${n}`);
  await createNamespace(guest);
  await createNamespace(router);
  await ipBatch(guest, [
    ...links.map(link => `link add ${link} type veth peer name ${link} netns ${router}`),
    ...links.map(link => `link set ${link} up`),
    `addr add ${ofThePrimary} dev eth0`,
  ]);
  const planned = resultOf(
    [...enis].sort((a, b) => a.deviceIndex! - b.deviceIndex!),
    { addresses: [addressOn('eth0', ofThePrimary)] },
  ).plan.enis;
  const gateway = planned.find(e => e.mac === inner.mac)!.link;
  await ipBatch(router, [
    ...links.map(link => `link set ${link} up`),
    `addr add ${remote}/32 dev lo`,
    `addr add 10.200.0.17/28 dev ${gateway}`,
  ]);
  for (const { mac } of enis)
    for (const eni of planned.filter(e => e.mac === mac))
      await ipBatch(
        guest,
        planObjects(eni, { ruleProtocol: true }).map(object => object.add),
      );
  expect(await runIn(guest, ['ip', 'route', 'get', remote, 'from', '10.200.0.23'])).toContain(
    `via 10.200.0.17 dev ${gateway} table`,
  );
  const ping = await inNamespace(guest, ['ping', '-n', '-c', '1', '-W', '2', '-I', '10.200.0.23', remote]);
  expect(await run(ping)).toMatchObject({ exitCode: 0 });
});
