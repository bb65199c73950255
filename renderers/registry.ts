// All renderers by backend. CONTRIBUTING.md says what else a new one needs; the golden, property and contract tests run over it by
// themselves.
import type { BackendName } from '../agent/model/host.ts';
import { ifupdown } from './ifupdown/renderer.ts';
import { initscripts } from './initscripts/renderer.ts';
import { netplan } from './netplan/renderer.ts';
import { networkd } from './networkd/renderer.ts';
import { networkmanagerIfcfg } from './networkmanager/ifcfg.ts';
import { networkmanagerKeyfile } from './networkmanager/keyfile.ts';
import type { Renderer } from './renderer.ts';
import { sles11 } from './suse/sles11.ts';
import { wicked } from './suse/wicked.ts';

export const renderers: Readonly<Record<BackendName, Renderer>> = {
  ifupdown,
  initscripts,
  netplan,
  networkd,
  'networkmanager-ifcfg': networkmanagerIfcfg,
  'networkmanager-keyfile': networkmanagerKeyfile,
  sles11,
  wicked,
};
