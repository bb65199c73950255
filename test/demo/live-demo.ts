// The demo on a machine where namespaces may be made: one case from "the second ENI does not work" to "detached and clean", with
// the real agent on the real network service. `node live-demo.ts CLOUD BACKEND`, started by run.sh. Ends with 1 if anything was
// not as it should be.
import { primaryGroupFiles } from '../../agent/apply/primary/group.ts';
import type { ProviderName } from '../../agent/model/instance.ts';
import { renderers } from '../../renderers/registry.ts';
import { type Emulator, startEmulator } from '../lab/emulator.ts';
import { createGuest, type Guest } from '../lab/guest.ts';
import { runInGuest } from '../lab/guest-commands.ts';
import { writeGuestFile } from '../lab/guest-files.ts';
import { stopGuest } from '../lab/guest-power.ts';
import { type ImageName, imageNames } from '../lab/images.ts';
import { findRemains } from '../lab/namespace.ts';
import { assignAddress, createVpc, destroyVpc, detachEni, readSpoofDrops, type Vpc } from '../lab/vpc.ts';
import { cloudTitles, demoEnis, lateAddress, picture, services } from './demo-vpc.ts';
import { bold, explain, green, heading, print, red, show } from './screen.ts';
import { agent, check, failedChecks, once, pings, shell } from './stage.ts';
import { withoutAgent } from './without-agent.ts';

const cloud = process.argv[2] as ProviderName;
const backend = process.argv[3] as ImageName;
if (!imageNames.includes(backend)) throw new Error(`the lab has no image with ${backend}`);

async function showRouting(guest: Guest): Promise<void> {
  const main = await shell(guest, 'ip route');
  check(
    /^default .*dev eth0/m.test(main) && !main.includes('dev eth1'),
    'the main table has the routes of eth0 alone',
  );
  await shell(guest, 'ip rule');
  await shell(guest, 'ip route show table 28000');
  if (cloud !== 'jdcloud') await shell(guest, 'ip -6 route show table 28000');
}

async function addLateAddress(guest: Guest, emulator: Emulator): Promise<void> {
  await assignAddress(guest.vpc, 'eth1', lateAddress);
  if (cloud !== 'jdcloud') {
    explain(`The cloud assigns ${lateAddress} to the second ENI. The VM learns it from the metadata alone.`);
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

/** Paths of the agent's files in all folders that this backend may have them in, of its file of the primary's link group, and of what its generator made of them. */
async function agentFiles(guest: Guest): Promise<readonly string[]> {
  const { ownFiles, netplanGenerator } = renderers[backend];
  const generated =
    netplanGenerator === undefined
      ? []
      : [{ dir: netplanGenerator.generated.dir, name: netplanGenerator.generated.ours }];
  const found: string[] = [];
  for (const { dir, name } of [...ownFiles, primaryGroupFiles, ...generated]) {
    // A pattern may name a path below the folder. Folders that do not exist hold nothing.
    const { stdout } = await runInGuest(guest, ['find', dir, '-type', 'f', '-printf', '%P\\n']);
    found.push(
      ...stdout.split('\n').flatMap(path => (path !== '' && name.test(path) ? [`${dir}/${path}`] : [])),
    );
  }
  return found;
}

async function story(guest: Guest, emulator: Emulator): Promise<void> {
  heading(`A VM on ${cloudTitles[cloud]} gets a second ENI`);
  show(picture(cloud, `Debian 12 with ${services[backend]}, and eni-agent`));
  await withoutAgent(guest, backend);

  heading('What the agent finds, and what it would do');
  explain('It asks the metadata service, and shows files, commands and differences. Nothing changes yet.');
  await agent(guest, ['plan'], [0, 2], 130);

  heading('Apply');
  explain(
    `Write the files, let ${services[backend]} load them, compare the kernel with the plan, roll back on any difference.`,
  );
  const { byLink: before } = await readSpoofDrops(guest.vpc);
  await once(guest);
  const files = await agentFiles(guest);
  check(files.length > 0, `files of the agent: ${files.join(', ') || 'none'}`);

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
  // The count of a port goes with it.
  const { byLink: last } = await readSpoofDrops(guest.vpc);
  await detachEni(guest.vpc, 'eth1');
  await emulator.sync();
  await once(guest);
  await shell(guest, 'ip rule');
  const { byLink: now } = await readSpoofDrops(guest.vpc);
  const foreign = now.eth0! - before.eth0! + (last.eth1! - before.eth1!);
  check(foreign === 0, `${foreign} packets with a foreign source since the agent came`);
  const left = await agentFiles(guest);
  check(left.length === 0, `files of the agent: ${left.join(', ') || 'none'}`);
  await pings(guest);
}

async function play(vpc: Vpc): Promise<void> {
  const emulator = await startEmulator(vpc);
  const guest = await createGuest(vpc, { image: backend, agentKeys: ['log-level = warn'] });
  try {
    await story(guest, emulator);
  } finally {
    await stopGuest(guest);
    await emulator.stop();
  }
}

const { primary, second } = demoEnis(cloud);
const vpc = await createVpc({ name: 'demo', provider: cloud, enis: [primary, second] });
try {
  await play(vpc);
} catch (error) {
  check(false, `the demo stopped: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  await destroyVpc(vpc);
}
const remains = await findRemains(process.pid);
check(remains.length === 0, `left on this machine: ${remains.length === 0 ? 'nothing' : remains.join(', ')}`);
const wrong = failedChecks();
print(wrong === 0 ? bold(green('\nThe demo worked.')) : bold(red(`\n${wrong} of the checks above failed.`)));
print('Next: npm test runs everything; npx eni-agent --help lists the commands; README.md explains.');
process.exitCode = wrong === 0 ? 0 : 1;
