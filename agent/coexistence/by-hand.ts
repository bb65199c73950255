// Routes and rules that an administrator adds at boot by lines of his own, as the instructions of a vendor have them for a second NIC:
// `ip route add default via GW dev eth1 metric 1001`, the same once more with `table 1001`, `ip rule add from ADDRESS lookup 1001`
// (Alibaba Cloud's documentation, "Configure secondary ENIs"; in rc.local they outlive a reboot).
import type { KernelRule, KernelState } from '../model/kernel-state.ts';
import { isDefaultRoute, mainTable } from '../model/network-plan.ts';

/** Where such lines stand: Debian and RHEL, RHEL's own place, SUSE. */
export const bootScripts = [
  '/etc/rc.local',
  '/etc/rc.d/rc.local',
  '/etc/init.d/boot.local',
  '/etc/init.d/after.local',
] as const;

export interface LineByHand {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

const ipAdds = /^(?:\/\S*\/)?ip\s+(?:-\S+\s+)*(?:route|ro|r|rule|ru)\s+(?:add|a|append|replace)\s/;

/** Lines of boot scripts that add a route by one of the links, or a rule to a table of such a route. */
export function linesByHand(
  files: Readonly<Record<string, string>>,
  links: readonly string[],
): readonly LineByHand[] {
  const adds = Object.entries(files)
    // /etc/rc.local is a symbolic link to /etc/rc.d/rc.local on RHEL: the same text is the same file.
    .filter(
      ([path, text], at, all) => isBootScript(path) && all.findIndex(([, other]) => other === text) === at,
    )
    .flatMap(([path, text]) =>
      text.split('\n').map((line, at) => ({ path, line: at + 1, text: line.trim() })),
    )
    .filter(({ text }) => ipAdds.test(text));
  const byLink = adds.filter(({ text }) => links.some(link => wordAfter(text, 'dev') === link));
  const tables = new Set<string | undefined>(
    byLink.map(({ text }) => wordAfter(text, 'table')).filter(table => table !== undefined),
  );
  const rules = adds.filter(({ text }) => tables.has(wordAfter(text, 'lookup') ?? wordAfter(text, 'table')));
  return adds.filter(line => byLink.includes(line) || rules.includes(line));
}

function isBootScript(path: string): boolean {
  return (bootScripts as readonly string[]).includes(path);
}

function wordAfter(text: string, word: string): string | undefined {
  const words = text.split(/[\s;&|]+/);
  return words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
}

/** A rule of somebody that sends an address of one of the links to a table whose default route goes by that link. */
export function ruleByHand(
  kernel: KernelState,
  links: readonly string[],
  isOurs: (rule: KernelRule) => boolean,
): KernelRule | undefined {
  const tables = new Set(
    kernel.routes
      .filter(
        r => r.table !== mainTable && isDefaultRoute(r) && r.link !== undefined && links.includes(r.link),
      )
      .map(r => r.table),
  );
  const own = kernel.addresses.filter(a => links.includes(a.link)).map(a => a.ip);
  return kernel.rules.find(
    r =>
      !isOurs(r) &&
      r.table !== undefined &&
      tables.has(r.table) &&
      own.some(ip => r.from?.split('/')[0] === ip),
  );
}

/** `/etc/rc.local:3, /etc/rc.local:4` */
export function placesOf(lines: readonly LineByHand[]): string {
  return lines.map(({ path, line }) => `${path}:${line}`).join(', ');
}
