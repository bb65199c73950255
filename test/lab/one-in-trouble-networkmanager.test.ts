// One ENI's trouble is its own, with the real NetworkManager.
// needs: tree trixie
// with --all only: two minutes, most of which are spent watching
import { type Trouble, tellOneInTrouble } from './one-in-trouble.ts';

const appliance = '/etc/NetworkManager/conf.d/50-appliance.conf';
const other = '/etc/NetworkManager/system-connections/other.nmconnection';
const profile = `[connection]\\nid=other\\nuuid=3c1d52a4-7f5e-4c55-9d2c-11a0a7a4b6de\\ntype=ethernet\\nautoconnect-priority=900\\n
\\n[ethernet]\\nmac-address=02:00:00:00:00:03\\n\\n[ipv4]\\nmethod=manual\\naddress1=10.0.2.77/24\\n\\n[ipv6]\\nmethod=disabled\\n`;

const own: readonly Trouble[] = [
  {
    name: 'a link that NetworkManager is told to leave alone',
    comes: 'first',
    begin: `printf '[keyfile]\\nunmanaged-devices=interface-name:eth2\\n' > ${appliance}; nmcli general reload`,
    end: `rm ${appliance}; nmcli general reload`,
    states: ['left-alone'],
    says: /unmanaged-devices=interface-name:eth2 fits eth2/,
    seconds: 5,
  },
  {
    name: 'another profile for it that wins',
    comes: 'first',
    begin: `printf '${profile}' > ${other}; chmod 600 ${other}; nmcli connection load ${other}; nmcli --wait 20 connection up other`,
    end: `nmcli connection delete other`,
    states: ['left-alone'],
    says: /mac-address=02:00:00:00:00:03 fits eth2/,
    seconds: 5,
  },
];

tellOneInTrouble('trixie', 'networkmanager-keyfile', own);
