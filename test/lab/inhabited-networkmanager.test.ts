// A machine with NetworkManager on which somebody has made two ENIs his own: one by a profile that names only its MAC, with an address and a
// route, and one that NetworkManager is told to leave alone. Both stay as they are, to the byte, and a third ENI is served.
// needs: tree trixie
// with --all only: two boots more, and what the unit tests of the claims say is the same
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AgentHost, agentOk, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk, runAgent } from './guest-commands.ts';
import { listGuestDir, readGuestFile } from './guest-files.ts';
import { rebootGuest } from './guest-power.ts';
import { failedPings, pingMatrix, renderMatrix } from './ping-matrix.ts';
import type { EniSpec } from './vpc-spec.ts';

const eni = (number: number): EniSpec => ({
  link: `eth${number}`,
  mac: `02:00:00:00:00:0${number + 1}`,
  subnets: [{ subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.10`, `10.0.${number}.11`] }],
});
const folder = '/etc/NetworkManager/system-connections';
const storage = `${folder}/storage.nmconnection`;
const appliance = '/etc/NetworkManager/conf.d/50-appliance.conf';
const files = {
  [storage]: `[connection]
id=storage
uuid=0b7e3a52-5b0e-4d3b-8e5c-4f8f5a4f7c11
type=ethernet

[ethernet]
mac-address=02:00:00:00:00:02

[ipv4]
method=manual
address1=10.0.1.77/24
route1=10.77.0.0/16,10.0.1.1

[ipv6]
method=disabled
`,
  [appliance]: '[keyfile]\nunmanaged-devices=interface-name:eth2\n',
};
let host: AgentHost;

beforeAll(async () => {
  host = await createAgentHost(
    { name: 'inhabitednm', provider: 'aws', enis: [eni(0), eni(1), eni(2), eni(3)] },
    {
      suite: 'trixie',
      image: 'networkmanager-keyfile',
      files: Object.fromEntries(Object.entries(files).map(([path, text]) => [path.slice(1), text])),
    },
  );
});
afterAll(() => destroyAgentHost(host));

const sh = (script: string) => guestOk(host.guest, ['sh', '-c', script]);

/** The administrator's, as the kernel has it; what he does by hand on the link that NetworkManager leaves alone comes with it. */
async function settled(): Promise<string> {
  await sh(
    'for i in $(seq 300); do ip -4 addr show dev eth1 | grep -q 10.0.1.77 && exit; sleep 0.1; done; exit 1',
  );
  await sh(
    'ip link set dev eth2 up; ip addr replace 10.0.2.77/24 dev eth2; ip route replace 10.78.0.0/16 via 10.0.2.1',
  );
  return theirs();
}

async function theirs(): Promise<string> {
  const kernel = await sh(
    'for l in eth1 eth2; do ip -o -4 addr show dev $l; ip -4 route show table all dev $l; ip -br link show dev $l; done',
  );
  return kernel.replace(/^\d+: |valid_lft.*$|@if\d+ */gm, '');
}

function expectFiles(): void {
  for (const [path, text] of Object.entries(files)) expect(readGuestFile(host.guest, path)).toBe(text);
}

const ours = () => listGuestDir(host.guest, folder).filter(name => name.startsWith('eni-'));

test('once leaves both alone, says by which line of which file, and serves the third', async () => {
  const before = await settled();
  const { exitCode, stdout, stderr } = await runAgent(host.guest, ['once']);
  expect(exitCode, stdout + stderr).toBe(2);
  expect(stdout).toContain(`${storage}:7: [ethernet] mac-address=02:00:00:00:00:02 fits eth1`);
  expect(stdout).toContain(`${appliance}:2: unmanaged-devices=interface-name:eth2 fits eth2`);
  expect(await theirs()).toBe(before);
  expectFiles();
  expect(ours()).toEqual(['eni-eth3.nmconnection']);
  const results = await pingMatrix(host.guest, { pick: ({ link }) => link === 'eth3' });
  expect(results.length).toBeGreaterThan(0);
  expect(failedPings(results), renderMatrix(results)).toEqual([]);
  const owner = JSON.parse(await agentOk(host, ['owner', 'eth1', '--json'])) as {
    owner: string;
    claims: { path: string }[];
  };
  expect(owner.owner).toBe('other');
  expect(owner.claims[0]?.path).toBe(storage);
});

test('after a boot they are theirs, before the agent runs and after it', async () => {
  const before = await settled();
  await rebootGuest(host.guest);
  expect(await settled()).toBe(before);
  expect((await runAgent(host.guest, ['once'])).exitCode).toBe(2);
  expect(await theirs()).toBe(before);
});

test('another profile is brought up on the third by hand: ours comes back', async () => {
  const other = `${folder}/any.nmconnection`;
  const text =
    '[connection]\\nid=any\\nuuid=3c1d52a4-7f5e-4c55-9d2c-11a0a7a4b6de\\ntype=ethernet\\nautoconnect=false\\n';
  await sh(
    `printf '${text}\\n[ipv4]\\nmethod=disabled\\n\\n[ipv6]\\nmethod=disabled\\n' > ${other}; chmod 600 ${other}`,
  );
  await sh(`nmcli connection load ${other}; nmcli --wait 20 connection up any ifname eth3`);
  expect(await sh('ip -4 addr show dev eth3')).not.toContain('10.0.3.10');
  const { exitCode, stdout, stderr } = await runAgent(host.guest, ['once']);
  expect(exitCode, stdout + stderr).toBe(2);
  expect(await sh('ip -4 addr show dev eth3')).toContain('10.0.3.10/32');
  expect(await sh('nmcli -g DEVICE,FILENAME connection show --active')).toContain(
    'eth3:/etc/NetworkManager/system-connections/eni-eth3',
  );
});

test('nmcli connection modify of ours: the next pass takes it back', async () => {
  await sh('nmcli connection modify eni-eth3 ipv4.dns 10.9.9.9');
  expect(readGuestFile(host.guest, `${folder}/eni-eth3.nmconnection`)).not.toContain('eni-agent');
  expect((await runAgent(host.guest, ['once'])).exitCode).toBe(2);
  const text = readGuestFile(host.guest, `${folder}/eni-eth3.nmconnection`);
  expect(text).toContain('# Written by eni-agent;');
  expect(text).not.toContain('10.9.9.9');
});

test('remove takes ours, and nothing of theirs; nor is it missing after a boot', async () => {
  const before = await settled();
  await agentOk(host, ['remove']);
  expect(ours()).toEqual([]);
  expect(await theirs()).toBe(before);
  expectFiles();
  await rebootGuest(host.guest);
  expect(await settled()).toBe(before);
});
