// The probe of the kernel in a namespace of its own: what is believed, what is cached, and what is only assumed.
import { expect, test } from 'vitest';
import { kernelProbeFile, parseProbe, readKernelProbe } from '../../../agent/system/kernel/probe.ts';
import { smallHost } from './small-host.ts';

const boot = { '/proc/sys/kernel/random/boot_id': 'first\n' };
const command = 'unshare -n ip -force -batch -';
const local = '0:\tfrom all lookup local\n';
const all =
  `${local}28303:\tfrom 192.0.2.0/24 oif lo lookup main\n28300:\tfrom 192.0.2.0/24 lookup main suppress_prefixlength 0\n` +
  '28301:\tfrom 192.0.2.0/24 lookup main proto 233\n28302:\tfrom 192.0.2.0/24 lookup main suppress_ifgroup 28000\n32766:\tfrom all lookup main\n';

test('all words are asked for in one process', async () => {
  const host = smallHost(boot, { [command]: all });
  expect(await readKernelProbe(host.system, '6.1.0')).toEqual({
    suppressPrefixLength: true,
    suppressGroup: true,
    ruleOif: true,
    ruleProtocol: true,
    source: 'probed',
    why: 'kernel and ip support all',
  });
  expect(host.ran).toEqual([command]);
  expect(host.input()).toMatch(
    /^rule show\n.*oif lo lookup main priority 28303\nrule show\n.*suppress_prefixlength 0 priority 28300\nrule show\n.*suppress_ifgroup 28000 priority 28302\nrule show\n.*protocol 233\nrule show\nlink property add dev lo altname eni-agent-probe\nlink show dev lo\n$/,
  );
});

test('a kernel that takes the rule and drops the attribute is found out by the listing, not by the exit code', () => {
  const dropped = `${local}28300:\tfrom 192.0.2.0/24 lookup main \n28301:\tfrom 192.0.2.0/24 lookup main \n28302:\tfrom 192.0.2.0/24 lookup main \n28303:\tfrom 192.0.2.0/24 lookup main \n`;
  expect(parseProbe(dropped)).toMatchObject({
    suppressPrefixLength: false,
    suppressGroup: false,
    ruleOif: false,
    ruleProtocol: false,
    source: 'probed',
  });
});

test('an ip that refuses one word still answers for the others', () => {
  const text = `${local}28300:\tfrom 192.0.2.0/24 lookup main suppress_prefixlength 0 \n28302:\tfrom 192.0.2.0/24 lookup main suppress_ifgroup 28000\n28303:\tfrom 192.0.2.0/24 oif lo lookup main\n`;
  expect(parseProbe(text)).toMatchObject({
    suppressPrefixLength: true,
    suppressGroup: true,
    ruleProtocol: false,
    why: 'not supported: rule protocol',
  });
});

test('somebody has given the number of the group a name', () => {
  const text = `${local}28302:\tfrom 192.0.2.0/24 lookup main suppress_ifgroup uplink\n`;
  expect(parseProbe(text)?.suppressGroup).toBe(true);
});

/** What an `ip` prints that ends at the first word that it does not know: iproute2 2.6.29 (SLES 11), 2.6.32 (EL6), 2.6.33 and 4.11 (EL7) do, also with -force. */
function untilUnknown(batch: string, unknown: readonly string[]): string {
  let [rules, stdout] = [local, ''];
  for (const line of batch.trim().split('\n')) {
    if (unknown.some(word => line.includes(word))) break;
    const [, words, priority] = /^rule add (.*) priority (\d+)/.exec(line) ?? [];
    if (words === undefined) stdout += rules;
    else rules += `${priority}:\t${words}\n`;
  }
  return stdout;
}

