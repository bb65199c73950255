// The tables of the claims, asked of the real services: which file networkd takes for the link, and what netplan makes of the YAML (and that by
// the same networkd). Where a service says otherwise the table is wrong.
// needs: tree bookworm, tree trixie
// with --all only: it takes two minutes, and changes only with a new release
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import { findNetplanClaims } from '../../renderers/netplan/claims.ts';
import { findNetworkdClaims } from '../../renderers/networkd/claims.ts';
import { type ClaimCase, caseMac, verdict } from '../support/claim-cases.ts';
import { netplanCases } from '../unit/claims/netplan-cases.ts';
import { networkdCases } from '../unit/claims/networkd-cases.ts';
import { type AgentHost, createAgentHost, destroyAgentHost } from './agent-host.ts';
import { guestOk } from './guest-commands.ts';
import { writeGuestFile } from './guest-files.ts';
import type { GuestImageName } from './images.ts';
import type { EniSpec } from './vpc-spec.ts';

const eni = (number: number): EniSpec => ({
  link: `eth${number}`,
  mac: number === 1 ? caseMac : `02:00:00:00:00:0${number + 1}`,
  subnets: [{ subnet: `10.0.${number}.0/24`, addresses: [`10.0.${number}.10`] }],
});

/** A veth without udev, as the guest has it. */
const link: LinkIdentity = {
  name: 'ens6',
  altNames: [],
  mac: caseMac,
  permanentMac: undefined,
  driver: 'veth',
  kind: 'veth',
  properties: {},
};
/** The same on a NIC. */
const eth1: LinkIdentity = {
  ...link,
  name: 'eth1',
  permanentMac: caseMac,
  driver: undefined,
  kind: undefined,
};
const ours = '10-netplan-00-eni-eth1.network';
/** Where the files that are there now do not tell all. */
const beyondNetworkd = new Set([
  // The link gets that name at the next boot only.
  'a MAC, and the name that the link will get',
  // networkd ignores a file with an empty [Match]; to take such a link over is no harm either.
  'a match for every link',
  // Not networkd's.
  'a profile that NetworkManager has written as YAML',
  'for NetworkManager, behind a catch-all of networkd',
  // Left over from YAML that is not there.
  'what netplan has generated is the shadow of its YAML',
]);

function factsOf(systemd: string, files: HostFacts['files']): HostFacts {
  return {
    os: { id: '', versionId: '', prettyName: '' },
    primaryLink: 'eth0',
    services: {},
    owners: {},
    versions: { systemd },
    paths: [],
    files,
    kernel: { suppressPrefixLength: true, suppressGroup: true, ruleOif: true, ruleProtocol: true },
  };
}

const files = (one: ClaimCase) => Object.entries(one.files);
const base64 = (text: string) => Buffer.from(text).toString('base64');
/** A shell script that writes the files below a root. */
const write = (one: ClaimCase, root = '') =>
  files(one)
    .map(([path, text]) => {
      const at = `"${root}${path}"`;
      return `mkdir -p "$(dirname ${at})"; echo ${base64(text)} | base64 -d > ${at}`;
    })
    .join('\n');

