// Has the network service loaded the files of the ENIs? In the kernel all may be right for now, and gone after its next restart.
import { renderers } from '../../renderers/registry.ts';
import type { BackendName } from '../model/host.ts';
import { headOf, type LiveOnly } from '../model/live-only.ts';
import type { Inspection } from '../pass/inspect.ts';
import type { PassContext } from '../pass/pass.ts';
import { readOwners } from '../system/facts/owners.ts';
import { type Finding, ok } from './finding.ts';
import { services } from './network-service.ts';

const check = 'files loaded';

/** The others do not say which file a link was configured by. */
const tellable: ReadonlySet<BackendName> = new Set([
  'netplan',
  'networkd',
  'networkmanager-keyfile',
  'networkmanager-ifcfg',
  'ifupdown',
]);

/** Whether the service has each ENI by a file of the agent. */
export async function filesLoaded(
  { backend, facts, enis, liveOnly }: Inspection,
  { system }: PassContext,
): Promise<readonly Finding[]> {
  const service = backend && services[backend];
  if (backend === undefined || service === undefined || facts.services[service.unit] !== 'active') return [];
  const findings = liveOnly === undefined ? [] : [liveFinding(liveOnly)];
  let loaded = 0;
  for (const { plan } of enis.filter(eni => liveOnly?.links.includes(eni.plan.link) !== true)) {
    const owners = await readOwners(system, plan.link, facts.services);
    const saw = foreignText(backend, plan.link, owners);
    if (saw === undefined) loaded++;
    else {
      const hint = `"${service.show(plan.link)}" shows it; "eni-agent plan" shows what is pending`;
      findings.push({ check, verdict: 'warning', saw, hint });
    }
  }
  if (loaded === 0) return findings;
  const enisText = loaded === 1 ? '1 ENI' : `${loaded} ENIs`;
  if (!tellable.has(backend)) return findings;
  const done =
    backend === 'ifupdown'
      ? `ifupdown has ${enisText} up`
      : `${service.unit} has loaded those of ${enisText}`;
  return [...findings, ok(check, done)];
}

/** On netplan there are times at which the service must not be made to load anything. */
function liveFinding({ links, reason, nextStep }: LiveOnly): Finding {
  const saw = `${headOf(links)}, because a reload could interrupt the primary: ${reason}`;
  return { check, verdict: 'warning', saw, hint: nextStep };
}

/** Undefined: as it should be, or it does not say. */
function foreignText(
  backend: BackendName,
  link: string,
  { networkdFile, networkd: state, networkmanager, networkmanagerProfile, ifstate }: Owners,
): string | undefined {
  if (backend === 'netplan' || backend === 'networkd') {
    if (state === undefined || state === 'configuring' || isOurs(backend, networkdFile)) return undefined;
    const file = networkdFile === undefined ? 'by no file' : `by ${networkdFile}`;
    return `systemd-networkd has ${link} ${file} (${state}), and not by the file of the agent: it has not loaded that yet`;
  }
  if (backend === 'networkmanager-keyfile' || backend === 'networkmanager-ifcfg') {
    if (networkmanager === undefined || isOurs(backend, networkmanagerProfile)) return undefined;
    const profile =
      networkmanagerProfile === undefined ? 'without a profile' : `by the profile ${networkmanagerProfile}`;
    return `NetworkManager has ${link} ${profile} (${networkmanager}), and not by the profile of the agent`;
  }
  if (backend === 'ifupdown' && ifstate === undefined)
    return `ifupdown does not have ${link} as up (/run/network/ifstate)`;
  return undefined;
}

type Owners = Awaited<ReturnType<typeof readOwners>>;

/** A file by its place and name; for netplan one that its generator makes of ours. */
function isOurs(backend: BackendName, file: string | undefined): boolean {
  if (file === undefined) return false;
  const { ownFiles, netplanGenerator } = renderers[backend];
  const places = [
    ...ownFiles,
    ...(netplanGenerator === undefined
      ? []
      : [{ dir: netplanGenerator.generated.dir, name: netplanGenerator.generated.ours }]),
  ];
  return places.some(({ dir, name }) => file.startsWith(`${dir}/`) && name.test(file.slice(dir.length + 1)));
}
