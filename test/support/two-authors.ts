// Definitions that somebody may have written beside ours, per backend, each made so that it is known whose link it is: the model of the property
// of two authors. A form is drawn, and so are the name of its file and the links that it means.
import fc from 'fast-check';
import type { FakeBackend } from './fake-machine-service.ts';

export interface NamedLink {
  readonly name: string;
  readonly mac: string;
}

export interface WrittenFile {
  readonly path: string;
  readonly text: string;
  /** The link that it makes somebody's; undefined: it means none of ours. */
  readonly owns: string | undefined;
}

type Form = (link: NamedLink) => string;

interface Language {
  /** Paths by a name: some are read before ours, some behind. */
  readonly paths: readonly ((name: string) => string)[];
  readonly owning: readonly Form[];
  /** They speak of this link, and leave it to others. */
  readonly idle: readonly Form[];
}

const address = '10.77.0.5/24';
const upper = (mac: string) => mac.toUpperCase();
const dashed = (mac: string) => mac.replaceAll(':', '-');
const profile = (match: string, sections = '') =>
  `[connection]\nid=somebody\nuuid=UUID\ntype=ethernet\n${match}\n\n[ipv4]\nmethod=manual\naddress1=${address}\n${sections}`;
const network = (match: string, rest = `[Network]\nAddress=${address}\n`) => `[Match]\n${match}\n\n${rest}`;
const stanza = (name: string) => `iface ${name} inet static\n    address ${address}\n`;

export const languages: Readonly<Record<FakeBackend, Language>> = {
  ifupdown: {
    paths: [name => `/etc/network/interfaces.d/05-${name}`, name => `/etc/network/interfaces.d/zz-${name}`],
    owning: [
      ({ name }) => stanza(name),
      ({ name }) => `allow-hotplug ${name}\niface ${name} inet dhcp\n`,
      ({ name }) => `auto ${name}\n# ours\niface ${name} \\\n  inet manual\n`,
      ({ name }) => `iface br7 inet dhcp\n    bridge_ports none ${name}\n`,
      ({ name }) => `iface bond7 inet manual\n    bond-slaves ${name}\n`,
      ({ name }) => `mapping ${name}\n    script /usr/local/sbin/where\n`,
      ({ name }) => `iface eth0 inet6 manual\n    up ip addr add 10.77.0.6/32 dev ${name}\n`,
    ],
    idle: [
      ({ name }) => `# ${stanza(name).replaceAll('\n', '\n# ')}\n`,
      ({ name }) => stanza(`${name}7`),
      ({ name }) => `iface br7 inet dhcp\n    bridge_ports none\n    # bridge_ports ${name}\n`,
      ({ name }) => `iface eth0 inet6 manual\n    up ethtool -K ${name} gro off\n`,
    ],
  },
  networkd: {
    paths: [
      name => `/etc/systemd/network/02-${name}.network`,
      name => `/etc/systemd/network/zz-${name}.network`,
      name => `/run/systemd/network/05-${name}.network`,
      name => `/usr/lib/systemd/network/40-${name}.network`,
    ],
    owning: [
      ({ name }) => network(`Name=${name}`),
      ({ name }) => network(`Name=zz0 \\\n  ${name} zz1`),
      ({ name }) => network(`Name=zz0\nName=\nName=${name}`),
      ({ mac }) => network(`MACAddress=${mac}`),
      ({ mac }) => network(`MACAddress=02:00:00:00:00:77 ${dashed(upper(mac))}`),
      ({ name }) => network(`Name=${name}`, '[Link]\nUnmanaged=yes\n'),
      ({ name }) => network(`Name=${name}`, '[Network]\nBridge=br7\n'),
    ],
    idle: [
      ({ name }) => network(`Name=zz0\n#Name=${name}`),
      ({ name }) => network(`Name=${name}\nName=\nName=zz0`),
      () => network('Name=!*'),
      ({ name }) => network(`Name=${name}\nHost=somewhere-else`),
      ({ mac }) => network(`Name=zz0\nMACAddress=${mac}`),
      ({ name }) => `[Match]\nName=zz0\n\n[Network]\nDescription=not ${name}\n`,
    ],
  },
  'networkmanager-keyfile': {
    paths: [
      name => `/etc/NetworkManager/system-connections/${name}.nmconnection`,
      name => `/etc/NetworkManager/system-connections/zz ${name}`,
      name => `/usr/lib/NetworkManager/system-connections/${name}.nmconnection`,
    ],
    owning: [
      ({ name }) => profile(`interface-name=${name}`),
      ({ name }) => profile('', `\n[match]\ninterface-name=zz0;${name};\n`),
      ({ mac }) => profile('', `\n[ethernet]\nmac-address=${upper(mac)}\n`),
      ({ name }) => profile(`interface-name=${name}\nautoconnect-priority=7`),
      ({ name }) =>
        `[connection]\nid=port\nuuid=UUID\ntype=ethernet\ninterface-name=${name}\nmaster=br7\nslave-type=bridge\n`,
    ],
    idle: [
      ({ name }) => profile(`interface-name=${name}7`),
      ({ name }) => profile(`#interface-name=${name}\ninterface-name=zz0`),
      () => profile('', '\n[ethernet]\nmac-address=02:00:00:00:00:77\n'),
      ({ name }) => profile('interface-name=zz0', `\n[match]\ninterface-name=${name};\n`),
    ],
  },
};

/** Up to three files for these links. */
export function arbitraryFiles(
  backend: FakeBackend,
  links: readonly NamedLink[],
): fc.Arbitrary<readonly WrittenFile[]> {
  const { paths, owning, idle } = languages[backend];
  const forms = [...owning.map(form => ({ form, owns: true })), ...idle.map(form => ({ form, owns: false }))];
  const one = fc
    .record({
      link: fc.constantFrom(...links),
      form: fc.constantFrom(...forms),
      path: fc.constantFrom(...paths),
      name: fc.stringMatching(/^[a-z]{3,8}$/),
    })
    .map(({ link, form: { form, owns }, path, name }): WrittenFile => {
      // One UUID each: of two profiles with the same one NetworkManager loads one.
      const uuid = `9d1c7a52-0000-4000-8000-${Buffer.from(name).toString('hex').slice(0, 12).padEnd(12, '0')}`;
      return { path: path(name), text: form(link).replace('UUID', uuid), owns: owns ? link.name : undefined };
    });
  return fc.uniqueArray(one, { maxLength: 3, selector: ({ path }) => baseOf(path) });
}

/** Of two files with one name in two folders a service reads one, and what has been drawn for the other counts for nothing. */
function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
}
