// Two habits of NetworkManager: a connection for every link without a profile, and nm-cloud-setup. Seen with 1.42.4 and 1.52.1.
import { lastLine, pathOf, type Rival, type RivalView, ruleWith, secondaryLinks } from './rival.ts';

const unit = '/usr/lib/systemd/system/nm-cloud-setup.service';
const dropIns = [
  '/usr/lib/systemd/system/nm-cloud-setup.service.d/',
  '/etc/systemd/system/nm-cloud-setup.service.d/',
];
const wants = [
  '/etc/systemd/system/timers.target.wants/nm-cloud-setup.timer',
  '/etc/systemd/system/NetworkManager.service.wants/nm-cloud-setup.service',
];

export const automaticConnection: Rival = {
  name: "NetworkManager's automatic connection",
  traces: ['/run/NetworkManager/system-connections', 'no-auto-default'],
  effect: 'runs DHCP on an ENI for which it has no profile, with a default route in main',
  step: 'write "[main]" and "no-auto-default=*,except:interface-name:PRIMARY" to /etc/NetworkManager/conf.d/99-eni.conf',
  option: { key: 'networkmanager-auto-default', value: 'primary-only' },
  find: view => {
    const { facts } = view.inspection;
    if (facts.services.NetworkManager !== 'active') return undefined;
    const made = secondaryLinks(view)
      .map(link => madeUp(view, link))
      .find(path => path !== undefined);
    if (made !== undefined) return { evidence: made };
    const evidence = 'NetworkManager is active';
    const off = lastLine(
      view,
      /^\s*no-auto-default\s*=.*\*/,
      '/etc/NetworkManager/',
      '/usr/lib/NetworkManager/',
      '/run/NetworkManager/',
    );
    // Ubuntu's server has this: NetworkManager is for wireless links alone.
    const unmanaged = lastLine(
      view,
      /^\s*unmanaged-devices\s*=\s*\*/,
      '/etc/NetworkManager/',
      '/usr/lib/NetworkManager/',
      '/run/NetworkManager/',
    );
    if (unmanaged !== undefined) return { evidence, idle: `it leaves such links alone (${unmanaged})` };
    if (off !== undefined) return { evidence, idle: `it is told to make none (${off})` };
    if (view.inspection.selection.backend?.startsWith('networkmanager') === true)
      return { evidence, idle: "the agent's profile of an ENI replaces the automatic one" };
    return { evidence };
  },
};

/** The profile in memory that NetworkManager made for this link; it stays over a restart of the service. */
function madeUp({ inspection }: RivalView, link: string): string | undefined {
  return Object.entries(inspection.facts.files).find(
    ([path, text]) =>
      path.startsWith('/run/NetworkManager/system-connections/') &&
      /^autoconnect-priority=-999$/m.test(text) &&
      /^nm-generated=true$/m.test(text) &&
      text.split('\n').includes(`interface-name=${link}`),
  )?.[0];
}

export const nmCloudSetup: Rival = {
  name: 'nm-cloud-setup',
  traces: [unit, 'NM_CLOUD_SETUP_...=yes', '30350: from all lookup main suppress_prefixlength 0'],
  effect:
    'every five minutes, adds its own rules and tables (30200 and up) for each IPv4 address, also the primary’s',
  step: 'systemctl disable --now nm-cloud-setup.timer nm-cloud-setup.service',
  option: { key: 'nm-cloud-setup', value: 'off' },
  find: view => {
    if (pathOf(view, unit) === undefined) return undefined;
    const condition = lastLine(view, /^ConditionPathExists=!/, dropIns[1]!);
    if (condition !== undefined)
      return { evidence: unit, idle: `a condition keeps it from running (${condition})` };
    if (view.inspection.kernel.rules.some(r => r.priority === 30350 && r.suppressPrefixLength === 0))
      return { evidence: ruleWith(view, 30350, 30350) ?? unit };
    const provider = lastLine(
      view,
      /^Environment=.*\bNM_CLOUD_SETUP_(ALIYUN|EC2)=(yes|1|true|on)\b/,
      unit,
      ...dropIns,
    );
    if (provider === undefined)
      return { evidence: unit, idle: 'no cloud is enabled in it (NM_CLOUD_SETUP_...)' };
    const enabled = wants.find(path => path in view.rival.files);
    if (enabled === undefined)
      return { evidence: provider, idle: 'neither its timer nor its service is enabled' };
    return { evidence: `${enabled}, ${provider}` };
  },
};
