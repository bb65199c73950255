// Words that every object of JavaScript has (`constructor`), or that change one (`__proto__`), in each place of a host's files where
// somebody may write a word: they are words like others. What else the files say is read all the same.
import type { BackendName } from '../../../agent/model/host.ts';
import type { ClaimCase } from '../../support/claim-cases.ts';
import { runCases } from './run-cases.ts';

const words = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'] as const;

type Files = Readonly<Record<string, string>>;

interface Kind {
  readonly host: string;
  readonly backend: BackendName;
  readonly link: string;
  /** With the word in every place: `free`. */
  readonly odd: (word: string) => Files;
  /** Beside that, what makes it `claimed`. */
  readonly claim: (word: string) => Files;
}

const kinds: readonly Kind[] = [
  {
    host: 'amazon-linux-2023',
    backend: 'networkd',
    link: 'ens6',
    odd: word => ({
      '/etc/systemd/network/20-a.network': `[${word}]\n${word}=${word}\n[Match]\n${word}=${word}\nName=${word}\n[Network]\n${word}=${word}\nDHCP=${word}\n`,
      [`/etc/systemd/network/21-${word}.network`]: `[Match]\n${word}=!x\nMACAddress=${word}\nDriver=${word}\nName=${word}\n`,
    }),
    claim: word => ({
      '/etc/systemd/network/22-b.network': `[Match]\n${word}=no\nName=ens6\n[Network]\nDHCP=yes\n`,
    }),
  },
  {
    host: 'ubuntu-22.04',
    backend: 'netplan',
    link: 'eth1',
    odd: word => ({
      '/etc/netplan/60-a.yaml': `network:\n  version: 2\n  ${word}: {${word}: {${word}: ${word}}}\n  ethernets:\n    ${word}:\n      match: {name: ${word}, ${word}: ${word}}\n      ${word}: ${word}\n`,
    }),
    claim: word => ({
      '/etc/netplan/61-b.yaml': `network:\n  version: 2\n  ethernets:\n    ${word}x:\n      match: {name: eth1}\n      addresses: [10.0.1.9/24]\n`,
    }),
  },
  {
    host: 'debian-11',
    backend: 'ifupdown',
    link: 'eth1',
    odd: word => ({
      '/etc/network/interfaces': 'source /etc/network/interfaces.d/*\nauto eth0\niface eth0 inet dhcp\n',
      '/etc/network/interfaces.d/a': `auto ${word}\nallow-${word} ${word}\niface ${word} inet ${word}\n    ${word} ${word}\n${word} ${word}\nmapping ${word}\n    map ${word} ${word}\n`,
    }),
    claim: word => ({
      '/etc/network/interfaces.d/b': `iface eth1 inet static\n    ${word} ${word}\n    address 10.0.1.9/24\n`,
    }),
  },
  {
    host: 'rhel-10',
    backend: 'networkmanager-keyfile',
    link: 'ens6',
    odd: word => ({
      '/etc/NetworkManager/system-connections/a.nmconnection': `[${word}]\n${word}=${word}\n[connection]\nid=${word}\nuuid=${word}\ntype=ethernet\ninterface-name=${word}\n${word}=${word}\n`,
      '/etc/NetworkManager/conf.d/a.conf': `[${word}]\n${word}=${word}\n[keyfile]\n${word}=${word}\n[device-${word}]\nmatch-device=${word}\n`,
    }),
    claim: word => ({
      '/etc/NetworkManager/system-connections/b.nmconnection': `[connection]\nid=${word}\nuuid=1\ntype=ethernet\ninterface-name=ens6\n[${word}]\n${word}=${word}\n[ipv4]\nmethod=auto\n`,
    }),
  },
  {
    host: 'centos-7',
    backend: 'initscripts',
    link: 'eth1',
    odd: word => ({
      [`/etc/sysconfig/network-scripts/ifcfg-${word}`]: `DEVICE=${word}\n${word}=${word}\nHWADDR=$${word}\n`,
    }),
    claim: word => ({
      '/etc/sysconfig/network-scripts/ifcfg-b': `${word}=${word}\nDEVICE=eth1\nONBOOT=yes\n`,
    }),
  },
];

for (const { host, backend, link, odd, claim } of kinds) {
  const cases = words.flatMap((word): readonly ClaimCase[] => [
    { name: `${word} everywhere`, files: odd(word), expect: 'free' },
    { name: `${word} beside a definition`, files: { ...odd(word), ...claim(word) }, expect: 'claimed' },
  ]);
  runCases(host, backend, link, cases);
}
