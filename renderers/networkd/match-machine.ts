// The criteria of a [Match] section that ask for the machine. Source: systemd.network(5), condition.c of systemd 245 to 257. Of each key the
// last line counts; what is not known of the machine is taken to fit.
import type { HostFacts } from '../../agent/model/host.ts';
import { versionAtLeast } from '../formats/version-order.ts';
import { type Fit, fnmatch } from './match-words.ts';
import type { NetworkEntry } from './network-files.ts';

type Machine = Pick<HostFacts, 'machine' | 'paths' | 'versions'>;

const isNotKnown = (): Fit => 'maybe';

const tests: ReadonlyMap<string, (value: string, machine: Machine) => Fit> = new Map([
  ['Host', fitsHost],
  ['Virtualization', fitsVirtualization],
  ['KernelCommandLine', fitsCommandLine],
  ['KernelVersion', fitsKernel],
  ['Architecture', isNotKnown],
  ['Firmware', isNotKnown],
  ['Credential', isNotKnown],
  ['Version', isNotKnown],
]);

/** The entries that ask for the machine and count. */
export function machineEntries(entries: readonly NetworkEntry[]): readonly NetworkEntry[] {
  const last = new Map(
    entries.filter(e => e.section === 'Match' && tests.has(e.key)).map(e => [e.key, e] as const),
  );
  return [...last.values()].filter(e => e.value !== '');
}

export function fitsMachine(entries: readonly NetworkEntry[], machine: Machine): Fit {
  const fits = machineEntries(entries).map(({ key, value }): Fit => {
    const inverted = value.startsWith('!');
    const fit = tests.get(key)!(inverted ? value.slice(1) : value, machine);
    if (!inverted || fit === 'maybe') return fit;
    return fit === 'yes' ? 'no' : 'yes';
  });
  if (fits.includes('no')) return 'no';
  return fits.includes('maybe') ? 'maybe' : 'yes';
}

/** A name, in any case of letters, or a machine id. A machine that was given no name is `localhost`, as systemd calls it then. */
function fitsHost(value: string, { machine }: Machine): Fit {
  const id = value.replaceAll('-', '').toLowerCase();
  if (/^[0-9a-f]{32}$/.test(id)) {
    if (machine?.id === undefined) return 'maybe';
    return machine.id === id ? 'yes' : 'no';
  }
  return fnmatch(value.toLowerCase(), (machine?.hostname ?? 'localhost').toLowerCase()) ? 'yes' : 'no';
}

/** Only that the machine is no container is certain: which hypervisor a tool would name is not. */
function fitsVirtualization(value: string, { paths }: Machine): Fit {
  const container =
    /^(container|docker|lxc|lxc-libvirt|openvz|podman|pouch|proot|rkt|systemd-nspawn|wsl|private-users)$/;
  return container.test(value) && !paths.includes('/run/systemd/container') ? 'no' : 'maybe';
}

/** A word with `=` is one argument; another is also the name of one. */
function fitsCommandLine(value: string, { machine }: Machine): Fit {
  if (machine?.commandLine === undefined) return 'maybe';
  const words = machine.commandLine.split(/\s+/);
  return words.some(word => word === value || (!value.includes('=') && word.startsWith(`${value}=`)))
    ? 'yes'
    : 'no';
}

/** Comparisons (`>=5.4`), all of which have to hold, or patterns. Facts have the digits of the version only. */
function fitsKernel(value: string, { versions: { kernel } }: Machine): Fit {
  if (kernel === undefined) return 'maybe';
  const fits = value
    .split(/\s+/)
    .filter(Boolean)
    .map((word): Fit => {
      const [, operator = '', wanted = ''] = /^(<=?|>=?)?(.*)$/.exec(word)!;
      if (operator === '' || !/^[\d.]+$/.test(wanted))
        return /^[\d.]+\*$/.test(word) ? (fnmatch(word, kernel) ? 'yes' : 'no') : 'maybe';
      const isLess = versionAtLeast(kernel, wanted) === false;
      // 6.1.0-13-cloud is more than 6.1.0, and may be the same.
      if (!isLess && versionAtLeast(wanted, kernel)) return 'maybe';
      return operator.startsWith('<') === isLess ? 'yes' : 'no';
    });
  if (fits.includes('no')) return 'no';
  return fits.includes('maybe') ? 'maybe' : 'yes';
}