describe.each([
  { suite: 'bookworm' as const, systemd: '252' },
  { suite: 'trixie' as const, systemd: '257' },
])('$suite', ({ suite, systemd }) => {
  let host: AgentHost;
  const start = (name: string, image: GuestImageName) =>
    beforeAll(async () => {
      const enis = [eni(0), eni(1)];
      host = await createAgentHost({ name: `${name}${suite}`, provider: 'aws', enis }, { suite, image });
    });
  /** Each answer stands behind a line with the number of its case. */
  const ask = async (cases: readonly ClaimCase[], lines: (one: ClaimCase, at: number) => string) => {
    const script = cases.map((one, at) => `echo "@@ ${at}"\n${lines(one, at)}`).join('\n');
    writeGuestFile(host.guest, '/root/judge.sh', script);
    const said = (await guestOk(host.guest, ['sh', '/root/judge.sh'])).split(/^@@ \d+\n/m).slice(1);
    expect(said).toHaveLength(cases.length);
    return cases.map((one, at) => ({ one, said: said[at]! }));
  };

  describe('networkd', () => {
    start('judgend', 'networkd');
    afterAll(() => destroyAgentHost(host));
    // What is only known of another machine, or only by size. A veth has no permanent MAC, and a link that is not to be managed no file.
    const cases = networkdCases.filter(
      one =>
        one.link === undefined &&
        !files(one).some(
          ([, text]) =>
            text.length > 60_000 ||
            /Unmanaged=yes|PermanentMAC|Architecture|Virtualization|Kernel(Version|CommandLine)/.test(text),
        ),
    );

    test('takes the file that is found', async () => {
      await guestOk(host.guest, [
        'sh',
        '-c',
        'ip link set eth1 down; ip link set eth1 name ens6; ip link set ens6 up',
      ]);
      const answers = await ask(cases, one =>
        [
          write(one),
          'networkctl reload; sleep 0.3',
          'networkctl --no-pager status ens6 | sed -n "s/^ *Network File: *//p"',
          ...files(one).map(([path]) => `rm -f "${path}"`),
        ].join('\n'),
      );
      const id = (await guestOk(host.guest, ['cat', '/etc/machine-id'])).trim();
      const wrong = answers.flatMap(({ one, said }) => {
        const facts = { ...factsOf(systemd, one.files), machine: { hostname: 'guest', id } };
        const [claim] = findNetworkdClaims(link, facts, '07-eni-ens6.network');
        // A drop-in stands for its file, which may be in another folder; in the guest /lib is a link.
        const path = claim?.path ?? '';
        const named = path.endsWith('.conf') ? `/${path.split('/').at(-2)!.slice(0, -2)}` : path;
        const real = said.trim().replace(/^n\/a.*/, '');
        const isSame = named === '' ? real === '' : real.endsWith(named.replace(/^\/lib\//, '/'));
        // That our own file is no claim of others networkd cannot tell.
        return isSame || real.includes('/07-eni-')
          ? []
          : [`${one.name}: networkd takes ${real}, we ${JSON.stringify(claim)}`];
      });
      expect(wrong).toEqual([]);
    });
  });

  describe('netplan', () => {
    start('judgenp', 'netplan');
    afterAll(() => destroyAgentHost(host));
    const cases = netplanCases.filter(one => one.link === undefined);

    test('makes of the YAML what is read out of it', async () => {
      const answers = await ask(cases, (one, at) =>
        [
          write(one, `/root/np${at}`),
          `chmod -R go= /root/np${at}; /usr/libexec/netplan/generate --root-dir /root/np${at} 2>&1; echo "exit $?"`,
          `cd /root/np${at}/run/systemd/network 2>/dev/null && for f in 10-netplan-*.network; do [ -f "$f" ] && echo "== $f $(base64 -w0 "$f")"; done; true`,
        ].join('\n'),
      );
      const wrong = answers.flatMap(({ one, said }) => {
        const made = Object.fromEntries(
          [...said.matchAll(/^== (\S+) (\S+)$/gm)].map(([, name, text]) => [
            `/run/systemd/network/${name}`,
            Buffer.from(text!, 'base64').toString(),
          ]),
        );
        const facts = factsOf(systemd, { ...one.files, ...made });
        const read = verdict(findNetplanClaims(eth1, facts, ours));
        // It refuses all files then, ours too: nobody's is what the link must not be called.
        if (!/^exit 0$/m.test(said))
          return read === 'claimed' ? [] : [`${one.name}: read as ${read}, refused: ${said}`];
        const real = verdict(findNetworkdClaims(eth1, facts, ours));
        return read === real || beyondNetworkd.has(one.name)
          ? []
          : [`${one.name}: read as ${read}, networkd finds ${real}: ${JSON.stringify(made)}`];
      });
      expect(wrong).toEqual([]);
    });
  });
});
