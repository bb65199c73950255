// What the firmware says about the machine: the only thing that a cloud is recognised by before any packet is sent.
// Format: https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-firmware-dmi-tables and sysfs-class-dmi (one value
// per file). Knows no cloud: providers compare the strings.
import type { Dmi } from '../../model/host.ts';
import type { System } from '../system.ts';
import { readQuietly } from './probes.ts';

/** Longer than any DMI string (they are at most 64 bytes by convention); keeps garbage out of messages. */
const maxLength = 256;

/**
 * Reads /sys/class/dmi/id and /sys/hypervisor/uuid. A value that is missing or unreadable is the empty string:
 * product_uuid has mode 0400, so that an unprivileged run does not see it; a VM without SMBIOS (and many arm64 boards)
 * has no folder at all.
 */
export async function readDmi(system: System): Promise<Dmi> {
  const read = async (path: string): Promise<string> => {
    const text = (await readQuietly(system, path)) ?? '';
    // Control characters have been seen behind strings of broken firmware, and these values reach a terminal.
    return text
      .replace(/[\u0000-\u001f\u007f]/g, ' ')
      .trim()
      .slice(0, maxLength);
  };
  const id = (name: string): Promise<string> => read(`/sys/class/dmi/id/${name}`);
  const [sysVendor, productName, productFamily, productUuid, biosVendor, biosVersion, boardAssetTag] =
    await Promise.all([
      id('sys_vendor'),
      id('product_name'),
      id('product_family'),
      id('product_uuid'),
      id('bios_vendor'),
      id('bios_version'),
      id('board_asset_tag'),
    ]);
  return {
    sysVendor,
    productName,
    productFamily,
    productUuid,
    biosVendor,
    biosVersion,
    boardAssetTag,
    chassisAssetTag: await id('chassis_asset_tag'),
    hypervisorUuid: await read('/sys/hypervisor/uuid'),
  };
}
