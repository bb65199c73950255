// The recipes of docs/install.md, as they stand: an apt repository and Ansible install the package on a Debian 12 in the VPC, where its daemon
// then configures an ENI, and the last step of an image build takes it all away; a yum repository is installed from by dnf.
// needs: tree bookworm, package deb, package rpm, programs recipes, programs packaging
// with --all only: it needs Ansible, dnf and more on the machine
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHost, destroyAgentHost } from './agent-host.ts';
import { runOk } from './command.ts';
import { guestOk, runInGuest } from './guest-commands.ts';
import { listGuestDir, readGuestFile, writeGuestFile } from './guest-files.ts';
import { runInCopy } from './machine-copy.ts';
import { configure, createPackageHost } from './package-guest.ts';
import { findPackage } from './packages.ts';
import { failedPings, pingMatrix } from './ping-matrix.ts';
import { recipe, recipeShell, runRecipe } from './recipe.ts';

// None of the documents' examples, which are in the default configuration.
const mac = '02:00:00:00:05:02';
const enis = [
  { link: 'eth0', mac: '02:00:00:00:00:01', subnets: [{ subnet: '10.0.1.0/24', addresses: ['10.0.1.10'] }] },
  { link: 'eth1', mac, subnets: [{ subnet: '10.0.2.0/24', addresses: ['10.0.2.10', '10.0.2.11'] }] },
];

let folder: string;
let host: AgentHost | undefined;
let signing: { KEY: string; GNUPGHOME: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'eni-agent-recipes.'));
  signing = { KEY: 'packages@example.com', GNUPGHOME: join(folder, 'gnupg') };
  mkdirSync(signing.GNUPGHOME, { mode: 0o700 });
  await runOk(['gpg', '--batch', '--passphrase', '', '--quick-generate-key', signing.KEY], { env: signing });
});

afterEach(async () => {
  await destroyAgentHost(host);
  host = undefined;
});

afterAll(async () => {
  await runOk(['gpgconf', '--kill', 'all'], { env: signing }).catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
});

describe('apt', () => {
  beforeAll(async () => {
    const repository = repositoryOf('deb');
    await runOk(['env', '-C', repository, ...recipeShell('apt-repository')], { env: signing });
  });

  it('installs from the repository, and an image made of it has nothing of this machine', async () => {
    host = await debianHost();
    await runRecipe(host.guest, 'apt-client', {
      env: { URL: 'file:///srv/eni-agent', DEBIAN_FRONTEND: 'noninteractive' },
    });
    await working(host);
    await runRecipe(host.guest, 'image');
    const search = [
      'grep',
      '-rlI',
      mac,
      '/etc',
      '/run/eni-agent',
      '/var/lib/eni-agent',
      '/var/cache/eni-agent',
    ];
    expect((await runInGuest(host.guest, search)).stdout).toBe('');
    expect(listGuestDir(host.guest, '/etc/netplan').filter(name => name.includes('eni'))).toEqual([]);
  });

  it('installs by the playbook, which waits until the ENI is as planned', async () => {
    host = await debianHost();
    const { guest } = host;
    const [key, list] = ['/etc/apt/keyrings/eni-agent.asc', '/etc/apt/sources.list.d/eni-agent.list'];
    await guestOk(guest, ['cp', '/srv/eni-agent/eni-agent.asc', key]);
    writeGuestFile(guest, list, `deb [signed-by=${key}] file:///srv/eni-agent ./\n`);
    await guestOk(guest, ['apt-get', 'update']);
    const output = await playbook(guest.pid);
    expect(output).toMatch(/ok=\d+ +changed=2 +unreachable=0 +failed=0/);
    await working(host);
    expect(readGuestFile(guest, '/etc/eni-agent/eni-agent.conf.d/50-site.conf')).toContain('primary-only');
    // A second run finds nothing to do.
    expect(await playbook(guest.pid)).toMatch(/changed=0 +unreachable=0 +failed=0/);
  });
});

