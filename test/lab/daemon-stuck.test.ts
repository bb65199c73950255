// Programs beside the daemon that stand still: who reads its log, and systemd-notify. Neither keeps it from its work, nor from its end.
// needs: tree bookworm
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AgentHost, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { runInGuest } from './guest-commands.ts';
import { agentPaths } from './guest-init.ts';

let host: AgentHost;
const daemon = `${agentPaths.node} ${agentPaths.bundle} daemon`;

beforeAll(async () => {
  const eni = (number: number) => ({
    link: `eth${number}`,
    mac: `02:00:00:00:00:0${number + 1}`,
    subnets: [{ subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.10`] }],
  });
  host = await createAgentHost({ name: 'stuck', provider: 'aws', enis: [eni(0), eni(1)] });
});
afterAll(() => destroyAgentHost(host));

/** Words of the script, each when its wait was over: 20 s on an idle machine, much more than what is waited for needs. */
async function says(script: string): Promise<readonly string[]> {
  const within = 'within() { for _ in $(seq 200); do eval "$1" && return; sleep 0.1; done; return 1; }';
  const isConfigured = 'configured() { ip rule | grep -q 28600; }';
  const { stdout } = await runInGuest(host.guest, ['bash', '-c', `${within}\n${isConfigured}\n${script}`], {
    timeout: 150_000,
  });
  return stdout.trim().split('\n');
}

test('nobody reads its log any more: it repairs, answers and ends', async () => {
  const words = await says(`
    mkfifo /tmp/log; sleep 200 < /tmp/log & reader=$!; exec 9> /tmp/log
    ${daemon} 2>&9 > /dev/null & pid=$!
    # What is undone before the first apply has seen its ENI right is the network service's failure, and taken back.
    within 'configured && [ ! -e /var/lib/eni-agent/checkpoint.json ]' && echo configured
    # The pipe is full.
    dd if=/dev/zero of=/proc/self/fd/9 bs=4096 oflag=nonblock count=100 2> /dev/null
    dd if=/dev/zero of=/proc/self/fd/9 bs=1 oflag=nonblock count=5000 2> /dev/null
    for _ in 1 2 3; do
      ip rule del pref $(ip rule | sed -n 's/^\\(286[0-9]*\\):.*/\\1/p' | head -n 1)
      within configured && echo repaired
    done
    timeout 20 ${agentPaths.node} ${agentPaths.bundle} refresh > /dev/null 2>&1 && echo answered
    kill $pid; within '! kill -0 $pid 2> /dev/null' && echo ended
    kill -9 $pid $reader 2> /dev/null`);
  expect(words).toEqual(['configured', 'repaired', 'repaired', 'repaired', 'answered', 'ended']);
});

test('systemd-notify hangs: one of it, and the daemon ends', async () => {
  const words = await says(`
    mkdir /tmp/bin; printf '#!/bin/sh\\necho $$ >> /tmp/told\\nexec sleep 300\\n' > /tmp/bin/systemd-notify
    chmod 755 /tmp/bin/systemd-notify
    NOTIFY_SOCKET=/run/nobody PATH=/tmp/bin:$PATH ${daemon} 2> /dev/null & pid=$!
    within '[ -s /tmp/told ]' && echo told
    timeout 20 ${agentPaths.node} ${agentPaths.bundle} refresh > /dev/null 2>&1 && echo answered
    echo $(wc -l < /tmp/told) of it
    kill $pid; within '! kill -0 $pid 2> /dev/null' && echo ended
    kill -9 $pid $(cat /tmp/told) 2> /dev/null`);
  expect(words).toEqual(['told', 'answered', '1 of it', 'ended']);
});
