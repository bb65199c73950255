// The demo on a machine where namespaces may be made: one case from "the second ENI does not work" to "detached and clean", with
// the real agent on the real ifupdown. `node live-demo.ts CLOUD`, started by run.sh. Ends with 1 if anything was not as it should be.
import type { ProviderName } from '../../agent/model/instance.ts';
import { type Emulator, startEmulator } from '../lab/emulator.ts';
import { countEvents } from '../lab/event-counter.ts';
import {
  createGuest,
  type Guest,
  guestOk,
  listGuestDir,
  runAgent,
  runInGuest,
  stopGuest,
  writeGuestFile,
} from '../lab/guest.ts';
import { findRemains } from '../lab/namespace.ts';
import { failedPings, pingMatrix, renderMatrix } from '../lab/ping-matrix.ts';
import { assignAddress, createVpc, destroyVpc, detachEni, readSpoofDrops, type Vpc } from '../lab/vpc.ts';
import { cloudTitles, demoEnis, lateAddress, picture } from './demo-vpc.ts';
import { bold, command, explain, green, heading, print, red, result, show } from './screen.ts';

const cloud = process.argv[2] as ProviderName;
const eniFolder = '/etc/network/interfaces.d';
const marks = { ok: green('ok'), lost: red('LOST') };
let wrong = 0;

function check(ok: boolean, text: string): void {
  if (!ok) wrong += 1;
  result(ok, text);
}

/** Runs the agent and shows what it said; its exit code must be one of `codes`. */
async function agent(
  guest: Guest,
  args: readonly string[],
  codes: readonly number[],
  most = 60,
): Promise<void> {
  command(`eni-agent ${args.join(' ')}`);
  const { exitCode, stdout, stderr } = await runAgent(guest, args);
  show(`${stdout}${stderr}`.trim() === '' ? '(no output)' : `${stdout}${stderr}`, most);
  if (!codes.includes(exitCode)) check(false, `eni-agent ${args[0]} ended with ${exitCode}`);
}

/** `eni-agent once` with the events of the primary counted. */
async function once(guest: Guest): Promise<void> {
  const { events } = await countEvents(guest.vpc, () => agent(guest, ['once'], [0]));
  check(events.of('eth0').length === 0, `${events.of('eth0').length} kernel events on eth0 while it ran`);
}

async function pings(guest: Guest): Promise<void> {
  const results = await pingMatrix(guest);
  show(renderMatrix(results, marks));
  check(
    failedPings(results).length === 0,
    `${results.length - failedPings(results).length} of ${results.length} pings answered`,
  );
}

async function shell(guest: Guest, line: string): Promise<void> {
  command(line);
  const { stdout, stderr } = await runInGuest(guest, line.split(' '));
  show(`${stdout}${stderr}`.trim() === '' ? '(nothing)' : `${stdout}${stderr}`);
}

/** A command whose success says nothing. */
async function quiet(guest: Guest, line: string): Promise<void> {
  command(line);
  await guestOk(guest, line.split(' '));
}

async function showRouting(guest: Guest): Promise<void> {
  await shell(guest, 'ip rule');
  await shell(guest, 'ip route show table 28000');
  if (cloud !== 'jdcloud') await shell(guest, 'ip -6 route show table 28000');
}

async function addLateAddress(guest: Guest, emulator: Emulator): Promise<void> {
  await assignAddress(guest.vpc, 'eth1', lateAddress);
  if (cloud !== 'jdcloud') {
    explain(`The cloud assigns ${lateAddress} to the second ENI; nobody tells the VM but the metadata.`);
    await emulator.sync();
    return;
  }
  explain(
    `The cloud assigns ${lateAddress} to the second ENI. JD Cloud's metadata does not list it: the config file does.`,
  );
  const section = `[eni "${demoEnis(cloud).second.mac}"]\naddresses = ${lateAddress}\n`;
  writeGuestFile(guest, '/etc/eni-agent/eni-agent.conf.d/late.conf', section);
  show(`/etc/eni-agent/eni-agent.conf.d/late.conf:\n${section}`);
}

/** Shows the failure that the agent is for, and takes it back; returns the packets that the router has dropped so far. */
async function withoutRouting(guest: Guest): Promise<number> {
  await quiet(guest, 'ip addr add 10.0.2.10/24 dev eth1');
  await quiet(guest, 'ip link set eth1 up');
  const results = await pingMatrix(guest, { pick: (_, address) => address === '10.0.2.10', patience: 0 });
  show(renderMatrix(results, marks));
  await guestOk(guest, ['ip', 'addr', 'del', '10.0.2.10/24', 'dev', 'eth1']);
  await guestOk(guest, ['ip', 'link', 'set', 'eth1', 'down']);
  const { total } = await readSpoofDrops(guest.vpc);
  check(total > 0, `the router has dropped ${total} packets (it is strict)`);
  return total;
}

async function story(vpc: Vpc): Promise<void> {
  const emulator = await startEmulator(vpc);
  const guest = await createGuest(vpc, { agentKeys: ['log-level = warn'] });

  heading(`A VM on ${cloudTitles[cloud]} gets a second ENI`);
  show(picture(cloud));
  explain('The distribution configures eth0 only. eth1 is there and has nothing:');
  await shell(guest, 'ip -br addr');

  heading('Without policy routing it does not work');
  explain('With an address alone, the replies leave by eth0, and the VPC drops them as spoofed:');
  const drops = await withoutRouting(guest);

  heading('What the agent finds, and what it would do');
  explain('It asks the metadata service, and shows files, commands and differences. Nothing changes yet.');
  await agent(guest, ['plan'], [0, 2], 90);

  heading('Apply');
  explain(
    'Write the file, let ifupdown load it, compare the kernel with the plan; on any difference take it back.',
  );
  await once(guest);

  heading('Every packet leaves by the ENI that owns its source address');
  await showRouting(guest);
  explain('Pings from every address, in both directions, through a router that drops every foreign source:');
  await pings(guest);

  heading('An address comes');
  await addLateAddress(guest, emulator);
  await once(guest);
  await pings(guest);

  heading('A second run finds nothing to do');
  await once(guest);

  heading('The ENI is detached');
  explain('Its link is gone, and the metadata no longer has it. (A removal needs two equal readings: 2 s.)');
  await detachEni(vpc, 'eth1');
  await emulator.sync();
  await once(guest);
  await shell(guest, 'ip rule');
  const left = listGuestDir(guest, eniFolder);
  check(left.length === 0, `files in ${eniFolder}: ${left.length === 0 ? 'none' : left.join(', ')}`);
  const foreign = (await readSpoofDrops(vpc)).total - drops;
  check(foreign === 0, `${foreign} packets with a foreign source since the agent came`);
  await pings(guest);

  await stopGuest(guest);
  await emulator.stop();
}

const { primary, second } = demoEnis(cloud);
const vpc = await createVpc({ name: 'demo', provider: cloud, enis: [primary, second] });
try {
  await story(vpc);
} catch (error) {
  wrong += 1;
  print(red(`the demo stopped: ${error instanceof Error ? error.message : String(error)}`));
} finally {
  await destroyVpc(vpc);
}
const remains = await findRemains(process.pid);
check(remains.length === 0, `left on this machine: ${remains.length === 0 ? 'nothing' : remains.join(', ')}`);
print(wrong === 0 ? bold(green('\nThe demo worked.')) : bold(red(`\n${wrong} of the checks above failed.`)));
print('Next: npm test runs everything; npx eni-agent --help lists the commands; README.md explains.');
process.exitCode = wrong === 0 ? 0 : 1;
