// The VPC in which an example plan is true: the ENIs, subnets and addresses are read off the plan, the primary is eth0 in
// 10.0.1.0/24. The cloud offers what tempts a careless client: DHCP with router and name servers, and IPv6 router advertisements.
import { contains, familyOf } from '../../../agent/model/address.ts';
import { type EniPlan, isDefaultRoute, type NetworkPlan } from '../../../agent/model/network-plan.ts';
import type { EniSpec, SubnetSpec } from '../vpc-spec.ts';

/** The examples have its gateways: .253, fe80::1. */
export const providerOfExamples = 'alibaba';

const primary: EniSpec = {
  link: 'eth0',
  mac: '00:16:3e:00:00:01',
  subnets: [
    { subnet: '10.0.1.0/24', addresses: ['10.0.1.10'] },
    { subnet: '2001:db8:1::/64', addresses: ['2001:db8:1::10'] },
  ],
};

export function specsOfPlan(plan: NetworkPlan): readonly EniSpec[] {
  return [primary, ...plan.enis.map(specOf)];
}

function specOf(eni: EniPlan): EniSpec {
  const subnets = eni.routes
    .filter(r => r.gateway === undefined && r.table === eni.table && !isDefaultRoute(r))
    .map(({ destination }): SubnetSpec => {
      const addresses = eni.addresses
        .filter(a => a.family === familyOf(destination) && contains(destination, a.ip))
        .map(a => a.ip);
      return { subnet: destination, addresses };
    });
  return { link: eni.link, mac: eni.mac, subnets, advertise: true };
}
