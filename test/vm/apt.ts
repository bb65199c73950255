// apt in the VM, with the packages of the seed disk: as an administrator would call it who has downloaded them.
import { basename } from 'node:path';
import { type Vm, vmOk } from './vm.ts';

/** In /run: not a part of the file system that is compared. */
const disk = '/run/lab-packages';

/** `apt-get install ./FILE`, the file being one of the seed's. Resolves with all that apt and the maintainer scripts said. */
export function aptInstall(vm: Vm, file: string): Promise<string> {
  return apt(vm, `install ${disk}/${basename(file)}`);
}

/** `apt-get WORDS`. */
export function apt(vm: Vm, words: string): Promise<string> {
  // _apt may not read the disk's folder, and says so: no sandbox for it.
  const get = 'apt-get -q -y -o APT::Sandbox::User=root';
  return vmOk(
    vm,
    `mkdir -p ${disk}; mount -r LABEL=cidata ${disk}; ${get} ${words} 2>&1; code=$?; umount ${disk}; exit $code`,
    300_000,
  );
}
