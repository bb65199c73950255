// The machines that a scenario runs on, so that it has met each kind of travel (renderers/renderer.ts): `kernel` and `files` on ifupdown,
// `files` and `files-in-two-steps` on networkd, `files` and `rules-first` on NetworkManager.
import { expect } from 'vitest';
import type { FakeBackend } from '../support/fake-machine-service.ts';

export interface TravelCase {
  readonly backend: FakeBackend;
  /** Our file for eth1. */
  readonly file: string;
  /** The effect that brings a new ENI up. */
  readonly bringsUp: RegExp;
  /** The effect that ends an ENI. */
  readonly takesDown: RegExp;
  /** The effect by which an ENI gets the address 172.31.40.12. */
  readonly changes: RegExp;
  /** What would interrupt an ENI, and no change of addresses may do. */
  readonly interrupts: RegExp;
  /** Files of the service's own that come with the first ENI and stay. */
  readonly stays: Readonly<Record<string, unknown>>;
}

export const travels: readonly TravelCase[] = [
  {
    backend: 'ifupdown',
    file: '/etc/network/interfaces.d/60-eni-eth1',
    bringsUp: /^run ifup/,
    takesDown: /^run ifdown --force eth1=60-eni-eth1$/,
    changes: /addr add 172\.31\.40\.12/,
    interrupts: /if(up|down)/,
    stays: { '/run/network/ifstate 644': expect.any(String) },
  },
  {
    backend: 'networkd',
    file: '/etc/systemd/network/07-eni-eth1.network',
    // A reload is all that it is ever told.
    bringsUp: /^run networkctl reload/,
    takesDown: /^run networkctl reload$/,
    changes: /^run networkctl reload/,
    interrupts: /networkctl re(configure|new)|systemctl|link set .* down/,
    stays: {},
  },
  {
    backend: 'networkmanager-keyfile',
    file: '/etc/NetworkManager/system-connections/eni-eth1.nmconnection',
    bringsUp: /^run nmcli .*connection up/,
    // A profile whose file has gone ends when it is to be loaded.
    takesDown: /^run nmcli connection load .*eni-eth1/,
    changes: /^run nmcli .*device reapply/,
    // `up` takes all addresses away first.
    interrupts: /connection (up|down)|link set .* down/,
    stays: {},
  },
];

/** The effect of writing or removing our file. */
export function effectOn(verb: 'write' | 'remove', { file }: TravelCase): RegExp {
  return new RegExp(`^${verb} ${file.replaceAll('.', '\\.')}$`);
}