describe('yum', () => {
  it('installs from the signed repository', async () => {
    const repository = repositoryOf('rpm');
    await buildBaseSystem(repository);
    await runOk(['env', '-C', repository, ...recipeShell('yum-repository')], { env: signing });
    const url = 'URL=file:///srv/shared\nmkdir -p /etc/yum.repos.d\n';
    const check = 'rpm -q eni-agent && eni-agent --version && rpm -V --nodeps eni-agent';
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    const outcome = await runInCopy(copy, `${url}${recipe('yum-client')}${check}`, repository, {
      timeout: 120_000,
    });
    expect(outcome.exitCode, outcome.stdout + outcome.stderr).toBe(0);
    expect(outcome.stdout).toMatch(/^eni-agent-\d/m);
  });
});

/** A folder with the package in it. */
function repositoryOf(format: 'deb' | 'rpm'): string {
  const repository = join(folder, format);
  mkdirSync(repository);
  const source = findPackage('eni-agent', format);
  copyFileSync(source, join(repository, basename(source)));
  return repository;
}

/** A Debian 12 with netplan, without the agent but with a repository at /srv; its apt knows no other, for it has no way there. */
async function debianHost(): Promise<AgentHost> {
  const made = await createPackageHost(
    { name: 'recipes', provider: 'aws', enis },
    { image: 'netplan', bundle: '/nonexistent' },
  );
  const { guest } = made;
  await guestOk(guest, ['sh', '-c', 'rm -rf /etc/apt/sources.list*; mkdir /etc/apt/sources.list.d']);
  configure(made);
  cpSync(join(folder, 'deb'), `/proc/${guest.pid}/root/srv/eni-agent`, { recursive: true });
  return made;
}

/** A package that stands for the distribution, which provides what ours requires: the machine is a Debian, its rpm database empty. */
async function buildBaseSystem(repository: string): Promise<void> {
  const requires = await runOk(['rpm', '-qp', '--requires', findPackage('eni-agent', 'rpm')]);
  const provides = requires
    .split('\n')
    .map(line => line.replace(/ [<>=].*$/, ''))
    .filter(name => name !== '' && !name.startsWith('rpmlib('));
  const spec = [
    'Name: base',
    'Version: 1',
    'Release: 1',
    'Summary: base',
    'License: none',
    'BuildArch: noarch',
  ];
  const text = [
    ...spec,
    ...new Set(provides.map(name => `Provides: ${name}`)),
    '%description',
    'base',
    '%files',
    '',
  ];
  writeFileSync(join(folder, 'base.spec'), text.join('\n'));
  const defines = ['--define', `_topdir ${folder}/rpmbuild`, '--define', `_rpmdir ${repository}`];
  await runOk([
    'rpmbuild',
    '-bb',
    ...defines,
    '--define',
    '_build_name_fmt %{NAME}.rpm',
    join(folder, 'base.spec'),
  ]);
}

async function working({ guest }: AgentHost): Promise<void> {
  const failed = failedPings(await pingMatrix(guest, { patience: 20_000 }));
  const said =
    failed.length === 0
      ? ''
      : (await runInGuest(guest, ['journalctl', '-u', 'eni-agent', '-o', 'cat'])).stdout;
  expect(failed, said).toEqual([]);
}

/** Ansible on the machine, whose `ssh` enters the guest: the last argument is the command for the remote shell. */
async function playbook(pid: number): Promise<string> {
  const ssh = join(folder, 'ssh');
  writeFileSync(
    ssh,
    `#!/bin/sh\nfor last; do :; done\nexec nsenter -t ${pid} -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root sh -c "$last"\n`,
    { mode: 0o755 },
  );
  writeFileSync(join(folder, 'playbook.yaml'), recipe('ansible'));
  return runOk(['ansible-playbook', '-i', 'guest,', join(folder, 'playbook.yaml')], {
    timeout: 180_000,
    env: {
      ANSIBLE_SSH_EXECUTABLE: ssh,
      ANSIBLE_SSH_TRANSFER_METHOD: 'piped',
      ANSIBLE_HOME: join(folder, 'ansible'),
      ANSIBLE_NOCOLOR: '1',
      // The tree has no sudo; root connects.
      ANSIBLE_BECOME_METHOD: 'su',
      LC_ALL: 'C.UTF-8',
    },
  });
}
