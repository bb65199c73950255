// Machines whose primary has been told a smaller MTU towards a host: a router in a namespace of its own says Packet Too Big, and the kernel keeps
// a copy of the default route, with 128 bits, for that host (docs/how-it-works.md).

import { diceOf } from './dice.ts';
import { judge, type Trial, type Wrong } from './judge.ts';
import { foundLines, linkLines, type Machine, managed, specificsOf } from './machine.ts';
import { ipText, longest, net } from './net.ts';
import { planLines, planOf } from './planned.ts';
import { ofEni } from './questions.ts';
import { awaitAddresses, sysctls } from './trial.ts';

const host = net('2001:db8:ffff::9');

/** The primary and an ENI have IPv6, and the primary is the way to that host. */
export function hasWayToHost(machine: Machine): boolean {
  const sides = managed(machine).map(n => n.sides[6]);
  const primary = machine.nics[0]!.sides[6];
  const taken = [...specificsOf(machine), ...machine.statics].some(n => longest([n], host) !== undefined);
  return machine.group && !taken && primary.addresses.length > 0 && sides.some(s => s.addresses.length > 0);
}

export function pmtuTrialOf(name: string, machine: Machine): Trial {
  const plan = planLines(planOf(machine), 6);
  const found = foundLines(machine, 6);
  const primary = machine.nics[0]!.sides[6];
  const source = ipText(primary.addresses[0]!);
  const all = managed(machine).flatMap(nic => ofEni(machine, nic, 6, [host], diceOf(1)));
  const questions = all.filter(q => q.right !== 'as before, link');
  const lines = [`route get ${ipText(host)} from ${source}`, ...questions.map(q => q.line)];
  return {
    name: `${name}, a path-MTU exception`,
    steps: [
      sysctls(machine),
      { family: 'link', lines: linkLines(machine, ['p0']) },
      { family: 6, lines: [...found, ...plan] },
      awaitAddresses([...found, ...plan]),
      { shell: router(ipText(primary.gateway!), source) },
      { family: 6, lines },
      { shell: 'kill $R' },
    ],
    judge: said => {
      const [exception, ...answers] = said[5]!;
      const isThere = /dev eth0 .*mtu 1300/.test(exception!.text ?? '');
      const missing: Wrong = {
        what: 'set-up',
        line: lines[0]!,
        said: exception!.text ?? '',
        right: 'dev eth0 … mtu 1300',
      };
      const wrong = questions.flatMap((q, i) => judge(q, answers[i]!) ?? []);
      return { wrong: isThere ? wrong : [missing], asked: questions.length };
    },
  };
}

/** Has the other end of the primary's link, and behind it a link with an MTU of 1300. The primary sends a packet that is larger. */
const router = (gateway: string, source: string) => `
unshare -n sleep 30 > /dev/null 2>&1 < /dev/null & R=$!
until [ "$(readlink /proc/$R/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
ip link set p0 netns $R
nsenter -t $R -n sh <<'ROUTER' > /dev/null 2>&1
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
ip link set lo up
ip link add far type veth peer name near
for link in p0 far near; do ip link set $link up; done
ip link set near mtu 1300
ip -6 addr add ${gateway}/128 dev p0 nodad
ip -6 addr add 2001:db8:eeee::1/128 dev lo nodad
ip -6 route add ${source}/128 dev p0
ip -6 route add ${ipText(host)}/128 dev near
ROUTER
n=0
until ping -6 -n -c 1 -W 1 -s 1400 -M do -I ${source} ${ipText(host)} > /dev/null 2>&1; do
  ip -6 route get ${ipText(host)} from ${source} | grep -q 'mtu 1300' && break
  [ $((n += 1)) -lt 10 ] || break
done`;
