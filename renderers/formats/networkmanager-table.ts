// Which table NetworkManager puts the routes of a lease into, shared by keyfiles (`route-table=`) and ifcfg files
// (`IPV4_ROUTE_TABLE=`). Source: nm-settings(5) and nm-device.c of NetworkManager 1.10 to 1.52. Knows no file.
import type { EniPlan } from '../../agent/model/network-plan.ts';

/**
 * The ENI's own table for the connected route of a leased address, since in main it would take the primary's answers to that subnet;
 * undefined where main is to have it, or where nothing is leased. It is the table of every route of the profile that names
 * none itself, so each route that we write names its table, main's too.
 */
export function leaseTableOf(eni: EniPlan): number | undefined {
  return eni.addressing === 'dhcp' && !eni.connectedRoute ? eni.table : undefined;
}

/**
 * True if the profile has to come up anew: NetworkManager refuses to reapply another route-table (it decides which tables are
 * kept in order), and where a later version takes it, routes stay behind in the table from before.
 */
export function leaseTableDiffers(before: EniPlan, after: EniPlan): boolean {
  return leaseTableOf(before) !== leaseTableOf(after);
}
