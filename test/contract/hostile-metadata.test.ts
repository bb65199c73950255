// Metadata from an enemy. Whatever a service answers: an AgentError, or an Instance in which every value was parsed. What a shell, an
// INI or a YAML reader would take for its own syntax never gets through.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../agent/errors.ts';
import type { Recording } from '../../agent/metadata/recording.ts';
import { instanceFromRecording } from '../../agent/metadata/recording.ts';
import { providers } from '../../agent/metadata/registry.ts';
import {
  contains,
  familyOf,
  isHostAddress,
  parseCidr,
  parseIp,
  parseMac,
  prefixLengthOf,
} from '../../agent/model/address.ts';
import type { Eni, Instance } from '../../agent/model/instance.ts';
import { valueOr } from '../../agent/model/instance.ts';
import { serviceAddresses } from '../../agent/model/service-addresses.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';

const injections: readonly string[] = [
  // Shell: these values end up in files that ifup and wicked scripts source.
  '10.0.1.4; reboot',
  '$(reboot)',
  '`reboot`',
  '10.0.1.4 && rm -rf /',
  "10.0.1.4' ; reboot ; '",
  '10.0.1.4\nPOST_UP="reboot"',
  '10.0.1.4\r\nIPADDR2=1.2.3.4',
  '$IFS$9reboot',
  '10.0.1.4|nc 1.2.3.4 1',
  // INI: networkd, NetworkManager keyfiles, our own configuration.
  '10.0.1.4\n[Route]\nGateway=1.2.3.4',
  '10.0.1.4]\n[Network]',
  '10.0.1.4;comment',
  '10.0.1.4#comment',
  'a=b',
  // YAML: netplan.
  '10.0.1.4\n    routes: [{to: default, via: 1.2.3.4}]',
  '- 10.0.1.4',
  '!!js/function "x"',
  '&a [*a,*a]',
  '{10.0.1.4: x}',
  '"10.0.1.4": "x"',
  // interfaces(5) and command lines.
  '10.0.1.4\n  up reboot',
  '--help',
  '-4',
  '../../../etc/passwd',
  '/etc/passwd',
  // Bytes and sizes.
  '\0',
  '10.0.1.4\0',
  '\u001b[2J',
  '\u202e4.1.0.01',
  '\ufeff10.0.1.4',
  '１０.0.1.4',
  'x'.repeat(20_000),
  '10.0.1.4\n'.repeat(5_000),
  '['.repeat(20_000),
  // Values that are well-formed and wrong.
  '0.0.0.0',
  '0.0.0.0/0',
  '::/0',
  '::',
  '255.255.255.255',
  '127.0.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '100.100.100.0/24',
  'fd00:ec2::254',
  'fd00:ec2::/32',
  'fe80::1%eth0',
  '224.0.0.1',
  '::ffff:1.2.3.4',
  '10.0.1.4/24',
  '2001:db8::1',
  '10.1.1.1',
  '4294967295',
  '-1',
  'NaN',
  '1e9',
  '00:00:00:00:00:00',
  'ff:ff:ff:ff:ff:ff',
  '01:00:5e:00:00:01',
  '__proto__',
  'constructor',
  '{"__proto__":{"x":1}}',
  '[["10.0.1.4"]]',
  '<html>10.0.1.4</html>',
  '',
  ' ',
  '\n',
];

/** Throws if a value in the Instance is not exactly what its parser makes of it. */
function expectParsed(instance: Instance): void {
  const identifier = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
  if (instance.instanceId !== undefined) expect(instance.instanceId).toMatch(identifier);
  expect(instance.enis.filter(e => e.primary)).toHaveLength(1);
  expect(new Set(instance.enis.map(e => e.mac)).size).toBe(instance.enis.length);
  expect(instance.enis.length).toBeLessThanOrEqual(128);
  for (const eni of instance.enis) expectParsedEni(eni, identifier, serviceAddresses[instance.provider]);
  for (const { subject, text } of instance.problems) {
    expect(subject).toMatch(/^[\x20-\x7e]{1,80}$/);
    expect(text).toMatch(/^[\x20-\x7e]{1,500}$/);
  }
  const owners = new Map<string, string>();
  for (const eni of instance.enis.filter(e => !e.primary))
    for (const ip of [...valueOr(eni.ipv4.addresses, []), ...valueOr(eni.ipv6.addresses, [])]) {
      expect(owners.get(ip) ?? eni.mac).toBe(eni.mac);
      owners.set(ip, eni.mac);
    }
}

