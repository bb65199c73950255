// Names for profiles that stay the same: a UUID of version 5 (RFC 9562) of a MAC, within a namespace of the caller's. Pure.
import type { Mac } from '../../agent/model/address.ts';

/** @param namespace 16 bytes in hexadecimal */
export function profileUuid(namespace: string, mac: Mac): string {
  // Not imported: OpenSSL costs a daemon 2.2 MB, also where NetworkManager is not the backend.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha1').update(Buffer.from(namespace, 'hex')).update(mac).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
