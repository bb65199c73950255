// What is taken out of every text of the archive, and what must survive it.
import { expect, test } from 'vitest';
import { json } from '../../../agent/support/part.ts';
import { readme } from '../../../agent/support/readme.ts';
import { redact, withoutForeign } from '../../../agent/support/redact.ts';

test.each([
  ['a token of AWS', 'x AQAEANtjW8OFMcqNZs0S5eYVYUd2ACIHz0_e-iGuQ3Ggx6yKQx4Pfw== y', /AQAE|Pfw/],
  ['base64 with slashes', 'a wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1234567 b', /bPxRfi/],
  ['an access key', 'AKIAIOSFODNN7EXAMPLE', /AKIA/],
  ['a header', 'X-aws-ec2-metadata-token: abc', /abc/],
  ['JSON', '{"token": "abc", "SecretAccessKey" : "def"}', /abc|def/],
  ['a bearer', 'Authorization: Bearer abc.def', /abc/],
  ['a key file', 'psk=abc\nprivate-key=def\nwpa-psk ghi', /abc|def|ghi/],
  ['a phrase', '[wifi-security]\npsk=abc def ghi\n  password: jkl mno', /abc|def|ghi|jkl|mno/],
  ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----', /abc/],
  ['half of one', '-----BEGIN PRIVATE KEY-----\nabc', /abc/],
])('%s', (_name, text, secret) => {
  expect(redact(text)).not.toMatch(secret);
});

test.each([
  ['the content of a file', '# Written by eni-agent\nwpa-psk abc\npsk=def\npassword: ghi\n', /abc|def|ghi/],
  ['an answer that is JSON itself', '{"SecurityToken":"abc","AccessKeySecret":"def"', /abc|def/],
])('inside JSON: %s', (_name, text, secret) => {
  expect(redact(json({ files: [{ path: '/a', before: text }] }))).not.toMatch(secret);
});

test.each([
  'rule 4 28000 from 172.31.32.0/20 to 172.31.16.0/20 iif lo lookup 28000',
  '/etc/NetworkManager/system-connections/eni-eth1.nmconnection',
  'eni-013cdce36ded5e79f i-0123456789abcdef0 0a:07:84:3d:6e:01 2001:db8:1234:5678:9abc:def0:1234:5678',
  'boot 6f0d4c1e-9a3b-4a57-8f0e-1b7c2d3e4f50, commit 0123456789abcdef0123456789abcdef01234567',
  '/usr/lib/systemd/system/systemd-networkd-wait-online.service ManageForeignRoutingPolicyRules=no',
  '"token": "required"',
])('%s survives', text => {
  expect(redact(text)).toBe(text);
});

// A megabyte of them took a quarter of an hour, as root.
test.each([
  ['blanks', ' '],
  ['a key without an end', 'psk'],
  ['assignments', 'a='],
  ['a word', 'token-'],
])('%s without an end: as it is', (_name, part) => {
  const text = `x${part.repeat(300_000)}`;
  expect(redact(text)).toBe(text);
});

test('README.txt survives', () => {
  const text = readme([]);
  expect(redact(text)).toBe(text);
});

test('of files, those that are ours keep their content', () => {
  const ours = '# Written by eni-agent; changes are lost.\nauto eth1\n';
  const value = {
    files: [
      { path: '/a', mode: 420, before: 'theirs', after: ours },
      { path: '/b', before: null, after: undefined },
    ],
    changes: [{ kind: 'changed', before: { link: 'eth1' }, after: { link: 'eth1' } }],
  };
  expect(withoutForeign(value)).toEqual({
    ...value,
    files: [
      { path: '/a', mode: 420, before: "[6 characters of a file that is not eni-agent's]", after: ours },
      value.files[1],
    ],
  });
});
