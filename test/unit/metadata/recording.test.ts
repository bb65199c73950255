import { expect, test } from 'vitest';
import type { Recording } from '../../../agent/metadata/recording.ts';
import { answer, instanceFromRecording, parseRecording } from '../../../agent/metadata/recording.ts';
import { providers } from '../../../agent/metadata/registry.ts';
import { loadRecording, recordingNames } from '../../support/metadata-emulator-recordings.ts';

const minimal = { provider: 'aws', token: 'required', responses: { '/latest/meta-data/mac': 'x' } };

test('a recording needs the provider and the answers; the token is optional unless it says so', () => {
  expect(parseRecording('{"provider":"jdcloud","responses":{}}', 'r.json')).toEqual({
    provider: 'jdcloud',
    token: 'optional',
    responses: {},
  });
});

test.each<[string, unknown, string]>([
  ['an unknown provider', { ...minimal, provider: 'gcp' }, 'r.json, at ["provider"]: found "\\"gcp\\""'],
  ['no provider', { responses: {} }, 'r.json, at ["provider"]: found nothing'],
  ['an unknown key', { ...minimal, tokens: 1 }, 'r.json, at ["tokens"]: found'],
  [
    'a path without a slash',
    { ...minimal, responses: { mac: 'x' } },
    'r.json, at ["mac"]: found "\\"mac\\""',
  ],
  [
    'an answer that is a number',
    { ...minimal, responses: { '/a': 7 } },
    'r.json, at ["responses"]["/a"]: found "7"',
  ],
  [
    'a status that is none',
    { ...minimal, responses: { '/a': { status: 99 } } },
    'r.json, at ["responses"]["/a"]',
  ],
  ['a list', [], 'r.json, at ["provider"]: found nothing'],
  ['null', null, 'r.json, at the top: found "null"'],
])('%s is named with file, place and value', (_, json, message) => {
  const parse = () => parseRecording(JSON.stringify(json), 'r.json');
  expect(parse).toThrow(expect.objectContaining({ name: 'AgentError', code: 'recording-unreadable' }));
  expect(parse).toThrow(message.split(', at ')[1] ?? '');
  expect(parse).toThrow('r.json, at ');
});

test('text that is no JSON is refused in one line', () => {
  for (const text of ['', '{', '\0', 'a\nb'])
    expect(() => parseRecording(text, 'r.json')).toThrow(/^r\.json is not JSON: [^\n]*$/);
});

const aws: Recording = {
  provider: 'aws',
  token: 'optional',
  responses: {
    '/latest/meta-data/mac': 'x',
    '/latest/meta-data/network/interfaces/macs/b/mac': 'b',
    '/latest/meta-data/network/interfaces/macs/b/ipv4-associations/1.2.3.4': '10.0.0.1',
    '/latest/meta-data/network/interfaces/macs/a/mac': { status: 404, body: '' },
  },
};

test('a listing has one name per line, folders with a slash, and the order of the recording', () => {
  expect(answer(aws, '/latest/meta-data/')).toEqual({ status: 200, body: 'mac\nnetwork/' });
  expect(answer(aws, '/latest/meta-data/network/interfaces/macs/')).toEqual({ status: 200, body: 'b/\na/' });
  expect(answer(aws, '/latest/meta-data/network/interfaces/macs/b/').body).toBe('mac\nipv4-associations/');
});

test('a last slash makes no difference, and half a name is not a folder', () => {
  expect(answer(aws, '/latest/meta-data/network/interfaces/macs').body).toBe('b/\na/');
  expect(answer(aws, '/latest/meta-data/mac/').body).toBe('x');
  expect(answer(aws, '/latest/meta').status).toBe(404);
  expect(answer(aws, '/latest/meta-data/mac/x').status).toBe(404);
});

test('a key that answers 404 is listed: that is how a recording breaks a promise', () => {
  expect(answer(aws, '/latest/meta-data/network/interfaces/macs/a/').body).toBe('mac');
  expect(answer(aws, '/latest/meta-data/network/interfaces/macs/a/mac').status).toBe(404);
});

test('JD Cloud lists as a JSON array', () => {
  const jd: Recording = { ...aws, provider: 'jdcloud', responses: { '/m/1/mac': 'x', '/m/pin': 'y' } };
  expect(answer(jd, '/m/')).toEqual({ status: 200, body: '["1/","pin"]' });
});

test('a listing that is given wins over the derived one', () => {
  const given: Recording = { ...aws, responses: { ...aws.responses, '/latest/meta-data/': 'other' } };
  expect(answer(given, '/latest/meta-data').body).toBe('other');
});

test.each(providers.flatMap(p => recordingNames(p.name).map(name => [p.name, name] as const)))(
  'test/fixtures/metadata/%s/%s says where it is from, and gives an Instance',
  async (provider, name) => {
    const recording = loadRecording(provider, name);
    expect(recording.provider).toBe(provider);
    expect(recording.about?.source).toMatch(/.{10}/);
    const instance = await instanceFromRecording(recording);
    expect(instance.enis.filter(e => e.primary)).toHaveLength(1);
    if (!/error|hot-plug/.test(name)) expect(instance.problems).toEqual([]);
  },
);
