// The guard that keeps tests off the metadata service of the machine: it must hold for the client that the agent uses.
import http from 'node:http';
import net from 'node:net';
import { describe, expect, test } from 'vitest';

describe.each(['169.254.169.254', '100.100.100.200', 'fd00:ec2::254'])('%s', address => {
  test('cannot be connected to', () => {
    expect(() => net.connect(80, address)).toThrow(/metadata address/);
    expect(() => net.connect({ port: 80, host: address })).toThrow(/metadata address/);
  });

  test('cannot be asked by HTTP', async () => {
    const url = `http://${address.includes(':') ? `[${address}]` : address}/latest/meta-data/`;
    const asked = new Promise((resolve, reject) => {
      http.get(url, resolve).on('error', reject);
    });
    await expect(asked).rejects.toThrow(/metadata address/);
  });
});
