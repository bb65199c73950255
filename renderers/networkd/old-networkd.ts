// What networkd before 247 does not do by itself, and ip(8) has to. For the backends networkd and netplan. Source: networkd 237 and 245,
// executed, and their source. Knows no file.
import { families } from '../../agent/model/address.ts';
import type { HostFacts } from '../../agent/model/host.ts';
import { noAutoconf } from '../../agent/model/link-sysctls.ts';
import { bringUpDiffers } from '../formats/change-commands.ts';
import { linkWord, ruleWords } from '../formats/ip-commands.ts';
import type { Command, EniChange } from '../renderer.ts';
import { systemdAtLeast } from './sections.ts';

/** The first networkd that can be told to load its files: before it a change is made with `ip`, and the files are for the next boot. */
export const reloads = 244;

/**
 * Before 244 nobody sets a new link up, and the kernel refuses each route by a link that is down ("Device for nexthop is not up"). Nobody asks
 * for its lease either: until the next boot the address is there without one. With its own length, for a kernel before 4.18 adds a connected
 * route to an IPv4 address whatever it is told. No advertisement of a router may be heard meanwhile: the file that says so is not loaded.
 */
export function broughtUp(change: EniChange, facts: HostFacts): readonly Command[] {
  if (systemdAtLeast(facts, reloads) || change.kind === 'removed') return [];
  const { kind, after } = change;
  const link = linkWord(after.link);
  const early = (argv: Command['argv']): Command => ({ phase: 'before-write', argv, does: 'kernel' });
  const up: readonly Command[] = [
    { ...early(['sysctl', '-q', '-e', '-w', ...noAutoconf(link)]), mayFail: true },
    early(['ip', 'link', 'set', 'dev', link, 'up']),
  ];
  const leased = kind === 'added' || bringUpDiffers(change.before, after) ? after.addresses : [];
  return [
    ...up,
    ...leased
      .filter(address => address.dynamic)
      .map(({ ip, prefixLength }) =>
        early(['ip', '-4', 'address', 'replace', `${ip}/${prefixLength}`, 'dev', link]),
      ),
  ];
}

/**
 * networkd 245 does not take note when the kernel deletes a rule that has neither a source nor a destination, and does not add it where the
 * ENI comes again (an ENI that was attached again ended in a rollback). Behind its reload such rules are added; one that is there is
 * refused as a second one. 247 adds them (executed); 244 and 246 are taken to be like 245.
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
