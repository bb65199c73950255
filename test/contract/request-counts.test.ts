// How many requests one read costs. The services drop packets above a rate that is shared with DNS and NTP, so that every request
// that tells nothing new is a defect: these numbers only go down.
import { expect, test } from 'vitest';
import { readInstance } from '../../agent/metadata/read-instance.ts';
import type { ProviderName } from '../../agent/model/instance.ts';
import { MetadataEmulator } from '../support/metadata-emulator.ts';
import { loadRecording } from '../support/metadata-emulator-recordings.ts';

const nothing = '';
const dmi = {
  sysVendor: nothing,
  productName: nothing,
  productFamily: nothing,
  productUuid: nothing,
  biosVendor: nothing,
  biosVersion: nothing,
  boardAssetTag: nothing,
  chassisAssetTag: nothing,
  hypervisorUuid: nothing,
};

test.each<[ProviderName, string, number]>([
  // Token, macs/, mac, instance-id; then the listing of each ENI and one request for each key that it lists.
  ['aws', 'one-eni', 4 + 6],
  ['aws', 'two-enis', 4 + 2 * 6],
  ['aws', 'dual-stack', 4 + 2 * 8],
  ['aws', 'network-cards', 4 + 5 * 7 + 2 * 5],
  ['aws', 'fifteen-enis-fifty-addresses', 4 + 15 * 6],
  // Token and meta-data/all.
  ['alibaba', 'all', 2],
  ['alibaba', 'fifteen-enis-fifty-addresses', 2],
  ['alibaba', 'all-empty-texts', 2 + 2],
  // The same and the tree.
  ['alibaba', 'two-enis', 2 + 3 + 2 * 8],
  // network/, instance-id; the listing of each ENI and its four keys.
  ['jdcloud', 'two-enis', 2 + 2 * 5],
  ['jdcloud', 'old-tree', 3 + 2 * 5],
])('%s %s: %i requests, none of them for a key that is not listed', async (provider, name, requests) => {
  const emulator = new MetadataEmulator(loadRecording(provider, name));
  const url = await emulator.listen();
  try {
    const reading = await readInstance({ provider, url, dmi });
    expect(reading.requests).toBe(requests);
    expect(emulator.counters().requests).toBe(requests);
    const paths = emulator.log.map(r => r.path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(reading.instance.problems).toEqual([]);
  } finally {
    await emulator.close();
  }
});
