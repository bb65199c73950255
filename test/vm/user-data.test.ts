// A new machine that installs the agent by itself, from our packaged user data: cloud-init adds the repository, writes the configuration,
// installs the package and waits for the first look. Both ENIs are there from the beginning; nothing is done by hand.
// needs: image trixie-netplan, package deb, programs vm
// with npm run vm only: one more boot of an emulated machine
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runOk } from '../lab/command.ts';
import { findPackage } from '../lab/packages.ts';
import { failedPings, pingMatrixOf, renderMatrix } from '../lab/ping-matrix.ts';
import { enisOf } from './enis.ts';
import { machines } from './machines.ts';
import { booted, createVm, destroyVm, runInVm, type Vm, vmOk } from './vm.ts';

const example = new URL('../../packaging/cloud-init/user-data-install.yaml', import.meta.url);

/** A flat repository's index: the control file, and where the package is. https://wiki.debian.org/DebianRepository/Format */
async function packagesIndex(deb: string): Promise<string> {
  const control = (await runOk(['dpkg-deb', '--field', deb])).trim();
  const [sum = ''] = (await runOk(['sha256sum', deb])).split(' ');
  return `${control}\nFilename: ./${basename(deb)}\nSize: ${readFileSync(deb).length}\nSHA256: ${sum}\n`;
}

/** The example with the repository of this test: on the seed disk, which has no signature. */
function userData(): string {
  const [head = '', tail = ''] = readFileSync(example, 'utf8').split(/^apt:\n(?: .*\n)*/m);
  const source = 'deb [trusted=yes] file:/run/packages ./';
  expect(tail, 'the example has an apt section').not.toBe('');
  // Without the last line cloud-init would write Debian's own mirrors, which are out of reach here.
  const apt = `apt:\n  sources:\n    eni-agent:\n      source: ${source}\n  preserve_sources_list: true\n`;
  return `${head}${apt}${tail}
bootcmd: [mkdir -p /run/packages, mount -r LABEL=cidata /run/packages]
# Ends with a daemon-reload before our package is there: netplan's generator has then written all files anew, and nothing holds the old ones.
mounts: [[tmpfs, /mnt/scratch, tmpfs, size=1m]]
`;
}

describe('user data', () => {
  const { image, naming } = machines.trixieNetplan;
  const { primary, first, second } = enisOf(naming);
  let vm: Vm;
  beforeAll(async () => {
    const deb = findPackage('eni-agent', 'deb');
    const seed = { userData: userData(), files: [deb], texts: { Packages: await packagesIndex(deb) } };
    vm = await createVm({ name: 'userdata', image, enis: [primary, first, second], seed });
    await booted(vm);
  });
  afterAll(() => destroyVm(vm));

  test('install the agent, and every address answers when cloud-init is done', async () => {
    const log = () =>
      vmOk(
        vm,
        'tail -n 30 /var/log/cloud-init-output.log; systemctl status cloud-init-main; eni-agent doctor || :',
      );
    expect((await runInVm(vm, 'cloud-init status --long')).stdout, await log()).toContain('status: done');
    const results = await pingMatrixOf(vm.vpc, script => runInVm(vm, script), { patience: 10_000 });
    expect(failedPings(results), `${renderMatrix(results)}\n${await log()}`).toEqual([]);
  });
});
