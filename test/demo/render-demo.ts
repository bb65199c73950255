// The demo where namespaces cannot be made: the agent renders the same case offline, for one backend or for all, into a folder.
// `node render-demo.ts CLOUD BACKEND|yes WHY`, started by run.sh; needs no root and no Linux.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BackendName, backendNames } from '../../agent/model/host.ts';
import type { ProviderName } from '../../agent/model/instance.ts';
import { run } from '../lab/command.ts';
import { imageNames } from '../lab/images.ts';
import { recordingOf } from '../lab/recording-of.ts';
import { parseEni } from '../lab/vpc-spec.ts';
import { cloudTitles, demoEnis, picture, services } from './demo-vpc.ts';
import { bold, command, explain, green, heading, print, red, result, show } from './screen.ts';

const [cloud, choice, why] = process.argv.slice(2) as [ProviderName, BackendName | 'yes', string];
const bundle = fileURLToPath(new URL('../../dist/eni-agent.cjs', import.meta.url));
const chosen = choice === 'yes' ? backendNames : [choice];
const { primary, second } = demoEnis(cloud);
const out = mkdtempSync(join(tmpdir(), 'eni-agent-demo-'));
let wrong = 0;

heading(`A VM on ${cloudTitles[cloud]} gets a second ENI`);
explain(`This is the offline demo, because ${why}.`);
show(
  picture(cloud, `${choice === 'yes' ? 'any system' : `a system with ${services[choice]}`}, and eni-agent`),
);

heading('What the metadata service says, as a recording');
const recording = join(out, 'recording.json');
writeFileSync(
  recording,
  `${JSON.stringify(
    recordingOf(
      cloud,
      [primary, second].map((eni, i) => parseEni(cloud, eni, i)),
    ),
    null,
    2,
  )}\n`,
);
show(readFileSync(recording, 'utf8'), 24);

heading(chosen.length === 1 ? `The files for ${choice}` : 'The files for every backend');
for (const backend of chosen) {
  const target = join(out, backend);
  const links = [primary, second].flatMap(eni => ['--link', `${eni.mac}=${eni.link}`]);
  const args = ['render', '--metadata', recording, '--backend', backend, ...links, '--out', target];
  if (backend === chosen[0]) command(`eni-agent ${args.join(' ')}`);
  const { exitCode, stderr } = await run([process.execPath, bundle, ...args]);
  const files = exitCode === 0 ? filesBelow(target) : [];
  if (files.length === 0) wrong += 1;
  result(
    files.length > 0,
    `${backend}: ${files.length} ${files.length === 1 ? 'file' : 'files'}${files.length > 0 ? '' : ` (exit ${exitCode}) ${stderr.trim()}`}`,
  );
  show(files.map(file => `      /${relative(target, file)}`).join('\n'));
}

const sample = filesBelow(join(out, chosen.includes('ifupdown') ? 'ifupdown' : chosen[0]!));
for (const file of chosen.length === 1 ? sample : sample.slice(0, 1)) {
  heading(`/${relative(join(out, chosen.length === 1 ? choice : 'ifupdown'), file)}`);
  show(readFileSync(file, 'utf8'), 70);
}

print(`\nAll files are in ${bold(out)}`);
print(
  `On a Linux machine as root, "npm run demo" applies them for real (${imageNames.join(', ')}) and pings from every address.`,
);
print(wrong === 0 ? bold(green('The demo worked.')) : bold(red(`${wrong} of the backends failed.`)));
process.exitCode = wrong === 0 ? 0 : 1;

function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
}
