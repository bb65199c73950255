// Images of the systems that keep their network below /etc/sysconfig, of which Debian has no package: the primary as cloud-init writes it
// there. Data; ifcfg(5) of each family has the words.
import type { Image } from '../../lab/images.ts';
import type { SubnetPort, VpcEni } from '../../lab/vpc-spec.ts';

interface Parts {
  readonly units: readonly string[];
  readonly boot: readonly string[];
  readonly more?: Readonly<Record<string, string>>;
}

/** Red Hat's family: initscripts, and NetworkManager with its ifcfg plugin. */
export function sysconfigImage({ units, boot, more = {} }: Parts): Image {
  return {
    init: 'systemd',
    units,
    boot,
    files: (primary, addressing) => ({
      [`etc/sysconfig/network-scripts/ifcfg-${primary.link}`]: redHatFile(primary, addressing),
      'etc/sysconfig/network': 'NETWORKING=yes\nNETWORKING_IPV6=yes\nNOZEROCONF=yes\n',
      ...more,
    }),
  };
}

/** SUSE's: wicked, and the scripts of SLES 11. The link stands in each line, so that no route moves to an ENI. */
export function suseImage({ units, boot, more = {} }: Parts): Image {
  return {
    init: 'systemd',
    units,
    boot,
    files: (primary, addressing) => {
      const routes = staticPorts(primary, addressing).map(
        port => `default ${port.gateway} - ${primary.link}\n`,
      );
      return {
        [`etc/sysconfig/network/ifcfg-${primary.link}`]: suseFile(primary, addressing),
        'etc/sysconfig/network/routes': routes.join(''),
        ...more,
      };
    },
  };
}

function redHatFile(primary: VpcEni, addressing: 'dhcp' | 'static'): string {
  const ports = staticPorts(primary, addressing);
  const lines = ports.flatMap(port =>
    port.family === 4
      ? [`IPADDR=${port.addresses[0]}`, `PREFIX=${lengthOf(port)}`, `GATEWAY=${port.gateway}`]
      : [`IPV6ADDR=${port.addresses[0]}/${lengthOf(port)}`, `IPV6_DEFAULTGW=${port.gateway}%${primary.link}`],
  );
  return [
    `DEVICE=${primary.link}`,
    'NAME="cloud-init eth0"',
    'TYPE=Ethernet',
    'ONBOOT=yes',
    `BOOTPROTO=${addressing === 'dhcp' ? 'dhcp' : 'none'}`,
    'IPV6INIT=yes',
    'IPV6_AUTOCONF=no',
    ...lines,
    '',
  ].join('\n');
}

function suseFile(primary: VpcEni, addressing: 'dhcp' | 'static'): string {
  const ports = staticPorts(primary, addressing);
  return [
    `BOOTPROTO='${addressing === 'dhcp' ? 'dhcp4' : 'static'}'`,
    "STARTMODE='auto'",
    ...ports.map((port, n) => `IPADDR_${n}='${port.addresses[0]}/${lengthOf(port)}'`),
    '',
  ].join('\n');
}

/** IPv6 always, for no router of the lab advertises to the primary; IPv4 unless it has a lease. */
function staticPorts(primary: VpcEni, addressing: 'dhcp' | 'static'): readonly SubnetPort[] {
  return primary.subnets.filter(subnet => subnet.family === 6 || addressing === 'static');
}

function lengthOf(port: SubnetPort): string {
  return port.subnet.split('/')[1] ?? '';
}
