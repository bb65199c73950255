// What this kernel does with the four words of the rule scheme that a kernel may not know, and with an alternative name of a link: it is tried in a network
// namespace of its own, once per boot, and never on the machine's own rules. Knows no backend.
import type { HostFacts } from '../../model/host.ts';
import { readQuietly } from '../facts/probes.ts';
import type { System } from '../system.ts';

/** Below the runtime directory: /run is emptied by a reboot, except where it is a plain folder (EL6, SLES 11). */
export const kernelProbeFile = '/run/eni-agent/kernel-probe.json';

export interface KernelProbe extends Readonly<HostFacts['kernel']> {
  /** `assumed`: no namespace could be made, so the kernel version decided. `status` and `doctor` say so. */
  readonly source: 'probed' | 'assumed';
  /** One line for a person: what was seen, or why it could not be probed. */
  readonly why: string;
}

/**
 * One `ip` for all questions. iproute2 before 2.6.33 has no `oif` on a rule (EL6: 2.6.32, SLES 11: 2.6.29), before 3.12 no
 * `suppress_prefixlength` and no `suppress_ifgroup`, before 4.17 no `protocol`, and such a word ends it on the spot (2.6.29 to 4.11: invarg()
 * calls exit), also with `-force`: so the oldest word comes first, each line is followed by a listing, and the first one says that there is a
 * namespace at all. An older kernel takes the rule and silently drops the attribute, so the answer is in the listing and not in the exit code.
 * `ip` before 5.5 has no `link property`; it is asked last. 192.0.2.0/24 is TEST-NET-1; the number is any that no rt_protos names, so that it is printed as it is.
 */
const batch = [
  'rule show',
  'rule add from 192.0.2.0/24 oif lo lookup main priority 28303',
  'rule show',
  'rule add from 192.0.2.0/24 lookup main suppress_prefixlength 0 priority 28300',
  'rule show',
  'rule add from 192.0.2.0/24 lookup main suppress_ifgroup 28000 priority 28302',
  'rule show',
  'rule add from 192.0.2.0/24 lookup main priority 28301 protocol 233',
  'rule show',
  'link property add dev lo altname eni-agent-probe',
  'link show dev lo',
  '',
].join('\n');

/** `oif` came to Linux with 2.6.33, and SLES 11 has 3.0 with an `ip` that lacks it; suppression with 3.12, the protocol of a rule with 4.17. */
const oifSince = [3, 1] as const;
const suppressSince = [3, 12] as const;
const protocolSince = [4, 17] as const;

/**
 * Answers from the cache of this boot, else from a probe, whose result is cached. An assumption is not cached: it comes
 * from an unprivileged run (`unshare -n` needs CAP_SYS_ADMIN), and a later run may be able to look.
 *
 * @param kernel release of the running kernel, digits and dots; undefined if unknown
 */
export async function readKernelProbe(system: System, kernel: string | undefined): Promise<KernelProbe> {
  const bootId = (await readQuietly(system, '/proc/sys/kernel/random/boot_id'))?.trim() ?? '';
  const cached = parseCache(
    await system.readOwn(kernelProbeFile).catch(() => undefined),
    bootId,
    kernel ?? '',
  );
  if (cached !== undefined) return cached;
  const probe = await probeKernel(system, kernel);
  if (probe.source === 'probed' && bootId !== '') {
    const content = `${JSON.stringify({ bootId, kernel: kernel ?? '', ...probe })}\n`;
    // A runtime directory that cannot be written costs 3 ms per pass and nothing else.
    await system.writeFile(kernelProbeFile, content, 0o644).catch(() => undefined);
  }
  return probe;
}

async function probeKernel(system: System, kernel: string | undefined): Promise<KernelProbe> {
  let refusal: string;
  try {
    const result = await system.run(['unshare', '-n', 'ip', '-force', '-batch', '-'], {
      timeoutMs: 5000,
      input: batch,
      // A namespace of its own is what the sandbox does not allow.
      outside: true,
    });
    const seen = parseProbe(result.stdout);
    if (seen !== undefined) return seen;
    refusal = result.stderr.split('\n')[0]?.trim() || `unshare ended with ${result.exitCode}`;
  } catch (error) {
    refusal = error instanceof Error ? error.message : String(error);
  }
  return {
    suppressPrefixLength: isAtLeast(kernel, suppressSince),
    suppressGroup: isAtLeast(kernel, suppressSince),
    ruleOif: isAtLeast(kernel, oifSince),
    ruleProtocol: isAtLeast(kernel, protocolSince),
    source: 'assumed',
    why: `assumed from kernel version ${kernel ?? '(unknown)'}: ${refusal.slice(0, 160)}`,
  };
}

/** Reads the listing of the probe; undefined if it is none (the namespace was refused, or the output is garbage). */
export function parseProbe(stdout: string): KernelProbe | undefined {
  // Every new namespace has this rule: without it the listing did not come from one.
  if (!/^0:\s+from all lookup (local|255)\b/m.test(stdout)) return undefined;
  const suppressPrefixLength = /^28300:.*\bsuppress_prefixlength 0\b/m.test(stdout);
  // By whatever name: /etc/iproute2/group may have one for the number.
  const suppressGroup = /^28302:.*\bsuppress_ifgroup \S/m.test(stdout);
  const ruleOif = /^28303:.*\boif lo\b/m.test(stdout);
  const ruleProtocol = /^28301:.*\bproto(col)? 233\b/m.test(stdout);
  const altNames = /\baltname eni-agent-probe\b/.test(stdout);
  const missing = [
    ...(suppressPrefixLength ? [] : ['suppress_prefixlength']),
    ...(suppressGroup ? [] : ['suppress_ifgroup']),
    ...(ruleOif ? [] : ['oif']),
    ...(ruleProtocol ? [] : ['rule protocol']),
  ];
  const why = missing.length === 0 ? 'kernel and ip support all' : `not supported: ${missing.join(', ')}`;
  return {
    ...{ suppressPrefixLength, suppressGroup, ruleOif, ruleProtocol },
    ...(altNames ? { altNames } : {}),
    source: 'probed',
    why,
  };
}

function parseCache(text: string | undefined, bootId: string, kernel: string): KernelProbe | undefined {
  if (text === undefined || bootId === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const entry = value as Record<string, unknown>;
  if (entry.bootId !== bootId || entry.kernel !== kernel || entry.source !== 'probed') return undefined;
  const { suppressPrefixLength, suppressGroup, ruleOif, ruleProtocol, why } = entry;
  if (
    typeof suppressPrefixLength !== 'boolean' ||
    typeof suppressGroup !== 'boolean' ||
    typeof ruleOif !== 'boolean' ||
    typeof ruleProtocol !== 'boolean'
  )
    return undefined;
  const reason = typeof why === 'string' ? why : '';
  return {
    ...{ suppressPrefixLength, suppressGroup, ruleOif, ruleProtocol },
    ...(entry.altNames === true ? { altNames: true } : {}),
    source: 'probed',
    why: reason,
  };
}

function isAtLeast(version: string | undefined, [major, minor]: readonly [number, number]): boolean {
  const parts = (version ?? '').split('.').map(Number);
  const [a, b] = [parts[0] ?? 0, parts[1] ?? 0];
  return a > major || (a === major && b >= minor);
}
