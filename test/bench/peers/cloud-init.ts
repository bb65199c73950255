// cloud-init as Debian ships it: its hot-plug handler on EC2, rendering for networkd. It is started by hand and does one iteration; as
// shipped it repeats that for 30 seconds. A container has no DMI data, so it is told that this is AWS. The restart of networkd and
// resolved, with which the boot ends and which is not measured, is left out.
import type { AgentHost } from '../../lab/agent-host.ts';
import { runInGuest } from '../../lab/guest-commands.ts';
import type { EniSpec } from '../../lab/vpc-spec.ts';
import { createBenchHost } from '../bench-host.ts';

const starter = '/opt/bench/cloud-init-once.py';

const starterText = `import sys
from cloudinit.cmd import main
from cloudinit.cmd.devel import hotplug_hook
from cloudinit.net.activators import NetworkdActivator
from cloudinit.sources import DataSourceEc2, HotplugRetrySettings

DataSourceEc2.identify_platform = lambda: DataSourceEc2.CloudNames.AWS
NetworkdActivator.bring_up_all_interfaces = staticmethod(lambda network_state: True)
shipped = hotplug_hook.initialize_datasource


def one_iteration(*args):
    datasource = shipped(*args)
    if datasource:
        datasource.hotplug_retry_settings = HotplugRetrySettings(False, 0, 0)
    return datasource


hotplug_hook.initialize_datasource = one_iteration
sys.exit(main.main())
`;

const config = `datasource_list: [Ec2]
datasource: {Ec2: {metadata_urls: ['http://169.254.169.254']}}
cloud_init_modules: []
cloud_config_modules: []
cloud_final_modules: []
updates: {network: {when: [boot-new-instance, boot, hotplug]}}
system_info: {network: {renderers: [networkd], activators: [networkd]}}
`;

/** A machine on which cloud-init has run once, as at boot. */
export async function createCloudInitHost(name: string, enis: readonly EniSpec[]): Promise<AgentHost> {
  const files = {
    [starter.slice(1)]: starterText,
    'etc/cloud/cloud.cfg.d/99_bench.cfg': config,
    // It asks for names again and again. Nobody listens there, which is known at once.
    'etc/resolv.conf': 'nameserver 127.0.0.1\n',
  };
  const host = await createBenchHost({ name, enis, bundle: '', files });
  // Every instance has such a document; without it each reading would be tried again for 5 seconds.
  await host.metadata.send({ do: 'set', path: '/latest/dynamic/instance-identity/document', response: '{}' });
  const { exitCode, stderr } = await runInGuest(host.guest, ['python3', starter, 'init'], {
    timeout: 120_000,
  });
  // 2: done, with a warning.
  if (exitCode !== 0 && exitCode !== 2) throw new Error(`cloud-init init: exit ${exitCode}: ${stderr}`);
  return host;
}

/** One iteration of the hot-plug handler, for a link that is there. */
export function hotplugHandler(link: string): readonly string[] {
  const event = ['hotplug-hook', '-s', 'net', 'handle', '-d', `/sys/class/net/${link}`, '-u', 'add'];
  return ['python3', starter, 'devel', ...event];
}

/** Whether the last iteration came to its end, from cloud-init's own log. */
export async function handlerSucceeded({ guest }: AgentHost): Promise<boolean> {
  const { stdout } = await runInGuest(guest, ['tail', '-n', '40', '/var/log/cloud-init.log']);
  return stdout.includes('Updating cache') && !stdout.includes('Exception while processing hotplug event');
}
