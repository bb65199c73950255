// `doctor`: what the kernel can do, and whether that was tried or only assumed.
import { expect, test } from 'vitest';
import { kernelSupport } from '../../../agent/doctor/kernel-support.ts';
import type { Inspection } from '../../../agent/pass/inspect.ts';
import type { PassContext } from '../../../agent/pass/pass.ts';
import { readHostFacts } from '../../../agent/system/facts/host-facts.ts';
import { smallHost } from '../hosts/small-host.ts';

const command = 'unshare -n ip -force -batch -';
const local = '0:\tfrom all lookup local\n';
const bound = `${local}28303:\tfrom 192.0.2.0/24 oif lo lookup main\n`;
const both = `${bound}28300:\tfrom 192.0.2.0/24 lookup main suppress_prefixlength 0\n28301:\tfrom 192.0.2.0/24 lookup main proto 233\n`;

/** @param listing what the probe prints; undefined: no namespace can be made */
async function findingOn(release: string, listing: string | undefined) {
  const files = { '/proc/sys/kernel/osrelease': `${release}\n`, '/proc/sys/kernel/random/boot_id': '5b7e\n' };
  const { system } = smallHost(files, {
    [command]: listing ?? { exitCode: 1, stderr: 'unshare: unshare failed: Operation not permitted' },
  });
  const inspection = { facts: await readHostFacts(system) } as Inspection;
  return kernelSupport(inspection, { system } as PassContext);
}

const left = 'the rules that prefer specific routes of main are left out';
const assumed = (version: string) =>
  `(assumed from kernel version ${version}: unshare: unshare failed: Operation not permitted)`;

test.each([
  ['tried', '5.10.0-32-cloud-amd64', both, 'ok', 'supports suppress_prefixlength'],
  [
    'tried, and dropped without a word',
    '3.10.0-1160.el7',
    bound,
    'warning',
    `does not support suppress_prefixlength: ${left}`,
  ],
  ['ported back: what was tried counts', '3.10.0-1160.el7', both, 'ok', 'supports suppress_prefixlength'],
  [
    'assumed',
    '5.10.0-32-cloud-amd64',
    undefined,
    'ok',
    `supports suppress_prefixlength ${assumed('5.10.0')}`,
  ],
  [
    'assumed not to',
    '3.10.0-1160.el7',
    undefined,
    'warning',
    `does not support suppress_prefixlength ${assumed('3.10.0')}: ${left}`,
  ],
])('%s', async (_name, release, listing, verdict, saw) => {
  expect(await findingOn(release, listing)).toEqual([
    { check: 'kernel', verdict, saw, hint: verdict === 'ok' ? undefined : expect.any(String) },
  ]);
});

test.each([
  ['2.6.32-754.el6.x86_64', 'tried', local, ''],
  ['3.0.101-63-default', 'assumed', undefined, ` ${assumed('3.0.101')}`],
])('%s: no rule for what is bound to a link (%s)', async (release, _how, listing, why) => {
  expect((await findingOn(release, listing)).at(1)).toEqual({
    check: 'kernel',
    verdict: 'warning',
    saw: `does not support oif in a rule${why}: the rule for sockets that are bound to a link is left out`,
    hint: 'a program that binds the link of an ENI has to bind an address of the ENI as well',
  });
});
