// What must hold of the decision for any facts, garbage included: an answer has evidence, a refusal has a reason, and it
// depends on neither the order of the facts nor the name of the system.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostFacts, ServiceState } from '../../../agent/model/host.ts';
import { probedPaths } from '../../../agent/system/facts/paths.ts';
import { probedUnits } from '../../../agent/system/facts/services.ts';
import { explainSelection, selectBackend } from '../../../renderers/detect/select.ts';
import { releaseTable } from '../../../renderers/releases/table.ts';

const state = fc.constantFrom<ServiceState>('active', 'inactive', 'absent');
const text = fc.string({ maxLength: 12 });
const owner = fc.record(
  {
    networkmanager: fc.oneof(
      fc.constantFrom('100 (connected)', '10 (unmanaged)', '70 (connecting (getting IP configuration))'),
      fc.constantFrom('100 (connected (externally))', '1000 (x)', '', 'connected'),
      text,
    ),
    networkmanagerProfile: fc.oneof(
      fc.constantFrom(
        '/etc/sysconfig/network-scripts/ifcfg-eth0',
        '/run/NetworkManager/system-connections/netplan-eth0',
      ),
      text,
    ),
    networkd: fc.oneof(fc.constantFrom('configured', 'configuring', 'unmanaged', 'failed', 'pending'), text),
    networkdFile: fc.oneof(
      fc.constantFrom('/run/systemd/network/10-netplan-eth0.network', '/etc/x.network'),
      text,
    ),
    wicked: fc.oneof(fc.constantFrom('up', 'device-unconfigured', 'setup-in-progress'), text),
    ifstate: fc.constantFrom('eth0=eth0', 'eth0=home'),
  },
  { requiredKeys: [] },
);
const files = fc.uniqueArray(
  fc.constantFrom(
    '/etc/network/interfaces',
    '/etc/netplan/a.yaml',
    '/etc/systemd/network/a.network',
    '/run/systemd/network/10-netplan-eth0.network',
    '/etc/sysconfig/network-scripts/ifcfg-eth0',
    '/etc/sysconfig/network/ifcfg-eth0',
    '/etc/NetworkManager/system-connections/a.nmconnection',
  ),
);
const version = fc.constantFrom('1.8.0', '1.18.8', '1.40.16', '219', '252', 'x');
const anyFacts: fc.Arbitrary<HostFacts> = fc.record({
  os: fc.record({ id: text, versionId: text, prettyName: text }),
  primaryLink: fc.constantFrom('eth0', undefined),
  services: fc.dictionary(fc.constantFrom(...probedUnits), state),
  owners: owner,
  versions: fc.dictionary(fc.constantFrom('networkmanager', 'systemd'), version),
  paths: fc.subarray([...probedPaths, '/usr/lib64/NetworkManager/1.0/libnm-settings-plugin-ifcfg-rh.so']),
  files: files.map(paths => Object.fromEntries(paths.map(path => [path, 'iface eth0 inet dhcp\n']))),
  kernel: fc.constant({ suppressPrefixLength: true, suppressGroup: true, ruleOif: true, ruleProtocol: true }),
});

test('an answer has evidence, a refusal has a reason, and both fit on one line', () => {
  fc.assert(
    fc.property(anyFacts, facts => {
      const selection = selectBackend(facts);
      const line = explainSelection(selection);
      if (selection.backend === undefined) {
        expect(selection.problem).toBeTruthy();
        expect(line).toContain('-> none (');
      } else {
        expect(selection.problem).toBeUndefined();
        expect(selection.evidence).not.toHaveLength(0);
        expect(line.endsWith(`-> ${selection.backend}`)).toBe(true);
        // Nothing beats the owner: the answer is one of the strongest candidates.
        const strongest = selection.candidates[0];
        expect(selection.candidates.filter(c => c.strength === strongest?.strength)).toHaveLength(1);
        expect(strongest?.backend).toBe(selection.backend);
      }
    }),
    { numRuns: 500 },
  );
});

test('the order of facts and the name of the system do not matter', () => {
  const turned = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).reverse());
  fc.assert(
    fc.property(anyFacts, facts => {
      const other: HostFacts = {
        ...facts,
        os: { id: 'other', versionId: '1', prettyName: 'Other' },
        services: turned(facts.services),
        files: turned(facts.files),
        paths: facts.paths.toReversed(),
      };
      expect(selectBackend(other)).toEqual(selectBackend(facts));
    }),
    { numRuns: 200 },
  );
});

test('a second owner turns every answer into a refusal that names both', () => {
  for (const { facts, backend } of Object.values(releaseTable)) {
    const second = backend === 'wicked' ? { ifstate: `${facts.primaryLink}=x` } : { wicked: 'up' };
    const selection = selectBackend({ ...facts, owners: { ...facts.owners, ...second } });
    expect(selection.backend).toBeUndefined();
    expect(selection.problem).toMatch(/^2 own the primary link: /);
    expect(selection.problem).toContain(backend);
  }
});

test('text with blanks is quoted in the line', () => {
  const line = explainSelection({
    backend: 'networkmanager-keyfile',
    evidence: [{ probe: 'networkmanager', saw: '100 (connected)' }],
    candidates: [],
    problem: undefined,
  });
  expect(line).toBe('networkmanager="100 (connected)" -> networkmanager-keyfile');
});
