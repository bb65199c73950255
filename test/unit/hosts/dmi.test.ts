// The firmware strings: one file each, and a machine that has none of them, or does not let us read one.
import { expect, test } from 'vitest';
import { readDmi } from '../../../agent/system/facts/dmi.ts';
import { smallHost } from './small-host.ts';

test('an EC2 machine, seen without root', async () => {
  const dmi = await readDmi(
    smallHost({
      '/sys/class/dmi/id/sys_vendor': 'Amazon EC2\n',
      '/sys/class/dmi/id/product_name': 'm5.large\n',
      '/sys/class/dmi/id/product_family': '\n',
      '/sys/class/dmi/id/product_uuid': null,
      '/sys/class/dmi/id/bios_vendor': 'Amazon EC2\n',
      '/sys/class/dmi/id/bios_version': '1.0\n',
      '/sys/class/dmi/id/board_asset_tag': 'i-0af01c0123456789a\n',
      '/sys/class/dmi/id/chassis_asset_tag': 'Amazon\u001b[0m EC2 \n',
      '/sys/hypervisor/uuid': 'ec2e1916-9099-7caf-fd21-012345abcdef\n',
    }).system,
  );
  expect(dmi).toEqual({
    sysVendor: 'Amazon EC2',
    productName: 'm5.large',
    productFamily: '',
    productUuid: '',
    biosVendor: 'Amazon EC2',
    biosVersion: '1.0',
    boardAssetTag: 'i-0af01c0123456789a',
    chassisAssetTag: 'Amazon [0m EC2',
    hypervisorUuid: 'ec2e1916-9099-7caf-fd21-012345abcdef',
  });
});

test('a machine without DMI', async () => {
  const dmi = await readDmi(smallHost({}).system);
  expect(new Set(Object.values(dmi))).toEqual(new Set(['']));
  expect(Object.keys(dmi)).toHaveLength(9);
});
