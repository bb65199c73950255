// `eni-agent remove --script`: what a purge runs when there is no program any more.
import { expect, test } from 'vitest';
import { beforeAttach } from './prepared.ts';
import { onceOk, useMachines } from './story.ts';

const start = useMachines();
const statePath = '/var/lib/eni-agent/state.json';

const groupLines = `for link in /sys/class/net/*; do
  case "$(cat "$link/netdev_group" 2> /dev/null) $(cat "$link/address" 2> /dev/null)" in
    '28000 0a:07:84:3d:6e:01' | '28000 0a:75:69:92:e2:10') ip link set dev "\${link##*/}" group 0 ;;
  esac
done`.split('\n');

test('changes nothing, and names every object in full', async () => {
  const { machine } = await beforeAttach(start);
  await onceOk(machine);
  const applied = machine.picture();
  machine.system.restart();
  const { code, out, err } = await machine.agent('remove', '--script');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(machine.picture()).toEqual(applied);
  const mac = machine.system.kernel.links.find(l => l.name === 'eth1')!.mac;
  expect(out.split('\n').slice(5)).toEqual([
    `if is_link eth1 ${mac}; then`,
    'ifdown --force eth1=60-eni-eth1',
    'fi',
    'drop /etc/network/interfaces.d/60-eni-eth1',
    'drop /etc/network/eni-agent-stanza',
    'drop /etc/udev/rules.d/70-eni-agent-primary.rules',
    "ip -4 -force -batch - 2> /dev/null << 'END'",
    'rule del from 172.31.32.0/20 iif lo lookup 28000 suppress_prefixlength 0 priority 28000',
    'rule del from 172.31.32.0/20 lookup 254 suppress_prefixlength 0 suppress_ifgroup 28000 priority 28300',
    'rule del from 172.31.32.0/20 iif lo lookup 28000 priority 28600',
    'rule del from all oif eth1 lookup 28000 priority 33000',
    'END',
    `if is_link eth1 ${mac}; then`,
    "ip -4 -force -batch - 2> /dev/null << 'END'",
    'addr del 172.31.40.10/32 dev eth1',
    'route del 172.31.32.0/20 dev eth1 table 28000',
    'route del 172.31.16.0/20 via 172.31.32.1 dev eth1 table 28000',
    'route del 0.0.0.0/0 via 172.31.32.1 dev eth1 table 28000',
    'END',
    'fi',
    ...groupLines,
    'exit 0',
    '',
  ]);
});

test.each([
  ['ifupdown', ['ifdown --force eth1=60-eni-eth1']],
  ['networkd', []],
  [
    'netplan',
    [
      'rm -f /run/systemd/network/10-netplan-00-eni-eth1.network',
      'rmdir /etc/systemd/network/10-netplan-00-eni-eth1.network.d',
    ],
  ],
  [
    'networkmanager-keyfile',
    ['nmcli connection load /etc/NetworkManager/system-connections/eni-eth1.nmconnection'],
  ],
])('%s: tells the service of this ENI, and never makes it reload', async (backend, expected) => {
  const { machine } = await beforeAttach(start);
  await onceOk(machine);
  const state = JSON.parse(machine.system.files.get(statePath)!.content);
  machine.system.put(statePath, JSON.stringify({ ...state, backend }));
  // What netplan's generator has made of a file of ours carries no mark.
  machine.system.put('/run/systemd/network/10-netplan-00-eni-eth1.network', '[Match]\n');
  const { out } = await machine.agent('remove', '--script');
  const commands = out
    .split('\n')
    .filter(line => /^(ifdown|ifup|rm|rmdir|nmcli|networkctl|systemctl) /.test(line));
  expect(commands).toEqual(expected);
});

test('an ENI with DHCP is set down: its client would bring the address back', async () => {
  const { machine } = await beforeAttach(start);
  await onceOk(machine);
  const state = JSON.parse(machine.system.files.get(statePath)!.content);
  const applied = [{ ...state.applied[0], addressing: 'dhcp' }];
  machine.system.put(statePath, JSON.stringify({ ...state, backend: 'networkd', applied }));
  const { out } = await machine.agent('remove', '--script');
  expect(out).toContain('\nip link set dev eth1 down\nfi\n');
});

test('where there is nothing, a script that does nothing', async () => {
  const { machine } = await beforeAttach(start);
  const { code, out } = await machine.agent('remove', '--script');
  expect(code).toBe(0);
  expect(out.split('\n').slice(5)).toEqual(['exit 0', '']);
});
