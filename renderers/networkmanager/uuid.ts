// Names for profiles that stay the same: a UUID of version 5 (RFC 9562) of a MAC, within a namespace of the caller's. Pure.
import { type Mac, parseMac } from '../../agent/model/address.ts';
import { readKeyfile } from './read-keyfile.ts';

/** Of our keyfile: the same for the same MAC on every machine and in every pass, so that a changed file is the same profile. */
export function uuidOf(mac: Mac): string {
  return profileUuid('8c1d4f0e5a6b4d0c9f3d7c2e1b0a9687', mac);
}

/**
 * Of our ifcfg file. Another namespace: one UUID in both formats would leave it to the order of the plugins which of them counts.
 */
export function ifcfgUuid(mac: Mac): string {
  return profileUuid('3f6f2a5c9d7e4b3a8e1f5b0c7d2a4e91', mac);
}

/**
 * True for a keyfile with one of our two UUIDs for the MAC that it names, whoever wrote it last: `nmcli connection migrate` (1.40; RHEL 9)
 * makes one of our ifcfg file, and `nmcli connection modify` writes ours anew, both without a comment.
 */
export function isOurProfile(text: string): boolean {
  const keyfile = readKeyfile(text);
  const uuid = keyfile.get('connection')?.get('uuid')?.text.toLowerCase();
  if (uuid?.[14] !== '5') return false;
  const groups = [keyfile.get('ethernet'), keyfile.get('802-3-ethernet')];
  const mac = parseMac(groups.find(keys => keys?.has('mac-address'))?.get('mac-address')?.text ?? '');
  return mac !== undefined && (uuid === uuidOf(mac) || uuid === ifcfgUuid(mac));
}

/** @param namespace 16 bytes in hexadecimal */
function profileUuid(namespace: string, mac: Mac): string {
  // Not imported: OpenSSL costs a daemon 2.2 MB, also where NetworkManager is not the backend.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha1').update(Buffer.from(namespace, 'hex')).update(mac).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
