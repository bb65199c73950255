// The service that configures the links of this machine: does it run, and does the primary have what it needs? eni-agent never
// changes the primary; but without it there is no metadata service, and no other check would say why.
import type { Family } from '../model/address.ts';
import type { BackendName } from '../model/host.ts';
import { isDefaultRoute, mainTable } from '../model/network-plan.ts';
import type { Inspection } from '../pass/inspect.ts';
import { type Finding, ok } from './finding.ts';

interface Service {
  readonly unit: string;
  /** What shows its view of a link. */
  readonly show: (link: string) => string;
  /** It loads files by itself, and so cannot be without running; else its commands work also while the unit is down. */
  readonly isDaemon: boolean;
}

const networkd: Service = {
  unit: 'systemd-networkd',
  show: link => `networkctl status ${link}`,
  isDaemon: true,
};
const networkManager: Service = {
  unit: 'NetworkManager',
  show: link => `nmcli device show ${link}`,
  isDaemon: true,
};

/** By backend; undefined: no service is known that could be asked. */
export const services: Readonly<Record<BackendName, Service | undefined>> = {
  netplan: networkd,
  networkd,
  'networkmanager-keyfile': networkManager,
  'networkmanager-ifcfg': networkManager,
  wicked: { unit: 'wickedd', show: link => `wicked ifstatus ${link}`, isDaemon: true },
  ifupdown: { unit: 'networking', show: link => `ifquery --state ${link}`, isDaemon: false },
  initscripts: { unit: 'network', show: link => `ip address show ${link}`, isDaemon: false },
  sles11: undefined,
};

export function networkService({ backend, facts }: Inspection): readonly Finding[] {
  const check = 'network service';
  const service = backend && services[backend];
  if (service === undefined) return [];
  const { unit, isDaemon } = service;
  const state = facts.services[unit];
  if (state === 'active') return [ok(check, `${unit} is active`)];
  if (state === undefined)
    return [{ check, verdict: 'skipped', saw: `systemd does not say whether ${unit} runs`, hint: undefined }];
  const word = state === 'absent' ? 'is not installed' : 'is not running';
  if (isDaemon)
    return [
      {
        check,
        verdict: 'failure',
        saw: `${unit} ${word}: it configures no link, and no change of an ENI can be applied`,
        hint: `"systemctl start ${unit}"; "systemctl status ${unit}" says why it stopped`,
      },
    ];
  return [
    {
      check,
      verdict: 'warning',
      saw: `the service ${unit} ${word}, or has failed: not all links were brought up at boot`,
      hint: `"systemctl status ${unit}" says which one failed`,
    },
  ];
}

export const primaryCheckName = 'primary';

/** The link that all else needs: up, with an address and a default route. */
export function primary({
  primaryLink,
  primaryFamily: family,
  kernel,
  backend,
}: Inspection): readonly Finding[] {
  const check = primaryCheckName;
  const show = backend && primaryLink !== undefined && services[backend]?.show(primaryLink);
  const where =
    show === undefined ? 'check the network service' : `"${show || 'ip address'}" shows its state`;
  const hint = `the network service configures it, eni-agent does not: ${where}`;
  const failure = (saw: string): readonly Finding[] => [{ check, verdict: 'failure', saw, hint }];
  if (primaryLink === undefined)
    return failure(
      'no link is known as the primary: there is no default route, and no ENI that was it before',
    );
  const link = kernel.links.find(l => l.name === primaryLink);
  if (link === undefined) return failure(`${primaryLink} does not exist`);
  if (!link.up) return failure(`${primaryLink} is down`);
  const isMeant = (object: { readonly family: Family }) => family === undefined || object.family === family;
  const named = family === undefined ? '' : `IPv${family} `;
  const addresses = kernel.addresses.filter(
    a => a.link === primaryLink && a.scope === 'global' && isMeant(a),
  );
  if (addresses.length === 0) return failure(`${primaryLink} has no ${named}address`);
  const defaults = kernel.routes.filter(r => r.table === mainTable && isDefaultRoute(r) && isMeant(r));
  if (defaults.length === 0)
    return failure(`${primaryLink} has an address, but there is no ${named}default route in main`);
  const isBy = (route: (typeof defaults)[number]) =>
    route.link === primaryLink || route.text.includes(`dev ${primaryLink}`);
  const saw = `${primaryLink} is up and has ${addresses[0]!.ip}`;
  if (defaults.some(isBy)) return [ok(check, `${saw} and a default route`)];
  return [ok(check, `${saw}; the default route is "${defaults[0]!.text}"`)];
}
