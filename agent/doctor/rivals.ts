// Programs on the same machine that configure ENIs too. Each with the evidence that it is there, what it would do to us, and the
// one step that settles it. Nothing is switched off here: that is the administrator's decision.
import type { Inspection } from '../inspect.ts';
import { type Finding, ok } from './finding.ts';

interface Rival {
  readonly name: string;
  /** What betrays it; undefined if it is not there. */
  readonly evidence: (look: Inspection) => string | undefined;
  readonly effect: string;
  readonly step: string;
}

const path =
  (...paths: readonly string[]) =>
  ({ facts }: Inspection) =>
    paths.find(p => facts.paths.includes(p));

const service =
  (name: string) =>
  ({ facts }: Inspection) =>
    facts.services[name] === 'active' ? `${name} is active` : undefined;

const table: readonly Rival[] = [
  {
    name: 'multi-nic-util',
    evidence: look => service('eni')(look) ?? path('/etc/eni_utils', '/sbin/eni-ifscan')(look),
    effect: 'writes ifcfg files for every ENI from a udev rule and overwrites ours',
    step: 'systemctl disable --now eni.service',
  },
  {
    name: 'amazon-ec2-net-utils',
    evidence: path(
      '/usr/lib/udev/rules.d/99-vpc-policy-routes.rules',
      '/usr/bin/setup-policy-routes',
      '/etc/udev/rules.d/53-ec2-network-interfaces.rules',
      '/usr/lib/udev/rules.d/53-ec2-network-interfaces.rules',
    ),
    effect: 'configures each ENI itself on hot-plug, with a default route in main',
    step: 'mask its udev rule: ln -s /dev/null /etc/udev/rules.d/99-vpc-policy-routes.rules',
  },
  {
    name: 'nm-cloud-setup',
    evidence: service('nm-cloud-setup'),
    effect: 'adds rules of its own for every address each five minutes',
    step: 'systemctl disable --now nm-cloud-setup.timer',
  },
  {
    name: 'cloud-netconfig',
    evidence: path('/usr/lib/cloud-netconfig', '/usr/libexec/cloud-netconfig'),
    effect: 'adds tables and rules of its own, and removes rules whose source is not a local address',
    step: 'set CLOUD_NETCONFIG_MANAGE=no in /etc/default/cloud-netconfig',
  },
  {
    name: 'cloud-ifupdown-helper',
    evidence: path('/etc/network/cloud-ifupdown-helper'),
    effect: 'runs DHCP on a hot-plugged ENI before eni-agent sees it (eni-agent takes that back)',
    step: 'nothing has to be done; to switch it off remove /etc/udev/rules.d/75-cloud-ifupdown.rules',
  },
];

export function rivals(look: Inspection): readonly Finding[] {
  const found = table.flatMap(rival => {
    const evidence = rival.evidence(look);
    if (evidence === undefined) return [];
    const saw = `${rival.name} is here (${evidence}): it ${rival.effect}`;
    return [{ check: 'rivals', verdict: 'warning' as const, saw, hint: rival.step }];
  });
  return found.length > 0 ? found : [ok('rivals', 'no other program here is known to configure ENIs')];
}
