// Tools that vendors and distributions ship for ENIs. Facts: their sources and packages (docs/coexistence.md has the versions).
import { lastLine, pathOf, type Rival, type RivalView } from './rival.ts';

const netconfigRule = '/etc/udev/rules.d/51-cloud-netconfig-hotplug.rules';
const policyMask = '/etc/udev/rules.d/99-vpc-policy-routes.rules';
const ec2Rules = [
  '/etc/udev/rules.d/53-ec2-network-interfaces.rules',
  '/usr/lib/udev/rules.d/53-ec2-network-interfaces.rules',
];

export const multiNicUtil: Rival = {
  name: 'multi-nic-util',
  traces: ['eni.service', '/etc/eni_utils', '/lib/udev/rules.d/61-eni.rules'],
  effect: 'writes an ifcfg file with DHCP for each ENI from a udev rule, and overwrites an existing one',
  step: 'eni-agent migrate (shows what it does; --apply does it)',
  find: view => {
    if (view.inspection.facts.services.eni === 'active') return { evidence: 'eni is active' };
    const rules = pathOf(view, '/lib/udev/rules.d/61-eni.rules');
    if (rules !== undefined) return { evidence: rules };
    const evidence = pathOf(view, '/etc/eni_utils', '/sbin/eni-ifscan');
    if (evidence === undefined) return undefined;
    return { evidence, idle: 'its service is not active and its udev rule is gone' };
  },
};

export const ec2NetUtils: Rival = {
  name: 'amazon-ec2-net-utils',
  traces: ['/usr/bin/setup-policy-routes', 'from ADDRESS lookup 10000+N', policyMask],
  effect: 'configures each ENI itself through networkd, with a default route in main and rules 10000 and up',
  step: 'systemctl edit policy-routes@.service, and in [Service] ExecCondition=/usr/bin/test %i = PRIMARY',
  option: { key: 'ec2-net-utils', value: 'primary-only' },
  find: view => {
    const tool = pathOf(view, '/usr/bin/setup-policy-routes');
    if (tool === undefined) return undefined;
    if (isMask(view, policyMask)) return { evidence: tool, idle: `${policyMask} masks its udev rule` };
    const condition = lastLine(view, /^ExecCondition=/, '/etc/systemd/system/policy-routes@.service.d/');
    if (condition !== undefined)
      return { evidence: tool, idle: `it runs for the primary alone (${condition})` };
    return { evidence: policyRule(view) ?? tool };
  },
};

/** A link to /dev/null, or a file with nothing but comments: in /etc it stands in front of the packaged one of the same name. */
function isMask({ rival }: RivalView, path: string): boolean {
  const text = rival.files[path];
  return text !== undefined && !/^[ \t]*[^#\s]/m.test(text);
}

/** One of its rules: priority and table are the same number there. */
function policyRule({ inspection }: RivalView): string | undefined {
  const rule = inspection.kernel.rules.find(
    r => r.priority >= 10_000 && r.priority < 11_000 && r.table === r.priority,
  );
  return rule && `the rule ${rule.priority}: from ${rule.from ?? 'all'} lookup ${rule.table}`;
}

export const ec2NetUtils1: Rival = {
  name: 'ec2-net-utils 1.x',
  traces: [
    '/etc/sysconfig/network-scripts/ec2net-functions',
    '/etc/udev/rules.d/53-ec2-network-interfaces.rules',
  ],
  effect: 'writes an ifcfg file for each ENI that is plugged in, with DHCP and a default route in main',
  step: 'yum remove ec2-net-utils (it also looked after secondary addresses of the primary)',
  find: view => {
    const evidence = pathOf(view, ...ec2Rules);
    if (evidence !== undefined) return { evidence };
    const rest = pathOf(view, '/etc/sysconfig/network-scripts/ec2net-functions');
    return rest === undefined ? undefined : { evidence: rest, idle: 'its udev rule is gone' };
  },
};

export const cloudNetconfig: Rival = {
  name: 'cloud-netconfig',
  traces: ['/usr/libexec/cloud-netconfig', '/usr/lib/cloud-netconfig', netconfigRule],
  effect:
    'gives a new NIC DHCP with a default route, and removes the rules of all ENIs when a NIC is removed (until the next pass)',
  step: `ln -s /dev/null ${netconfigRule} (with NetworkManager: zypper remove cloud-netconfig-ec2)`,
  option: { key: 'cloud-netconfig', value: 'no-hotplug' },
  find: view => {
    const evidence = pathOf(view, '/usr/libexec/cloud-netconfig', '/usr/lib/cloud-netconfig');
    if (evidence === undefined) return undefined;
    // The scripts of NetworkManager's dispatcher remove rules too, and CLOUD_NETCONFIG_MANAGE=no does not keep them from it.
    if (view.inspection.facts.services.NetworkManager === 'active') return { evidence, onlyByHand: true };
    return {
      evidence,
      idle: isMask(view, netconfigRule) ? `${netconfigRule} masks its udev rule` : undefined,
    };
  },
};

export const cloudIfupdownHelper: Rival = {
  name: 'cloud-ifupdown-helper',
  traces: ['/etc/network/cloud-ifupdown-helper', '/etc/udev/rules.d/75-cloud-ifupdown.rules'],
  effect: 'runs DHCP on a hot-plugged ENI before the agent sees it',
  step: 'remove /etc/udev/rules.d/75-cloud-ifupdown.rules',
  find: view => {
    const evidence = pathOf(view, '/etc/network/cloud-ifupdown-helper');
    if (evidence === undefined) return undefined;
    if (pathOf(view, '/etc/udev/rules.d/75-cloud-ifupdown.rules') === undefined)
      return { evidence, idle: 'its udev rule is gone' };
    return view.inspection.selection.backend === 'ifupdown'
      ? { evidence, idle: 'the agent ends its DHCP when it configures the ENI' }
      : { evidence };
  },
};
