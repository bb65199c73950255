// The real ifupdown on a machine where somebody has made ENIs his own in each way that interfaces(5) knows beside a stanza of the link's name.
// needs: tree bookworm
// with --all only: three boots, and the unit tests of the claims say the same of more files
import { inhabitedMac, tellInhabited } from './inhabited.ts';

const office = '/etc/network/interfaces.d/office';
const nics = '/etc/network/site/storage.nics';

/** What a stanza gives him of the ENI's subnet. */
const address = (number: number) => `10.0.${number}.77/24`;
const route = (number: number) => `10.7${number}.0.0/16 via 10.0.${number}.1`;
const options = (number: number) => `    address ${address(number)}
    up ip route add ${route(number)}
`;
/** His link is `eth<number>` unless told. */
const his = (number: number, says: string, more: { link?: string; on?: string } = {}) => ({
  link: `eth${number}`,
  address: address(number),
  route: route(number),
  says,
  ...more,
});

tellInhabited({
  name: 'inhabitedif',
  suite: 'bookworm',
  image: 'ifupdown',
  files: {
    [nics]: `auto eth1
iface eth1 inet static
${options(1)}`,
    // `script grep` is of interfaces(5): a mapping with the lines of `map` in which grep finds the link's name. The bridge is made
    // by hand, as bridge-utils is not needed for that.
    [office]: `source /etc/network/site/*.nics

auto mac/${inhabitedMac(2)}=storage
iface storage inet static
${options(2)}
mapping eth3
    script grep
    map eth3-lab
auto eth3
iface eth3-lab inet static
${options(3)}
iface lan inet static
    mtu 1400
auto eth4
iface eth4 inet static inherits lan
${options(4)}
auto br0
iface br0 inet static
    pre-up ip link add br0 type bridge
    pre-up ip link set eth5 up master br0
${options(5)}
rename mac/${inhabitedMac(6)}=lan0
auto lan0
iface lan0 inet static
${options(6)}`,
  },
  his: [
    his(1, `${nics}:2: "iface eth1 inet static" configures eth1`),
    his(2, `${office}:3: "auto mac/${inhabitedMac(2)}=storage" configures eth2`),
    his(3, `${office}:8: "mapping eth3" decides what eth3 is`),
    his(4, `${office}:19: "iface eth4 inet static inherits lan" configures eth4`),
    his(5, 'eth5 is a port of br0', { on: 'br0' }),
    his(6, `${office}:32: "iface lan0 inet static" configures lan0`, { link: 'lan0' }),
  ],
});
