// Which table NetworkManager puts the routes of a lease into, shared by keyfiles (`route-table=`) and ifcfg files
// (`IPV4_ROUTE_TABLE=`). Source: nm-settings(5) of NetworkManager 1.10 to 1.52;
// executed on 1.30, 1.40 and 1.42. Knows no file.
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { versionAtLeast } from '../formats/version-order.ts';

/**
 * The ENI's own table for the connected route of a leased address, since in main it would take the primary's answers to that subnet;
 * undefined where main is to have it, or where nothing is leased. It is the table of every route of the profile that names
 * none itself, so each route that we write names its table, main's too.
 */
export function leaseTableOf(eni: EniPlan): number | undefined {
  return eni.addressing === 'dhcp' && !eni.connectedRoute ? eni.table : undefined;
}

/**
 * True if the profile has to come up anew for another table: NetworkManager up to 1.18 refuses to reapply a changed route-table
 * (can_reapply_change; gone in 1.20.0). 1.30.6, 1.40.16 and 1.42.4 move the connected route by `reapply`, both ways (executed with
 * a lease). An unknown version is taken as old.
 */
export function needsBringUp(before: EniPlan, after: EniPlan, version: string | undefined): boolean {
  return leaseTableOf(before) !== leaseTableOf(after) && versionAtLeast(version, '1.20') !== true;
}
