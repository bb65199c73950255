// Containers of the guest, and what is sent to and from them.
import { addBehind, answerFor, hostsOf, letForward } from './behind.ts';
import { type Flow, inbound, outbound, ownOf } from './flows.ts';
import { fewIn, fewOut } from './kinds.ts';
import type { Place } from './places.ts';
import type { Field } from './scenes.ts';

/** Containers: a network like Docker's, one inside of the primary's subnet, and one out of each delegated prefix. */
export async function addContainers({ vpc }: Field): Promise<{
  readonly places: readonly Place[];
  readonly flows: (field: Field) => readonly Flow[];
}> {
  await letForward(vpc);
  const docker = await addBehind(vpc, {
    link: 'docker0',
    nets: [
      { gateway: '172.17.0.1/16', address: '172.17.0.2' },
      { gateway: 'fd00:17::1/64', address: 'fd00:17::2' },
    ],
  });
  const nested = await addBehind(vpc, {
    link: 'br-nested',
    nets: [
      { gateway: '10.0.0.193/26', address: '10.0.0.194' },
      { gateway: '2001:db8:0:0:c0::1/80', address: '2001:db8:0:0:c0::2' },
    ],
  });
  const delegated: { readonly link: string; readonly place: Place }[] = [];
  for (const eni of vpc.enis.values()) {
    const nets = eni.subnets.flatMap(s => s.prefixes).map(hostsOf);
    if (nets.length === 0) continue;
    const place = await addBehind(vpc, { link: `br-${eni.link}`, nets });
    for (const address of place.addresses) await answerFor(vpc, eni.link, address);
    delegated.push({ link: eni.link, place });
  }
  const flows = ({ guest, peers }: Field): readonly Flow[] => {
    const own = ownOf(vpc);
    return [
      ...outbound(guest, own, [docker], fewOut, 'container'),
      ...outbound(guest, own, [nested], fewOut, 'container inside the subnet of eth0'),
      ...delegated.flatMap(({ link, place }) => {
        const container = [{ link, addresses: place.addresses }];
        return [
          ...outbound(guest, own, [place], fewOut, `container of the prefix of ${link}`),
          ...inbound(container, peers, fewIn, 'to a container of the prefix'),
          ...outbound(place, container, peers, fewOut, 'from a container of the prefix'),
        ];
      }),
    ];
  };
  return { places: [docker, nested, ...delegated.map(d => d.place)], flows };
}
