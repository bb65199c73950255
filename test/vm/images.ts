// The images that image.sh makes, as the tests name them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { VmImageName } from '../needs/declaration.ts';
import { use } from '../needs/guard.ts';

/** The folder with root.ext4, vmlinux and initrd, with the way out if there is none. */
export function findImage(name: VmImageName): string {
  use(`image ${name}`);
  const { ENI_AGENT_VM_IMAGES: images } = process.env;
  const image = join(images ?? '', name);
  if (images === undefined || !existsSync(join(image, 'root.ext4')))
    throw new Error(`no VM image ${name}: run the VM test through "npm run vm", which builds it`);
  return image;
}
