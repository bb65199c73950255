// What an ifcfg file of wicked says about a lease: what of it is wanted. Source: src/dhcp4 and client/compat.c of wicked 0.6.31 to 0.6.76.
import { leasedMetric } from '../../agent/model/network-plan.ts';
import type { Variable } from '../formats/shell-variables.ts';

/**
 * The lease may bring its address, and nothing for the rest of the system. wicked cannot put its routes into a table. Not `none`: an
 * empty set is left out of the configuration (client/compat.c, __ni_compat_generate_dynamic_addrconf), and the DHCP client takes its
 * own default for a set that is left out, with `default-route` and `dns` in it. At boot that default route can be there before the
 * primary's, which then never comes (0.6.76). NetWare servers, `nds`, are known to all versions, and nobody reads them.
 * 0.6.31 does not know the variable: the lease's name servers come into resolv.conf there.
 *
 * DHCLIENT_ROUTE_PRIORITY: the routes of options 33 and 121 go to main, and no variable of ifcfg keeps them out (src/dhcp4/device.c,
 * ni_dhcp4_do_bits; only `<route-options>` in /etc/wicked/local.xml, which wickedd-dhcp4 reads when it starts). With the metric of the
 * primary's own leased routes they would come before those, and where they are there first wicked leaves the primary's out
 * (src/ifconfig.c, __ni_skip_conflicting_route; read, not executed). The script takes away what the first lease brings, the agent what comes later.
 */
export const dhcpVariables: readonly Variable[] = [
  ['DHCLIENT_SET_DEFAULT_ROUTE', 'no'],
  ['DHCLIENT_SET_HOSTNAME', 'no'],
  ['DHCLIENT_UPDATE', 'nds'],
  ['DHCLIENT_ROUTE_PRIORITY', leasedMetric],
];
