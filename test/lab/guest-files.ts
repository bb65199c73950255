// The disk of the lab's VM, as its own processes see it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Guest } from './guest.ts';

/** Content of a file of the guest, `undefined` if it does not exist. */
export function readGuestFile(guest: Guest, path: string): string | undefined {
  const real = guestPath(guest, path);
  return existsSync(real) ? readFileSync(real, 'utf8') : undefined;
}

export function writeGuestFile(guest: Guest, path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(guestPath(guest, path)), { recursive: true });
  writeFileSync(guestPath(guest, path), content, { mode });
}

export function removeGuestFile(guest: Guest, path: string): void {
  rmSync(guestPath(guest, path), { force: true, recursive: true });
}

export function listGuestDir(guest: Guest, path: string): readonly string[] {
  const real = guestPath(guest, path);
  return existsSync(real) ? readdirSync(real).sort() : [];
}

// A symbolic link in the guest with an absolute target would lead out of it here; the lab's own paths have none.
function guestPath(guest: Guest, path: string): string {
  if (!path.startsWith('/') || path.includes('..')) throw new Error(`${path}: an absolute path, please`);
  return `/proc/${guest.pid}/root${path}`;
}
