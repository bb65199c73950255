// The parse-back parser of each backend: one line per backend, in the order of the alphabet.
import type { BackendName } from '../../../agent/model/host.ts';
import type { ParseBack } from './kernel-lines.ts';
import { parseBack as netplan } from './netplan.ts';
import { parseBack as networkd } from './networkd.ts';
import { parseBack as networkmanagerKeyfile } from './networkmanager-keyfile.ts';

export const parsers = {
  netplan,
  networkd,
  'networkmanager-keyfile': networkmanagerKeyfile,
} as unknown as Readonly<Record<BackendName, ParseBack>>;