test.each([
  ['2.6.32', ['oif', 'suppress_prefixlength', 'suppress_ifgroup', 'protocol'], false, false],
  ['2.6.33', ['suppress_prefixlength', 'suppress_ifgroup', 'protocol'], true, false],
  ['4.11', ['protocol'], true, true],
])('ip %s on a newer kernel has answered before it ends', async (_version, unknown, oif, suppress) => {
  const asking = smallHost(boot, { [command]: '' });
  await readKernelProbe(asking.system, '4.19.91');
  const stdout = untilUnknown(asking.input() ?? '', unknown);
  const stderr = `Error: argument "${unknown[0]}" is wrong: Failed to parse rule type\n`;
  const host = smallHost(boot, { [command]: { exitCode: 255, stdout, stderr } });
  // By its version alone the kernel would get `protocol`, and each rule that is added live would fail (Alibaba Cloud Linux 2).
  expect(await readKernelProbe(host.system, '4.19.91')).toMatchObject({
    suppressPrefixLength: suppress,
    suppressGroup: suppress,
    ruleOif: oif,
    ruleProtocol: false,
    source: 'probed',
  });
});

test('output that is no listing of a new namespace is not an answer', () => {
  expect(parseProbe('')).toBeUndefined();
  expect(parseProbe('28300: from 192.0.2.0/24 lookup main suppress_prefixlength 0')).toBeUndefined();
});

test('the answer holds for this boot and this kernel, and is asked anew after either changes', async () => {
  const first = smallHost(boot, { [command]: all });
  const answer = await readKernelProbe(first.system, '6.1.0');
  const cache = first.written.get(kernelProbeFile) ?? '';

  const cached = smallHost({ ...boot, [kernelProbeFile]: cache });
  expect(await readKernelProbe(cached.system, '6.1.0')).toEqual(answer);
  expect(cached.ran).toEqual([]);

  // /run is a plain folder on EL6 and SLES 11: the file survives a reboot there.
  const rebooted = smallHost(
    { '/proc/sys/kernel/random/boot_id': 'second\n', [kernelProbeFile]: cache },
    { [command]: `${local}` },
  );
  expect((await readKernelProbe(rebooted.system, '6.1.0')).suppressPrefixLength).toBe(false);

  const other = smallHost({ ...boot, [kernelProbeFile]: cache }, { [command]: `${local}` });
  expect((await readKernelProbe(other.system, '3.10.0')).suppressPrefixLength).toBe(false);
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"bootId":"first","kernel":"6.1.0","source":"probed","suppressPrefixLength":"yes"}',
  // Of versions that did not ask for oif, or for the group.
  '{"bootId":"first","kernel":"6.1.0","source":"probed","suppressPrefixLength":true,"suppressGroup":true,"ruleProtocol":true,"why":""}',
  '{"bootId":"first","kernel":"6.1.0","source":"probed","suppressPrefixLength":true,"ruleProtocol":true,"why":""}',
])('a cache of %j is not believed', async text => {
  const host = smallHost({ ...boot, [kernelProbeFile]: text }, { [command]: all });
  expect((await readKernelProbe(host.system, '6.1.0')).suppressPrefixLength).toBe(true);
  expect(host.ran).toEqual([command]);
});

test.each([
  ['6.1.0', true, true, true],
  ['4.17.0', true, true, true],
  ['4.4.0', true, true, false],
  ['3.12.28', true, true, false],
  ['3.10.0', true, false, false],
  ['3.0.101', false, false, false],
  ['2.6.32', false, false, false],
  [undefined, false, false, false],
])(
  'without a namespace kernel %s decides, says so, and is not cached',
  async (kernel, oif, suppress, protocol) => {
    const refused = { exitCode: 1, stderr: 'unshare: unshare failed: Operation not permitted\n' };
    const host = smallHost(boot, { [command]: refused });
    const probe = await readKernelProbe(host.system, kernel);
    expect(probe).toMatchObject({
      suppressPrefixLength: suppress,
      ruleOif: oif,
      ruleProtocol: protocol,
      source: 'assumed',
    });
    expect(probe.why).toBe(
      `assumed from kernel version ${kernel ?? '(unknown)'}: unshare: unshare failed: Operation not permitted`,
    );
    expect(host.written.size).toBe(0);
  },
);

test('a runtime directory that cannot be written does not matter', async () => {
  const host = smallHost(boot, { [command]: all }, false);
  expect((await readKernelProbe(host.system, '6.1.0')).source).toBe('probed');
});