function expectParsedEni(eni: Eni, identifier: RegExp, services: readonly string[]): void {
  expect(parseMac(eni.mac)).toBe(eni.mac);
  for (const id of [eni.id, eni.subnetId]) if (id !== undefined) expect(id).toMatch(identifier);
  for (const n of [eni.networkCard, eni.deviceIndex ?? 0])
    expect(Number.isInteger(n) && n >= 0 && n <= 9999).toBe(true);
  for (const [family, readings] of [
    [4, eni.ipv4],
    [6, eni.ipv6],
  ] as const) {
    const addresses = valueOr(readings.addresses, []);
    expect(addresses.length).toBeLessThanOrEqual(256);
    for (const ip of addresses) {
      expect(parseIp(ip)).toBe(ip);
      expect(familyOf(ip)).toBe(family);
      expect(isHostAddress(ip)).toBe(true);
    }
    for (const cidr of [...valueOr(readings.subnets, []), ...valueOr(readings.prefixes, [])]) {
      expect(parseCidr(cidr)).toBe(cidr);
      expect(familyOf(cidr)).toBe(family);
      expect(prefixLengthOf(cidr)).toBeGreaterThanOrEqual(family === 4 ? 8 : 32);
      for (const service of services) expect(contains(cidr, parseIp(service)!)).toBe(false);
    }
    if (readings.gateway.state === 'value') {
      const gateway = readings.gateway.value;
      expect(parseIp(gateway)).toBe(gateway);
      expect(familyOf(gateway)).toBe(family);
      expect(addresses).not.toContain(gateway);
    }
  }
}

/** The Instance, or undefined for an AgentError of the metadata; any other error fails the test. */
async function readHostile(recording: Recording): Promise<Instance | undefined> {
  try {
    return await instanceFromRecording(recording);
  } catch (error) {
    expect(error).toBeInstanceOf(AgentError);
    const { code, message } = error as AgentError;
    expect(code).toMatch(/^metadata-(invalid|unreachable)$/);
    expect(message).toMatch(/^[\x20-\x7e]{1,500}$/);
    return undefined;
  }
}

const start = { alibaba: 'prefixes', aws: 'dual-stack', jdcloud: 'two-secondaries-one-subnet' } as const;

describe.each(providers)('$name', ({ name }) => {
  const recording = loadRecording(name, start[name]);
  const paths = Object.keys(recording.responses);
  const listings = [...new Set(paths.map(path => path.slice(0, path.lastIndexOf('/') + 1)))];

  test('every injection in the place of every answer', { timeout: 120_000 }, async () => {
    let instances = 0;
    for (const path of [...paths, ...listings])
      for (const body of injections) {
        const instance = await readHostile({
          ...recording,
          responses: { ...recording.responses, [path]: body },
        });
        if (instance === undefined) continue;
        instances += 1;
        expectParsed(instance);
      }
    expect(instances).toBeGreaterThan(paths.length);
  });

  test('every injection behind a good value: the key is refused as a whole, or reads as before', async () => {
    const before = (await readHostile(recording))!;
    const keys = paths.filter(p => /ipv[46]|cidr|prefix|gateway|primary-ip/.test(p));
    expect(keys).not.toEqual([]);
    for (const path of keys) {
      const good = recording.responses[path] as string;
      for (const body of injections.slice(0, 25).map(bad => `${good}\n${bad}`)) {
        const instance = await readHostile({
          ...recording,
          responses: { ...recording.responses, [path]: body },
        });
        if (instance === undefined) continue;
        const added = allValues(instance).filter(text => !allValues(before).includes(text));
        expect(added, `${path}: ${body}`).toEqual([]);
      }
    }
  });

  test('a bad value in one secondary ENI changes no other ENI', async () => {
    const before = (await readHostile(recording))!;
    const victim = before.enis.find(e => !e.primary)!;
    const folder = name === 'jdcloud' ? `/network/${victim.deviceIndex}/` : `/macs/${victim.mac}/`;
    const keys = paths.filter(p => p.includes(folder) && !p.endsWith('/mac'));
    expect(keys).not.toEqual([]);
    for (const path of keys)
      for (const body of injections.slice(0, 25)) {
        const instance = (await readHostile({
          ...recording,
          responses: { ...recording.responses, [path]: body },
        }))!;
        const others = (enis: readonly Eni[]) => enis.filter(e => e.mac !== victim.mac);
        expect(others(instance.enis)).toEqual(others(before.enis));
        expect(instance.enis).toHaveLength(before.enis.length);
      }
  });

  test('any number of any changes (property)', { timeout: 120_000 }, async () => {
    const body = fc.oneof(
      fc.constantFrom(...injections),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.ipV4(),
      fc.ipV6(),
      fc
        .array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom(...injections)), { maxLength: 8 })
        .map(a => a.join('\n')),
      fc.array(fc.ipV4(), { maxLength: 300 }).map(a => JSON.stringify(a)),
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 40 })).map(([ip, n]) => `${ip}/${n}`),
      fc.constantFrom(...paths).map(path => recording.responses[path] as string),
      fc.json({ maxDepth: 4 }),
    );
    const answer = fc.oneof(
      body,
      fc.record({ status: fc.constantFrom(0, 200, 302, 400, 403, 404, 503), body }),
    );
    const change = fc.tuple(fc.constantFrom(...paths, ...listings, '/latest/meta-data/all'), answer);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async changes => {
        const responses = { ...recording.responses, ...Object.fromEntries(changes) };
        const instance = await readHostile({ ...recording, responses });
        if (instance !== undefined) expectParsed(instance);
      }),
      { numRuns: 400 },
    );
  });
});

