// What networkd before 247 does not do by itself, and ip(8) has to. For the backends networkd and netplan. Source: networkd 237 and 245,
// executed, and their source. Knows no file.
import { contains, families, prefixLengthOf } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import { noAutoconf } from '../../agent/model/link-sysctls.ts';
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { bringUpDiffers } from '../formats/change-commands.ts';
import { linkWord, ruleWords } from '../formats/ip-commands.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import type { Command, EniChange } from '../renderer.ts';
import { systemdAtLeast } from './sections.ts';

/** The first networkd that can be told to load its files: before it a change is made with `ip`, and the files are for the next boot. */
export const reloads = 244;

/**
 * Before 244 nobody sets a new link up, and the kernel refuses each route by a link that is down ("Device for nexthop is not up"). No advertisement
 * of a router may be heard meanwhile: the file that says so is not loaded.
 */
export function broughtUp(change: EniChange, facts: HostFacts): readonly Command[] {
  if (systemdAtLeast(facts, reloads) || change.kind === 'removed') return [];
  const { kind, after } = change;
  const link = linkWord(after.link);
  const isNew = kind === 'added' || bringUpDiffers(change.before, after);
  return [
    { ...early('sysctl', '-q', '-e', '-w', ...noAutoconf(link)), mayFail: true },
    early('ip', 'link', 'set', 'dev', link, 'up'),
    ...(isNew ? leasedBy(after, facts) : []),
  ];
}

/**
 * Nobody asks for the lease either: until the next boot its address is there without one. With the length of its subnet, as the lease has it:
 * when networkd is started again it renews this address, where it would add a second one beside a /32. A kernel before 4.18 does not know
 * `noprefixroute` of IPv4 and adds the connected route, which a renewal does not bring back.
 */
function leasedBy(
  { link, addresses, routes, table, connectedRoute }: EniPlan,
  facts: HostFacts,
): readonly Command[] {
  const dev = ['dev', linkWord(link)] as const;
  return addresses
    .filter(address => address.dynamic)
    .flatMap(({ ip, prefixLength }): readonly Command[] => {
      if (connectedRoute) return [early('ip', '-4', 'address', 'replace', `${ip}/${prefixLength}`, ...dev)];
      const subnet = routes.find(
        r => r.table === table && r.gateway === undefined && contains(r.destination, ip),
      )?.destination;
      const length = subnet === undefined ? prefixLength : prefixLengthOf(subnet);
      const add = early('ip', '-4', 'address', 'replace', `${ip}/${length}`, ...dev, 'noprefixroute');
      // Where it was not added it would be somebody's, of an address in that subnet.
      if (subnet === undefined || versionAtLeast(facts.versions.kernel, '4.18') === true) return [add];
      const connected = early('ip', '-4', 'route', 'del', subnet, ...dev, 'proto', 'kernel', 'table', '254');
      return [add, { ...connected, mayFail: true }];
    });
}

function early(...argv: Command['argv']): Command {
  return { phase: 'before-write', argv, does: 'kernel' };
}

/**
 * networkd 245 ignores what the kernel says of a rule with neither source nor destination (manager_rtnl_process_rule: "from_prefixlen == 0 &&
 * to_prefixlen == 0"), so that such a rule is there for it when it has gone, and is not added for an ENI that comes again, which ended in a
 * rollback. Behind its reload such rules are added; one that is there is refused as a second one. 247 adds them (executed); 244 and 246
 * are taken to be like 245.
 */
export function forgotten(change: EniChange, facts: HostFacts): readonly Command[] {
  if (systemdAtLeast(facts, 247) || !systemdAtLeast(facts, reloads) || change.kind === 'removed') return [];
  return families.flatMap(family =>
    change.after.rules
      .filter(rule => rule.family === family && rule.from === undefined && rule.to === undefined)
      .map(
        (rule): Command => ({
          phase: 'after-write',
          argv: ['ip', `-${family}`, 'rule', 'add', ...ruleWords(rule)],
          mayFail: true,
          does: 'kernel',
        }),
      ),
  );
}
