import { expect, test } from 'vitest';
import { AgentError } from '../../../agent/errors.ts';
import { detectProvider } from '../../../agent/metadata/detect-provider.ts';
import type { Dmi } from '../../../agent/model/host.ts';

const none: Dmi = {
  sysVendor: '',
  productName: '',
  productFamily: '',
  productUuid: '',
  biosVendor: '',
  biosVersion: '',
  boardAssetTag: '',
  chassisAssetTag: '',
  hypervisorUuid: '',
};

test.each<[string, Partial<Dmi>, string, string]>([
  ['AWS Nitro', { sysVendor: 'Amazon EC2', productName: 'm5.large' }, 'aws', 'sys_vendor is "Amazon EC2"'],
  ['AWS, vendor in the BIOS only', { biosVendor: 'Amazon EC2' }, 'aws', 'bios_vendor is "Amazon EC2"'],
  ['AWS Xen', { sysVendor: 'Xen', biosVersion: '4.11.amazon' }, 'aws', 'bios_version ends in ".amazon"'],
  [
    'AWS Xen, hypervisor uuid',
    { hypervisorUuid: 'ec2f7d6e-1c3a' },
    'aws',
    'the hypervisor uuid starts with "ec2"',
  ],
  [
    'AWS Xen, product uuid',
    { sysVendor: 'Xen', productUuid: 'EC2E1916-9099-7CAF-FD21-012345ABCDEF' },
    'aws',
    'product_uuid starts with "ec2" on Xen',
  ],
  [
    'AWS Xen, little-endian product uuid',
    { sysVendor: 'Xen', productUuid: '45E12AEC-DCD1-B213-94ED-012345ABCDEF' },
    'aws',
    'product_uuid starts with "ec2" on Xen',
  ],
  [
    'Alibaba Cloud',
    { sysVendor: 'Alibaba Cloud', productName: 'Alibaba Cloud ECS' },
    'alibaba',
    'product_name is "Alibaba Cloud ECS"',
  ],
  [
    'Alibaba Cloud with a uuid that starts with ec2 by chance',
    {
      sysVendor: 'Alibaba Cloud',
      productName: 'Alibaba Cloud ECS',
      productUuid: 'ec2f7d6e-1c3a-4d52-8f3f-1f0e6f0a2b11',
    },
    'alibaba',
    'product_name is "Alibaba Cloud ECS"',
  ],
  [
    'JD Cloud',
    { sysVendor: 'JD', productName: 'JCloud Iaas Jvirt', productFamily: 'Virtual Machine' },
    'jdcloud',
    'product_name is "JCloud Iaas Jvirt"',
  ],
])('%s', (_, dmi, name, evidence) => {
  const detection = detectProvider({ ...none, ...dmi });
  expect(detection.provider.name).toBe(name);
  expect(detection.evidence).toBe(evidence);
});

test.each<[string, Partial<Dmi>]>([
  ['a laptop', { sysVendor: 'LENOVO', productName: '20XW' }],
  [
    'an OpenStack cloud with the EC2 tree',
    { sysVendor: 'OpenStack Foundation', productName: 'OpenStack Nova' },
  ],
  [
    'KVM with a uuid that starts with ec2 by chance',
    { sysVendor: 'QEMU', productUuid: 'ec2f7d6e-1c3a-4d52-8f3f' },
  ],
  ['nothing', {}],
])('%s is no cloud that is known', (_, dmi) => {
  expect(() => detectProvider({ ...none, ...dmi })).toThrow(AgentError);
});

test('the error lists what was seen, under the names of the files in /sys/class/dmi/id', () => {
  expect(() => detectProvider({ ...none, sysVendor: 'QEMU', productName: 'pc\n' })).toThrow(
    'the DMI data matches no known cloud: sys_vendor "QEMU", product_name "pc\\n"',
  );
  expect(() => detectProvider(none)).toThrow('all of it is empty');
});

test('DMI data that fits two clouds decides nothing', () => {
  expect(() =>
    detectProvider({ ...none, sysVendor: 'Amazon EC2', productName: 'Alibaba Cloud ECS' }),
  ).toThrow(/matches several clouds: alibaba .* and aws /);
});
