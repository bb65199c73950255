// The parse-back parser of each backend: one line per backend, in the order of the alphabet.
import type { BackendName } from '../../../agent/model/host.ts';
import { parseBack as ifupdown } from './ifupdown.ts';
import { parseBack as initscripts } from './initscripts.ts';
import type { ParseBack } from './kernel-lines.ts';
import { parseBack as netplan } from './netplan.ts';
import { parseBack as networkd } from './networkd.ts';
import { parseBack as networkmanagerIfcfg } from './networkmanager-ifcfg.ts';
import { parseBack as networkmanagerKeyfile } from './networkmanager-keyfile.ts';
import { parseBack as sles11 } from './sles11.ts';
import { parseBack as wicked } from './wicked.ts';

export const parsers: Readonly<Record<BackendName, ParseBack>> = {
  ifupdown,
  initscripts,
  netplan,
  networkd,
  'networkmanager-ifcfg': networkmanagerIfcfg,
  'networkmanager-keyfile': networkmanagerKeyfile,
  sles11,
  wicked,
};
