// systemd's own client of the metadata service (261 and later): before networkd starts it writes a catch-all for the NICs that nobody else has a
// file for. Facts: imdsd.c of 261, systemd-imdsd@.service(8).
import { mainTable } from '../../model/network-plan.ts';
import { serviceAddresses } from '../../model/service-addresses.ts';
import { lastLine, pathOf, type Rival, type RivalView } from './rival.ts';

const earlyNetwork = '/run/systemd/network/85-imds-early.network';
const unit = '/usr/lib/systemd/system/systemd-imdsd@.service';
/** The number of its table, and the mark of the packets that go by it. */
const ownNumber = 0x7fff0815;

export const systemdImds: Rival = {
  name: 'systemd-imds',
  traces: [earlyNetwork, unit, 'from all fwmark 0x7fff0815 lookup 2147420181'],
  effect:
    'keeps every other program from the metadata service by a route of type prohibit, so that ENIs stay as they are',
  step: 'boot with systemd.imds.network=unlocked on the kernel command line',
  find: view => {
    const lock = lastLine(view, /^Type=prohibit/, earlyNetwork) ?? prohibitRoute(view);
    const here = pathOf(view, earlyNetwork) ?? ownRule(view);
    if (here !== undefined)
      return lock === undefined
        ? { evidence: here, idle: 'it is unlocked, and its file is for NICs that no other file is for' }
        : { evidence: lock };
    return pathOf(view, unit) === undefined
      ? undefined
      : { evidence: unit, idle: 'it has not set up any network' };
  },
};

/** By an IPv4 address, or by the only one that a machine without IPv4 has. */
function prohibitRoute({ inspection }: RivalView): string | undefined {
  const addresses = new Set<string>(Object.values(serviceAddresses).flat());
  const route = inspection.kernel.routes.find(
    ({ table, destination, opaque }) =>
      table === mainTable &&
      opaque?.startsWith('prohibit') === true &&
      addresses.has(destination.split('/')[0] ?? ''),
  );
  return route && `the route of type prohibit to ${route.destination.split('/')[0]}`;
}

function ownRule({ inspection }: RivalView): string | undefined {
  const rule = inspection.kernel.rules.find(({ table }) => table === ownNumber);
  return rule && `the rule ${rule.priority} to its table ${ownNumber}`;
}
