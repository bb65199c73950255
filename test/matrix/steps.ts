// The steps of the story by name, what is expected after each, and what may be lost in it: data for the story, and for the recordings of it.
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import type { RuleWords } from '../../agent/model/rule-words.ts';
import type { Addressing } from './columns.ts';
import { disturbancesOf } from './disturbances.ts';
import { faults } from './faults.ts';

/**
 * Titles in their order.
 *
 * @param release of a life
 */
export function stepNamesOf(backend: BackendName, release?: string): readonly string[] {
  return [
    'boot with ENIs',
    'nothing to do',
    'hot-plug',
    'addresses come and go',
    'a second ENI joins the subnet',
    'and leaves it',
    'detach',
    're-attach with other addresses',
    ...Object.keys(faults).map(faultStep),
    ...disturbancesOf(backend, release).map(disturbanceStep),
    'cycles of attach, change, detach',
    'reboot without the agent',
    'remove',
    'nothing in the journal about our files',
  ];
}

export const faultStep = (name: string): string => `caught and taken back: ${name}`;
export const disturbanceStep = (argv: readonly string[]): string => `survives ${argv.join(' ')}`;

/** `expected/STATE-ADDRESSING.txt` is what the kernel has to have when the step ends; undefined: nothing of ours, or what it had before. */
export function stateAfter(step: string): string | undefined {
  const named: Readonly<Record<string, string | undefined>> = {
    'boot with ENIs': 'boot',
    'nothing to do': undefined,
    'hot-plug': 'hot-plug',
    'addresses come and go': 'addresses',
    'a second ENI joins the subnet': 'joined',
    'and leaves it': 'left',
    detach: 'detached',
    remove: undefined,
    'nothing in the journal about our files': undefined,
  };
  return Object.hasOwn(named, step) ? named[step] : 'reattached';
}

/** Steps under traffic, and how often the files of the first ENI change in them. */
export function changesUnderTraffic(step: string, cycles: number): number | undefined {
  if (step === 'cycles of attach, change, detach') return 2 * cycles;
  return ['addresses come and go', 'a second ENI joins the subnet', 'and leaves it'].includes(step)
    ? 1
    : undefined;
}

/** Steps in which the agent changes nothing by a pass whose events are counted. */
export function isUncounted(step: string): boolean {
  return /^(survives |cycles |reboot |nothing in )/.test(step);
}

/** The address whose ENI may lose pings, by lostAtChange: the first of the first ENI, which the others join. */
export const changedSource = '10.0.1.30';

/** The normal form that all backends share, in the words that this kernel and this service know. */
export function inWordsOf(lines: readonly string[], words: RuleWords): readonly string[] {
  const said = lines
    .filter(line => words.suppressPrefixLength || !line.includes(' suppress_prefixlength '))
    .filter(line => words.boundSockets || !/^rule .* oif /.test(line))
    .map(line => (words.primaryGroup === undefined ? line.replace(/ suppress_ifgroup \d+/, '') : line))
    .map(line => (words.links ? line : line.replace(' iif lo', '')));
  return [...new Set(said)].sort();
}

/**
 * Pings of one each 10 ms that an ENI which is up may lose when its files change: networkd 248 and 249 take its addresses away for a moment
 * (docs/safety.md), and NetworkManager 1.40 a leased one (docs/distributions.md). Everywhere else none, and the primary nowhere.
 */
export function lostAtChange(backend: BackendName, { versions }: HostFacts, addressing: Addressing): number {
  const networkd = backend === 'networkd' || backend === 'netplan';
  if (networkd && /^24[89](\.|$)/.test(versions.systemd ?? '')) return 8;
  const networkmanager = backend === 'networkmanager-ifcfg' || backend === 'networkmanager-keyfile';
  const leased = networkmanager && addressing === 'dhcp';
  return leased && /^1\.40(\.|$)/.test(versions.networkmanager ?? '') ? 8 : 0;
}
