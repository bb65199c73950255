// All renderers by backend. To add a backend: its name in agent/model/host.ts, one file here that exports a Renderer, one
// line below, one candidate in candidates.ts, one release in release-table.ts, and a folder of host fixtures; the golden,
// property and contract tests then run over it by themselves.
import type { BackendName } from '../agent/model/host.ts';
import { ifupdown } from './ifupdown.ts';
import { initscripts } from './initscripts.ts';
import { netplan } from './netplan.ts';
import { networkd } from './networkd.ts';
import { networkmanagerIfcfg } from './networkmanager-ifcfg.ts';
import { networkmanagerKeyfile } from './networkmanager-keyfile.ts';
import type { Renderer } from './renderer.ts';
import { sles11 } from './sles11.ts';
import { wicked } from './wicked.ts';

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