test('every injection inside meta-data/all', async () => {
  const recording = loadRecording('alibaba', 'all');
  const path = '/latest/meta-data/all';
  const all = JSON.parse(recording.responses[path] as string);
  const eni = all.network.interfaces.macs['00:16:3e:12:16:02'];
  for (const key of Object.keys(eni))
    for (const bad of [...injections, null, 7, true, {}, [[]], [7], ['10.0.1.4,10.0.1.5']]) {
      const good = eni[key];
      eni[key] = bad;
      const instance = await readHostile({ ...recording, responses: { [path]: JSON.stringify(all) } });
      if (instance !== undefined) expectParsed(instance);
      eni[key] = good;
    }
});

/** Every text of an Instance that could reach a file. */
function allValues(instance: Instance): readonly string[] {
  return instance.enis.flatMap(eni => [
    eni.mac,
    eni.id ?? '',
    eni.subnetId ?? '',
    ...[eni.ipv4, eni.ipv6].flatMap(family => [
      ...valueOr(family.addresses, []),
      ...valueOr(family.subnets, []),
      ...valueOr(family.prefixes, []),
      ...(family.gateway.state === 'value' ? [family.gateway.value] : []),
    ]),
  ]);
}

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  '%s as a name in meta-data/all and in a listing changes no ENI',
  async word => {
    const path = '/latest/meta-data/all';
    const recording = loadRecording('alibaba', 'all');
    const good = (await readHostile(recording))!;
    const text = recording.responses[path] as string;
    // Text, because an object literal would not have __proto__ as a key.
    const odd = `"${word}": {"mac": "02:00:00:00:00:99", "private-ipv4s": ["10.66.66.66"]}`;
    for (const place of [/\{/, /"macs":\s*\{/, /"00:16:3e:12:16:02":\s*\{/]) {
      const body = text.replace(place, found => `${found} ${odd},`);
      expect(Object.keys(JSON.parse(body))).not.toEqual([]);
      expect(body).not.toBe(text);
      const instance = await readHostile({
        ...recording,
        responses: { ...recording.responses, [path]: body },
      });
      expect(instance?.enis).toEqual(good.enis);
    }
    const aws = loadRecording('aws', 'two-enis');
    const before = (await readHostile(aws))!;
    const folder = '/latest/meta-data/network/interfaces/macs/';
    const macs = before.enis.map(eni => `${eni.mac}/`);
    const listed = { ...aws.responses, [folder]: [...macs, `${word}/`].join('\n') };
    expect((await readHostile({ ...aws, responses: listed }))?.enis).toEqual(before.enis);
  },
);
