// ifup and ifdown of the initscripts (CentOS 7: 9.49) on a fake machine, for plain ifcfg files: static or DHCP, with route- and rule-
// files. A DHCP client that runs stays until ifdown ends it, also when the file says something else by then.

import type { CommandResult } from '../../agent/system/system.ts';
import { lastAssignments } from '../../renderers/formats/shell-assignments.ts';
import { flushAddresses, runIp } from './fake-ip.ts';
import { UnknownCommand } from './fake-ip-words.ts';
import type { FakeProgram, FakeSystem } from './fake-system.ts';

const folder = '/etc/sysconfig/network-scripts';
const success: CommandResult = { exitCode: 0, stdout: '', stderr: '' };

export interface Initscripts {
  /** Links with a DHCP client. */
  readonly clients: Set<string>;
}

/** Gives the machine `ifup` and `ifdown`. */
export function installInitscripts(system: FakeSystem): Initscripts {
  const clients = new Set<string>();
  const text = (name: string) => system.files.get(`${folder}/${name}`)?.content;
  const program = (
    run: (link: string, ip: (line: string) => CommandResult) => CommandResult,
  ): FakeProgram => ({
    looks: () => false,
    run: ([link = ''], step) => {
      if (text(`ifcfg-${link}`) === undefined)
        return { ...success, exitCode: 1, stderr: `/sbin/ifup: configuration for ${link} not found.\n` };
      return run(link, line => runIp(system.kernel, line.split(' '), '', step));
    },
  });
  const lines = (name: string) =>
    (text(name) ?? '').split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'));

  system.programs.set(
    'ifup',
    program((link, ip) => {
      const ifcfg = lastAssignments(text(`ifcfg-${link}`)!, 'shell');
      const value = (key: string) => ifcfg.get(key)?.value;
      const hwaddr = value('HWADDR')?.toLowerCase();
      if (hwaddr !== undefined && hwaddr !== system.kernel.link(link).mac)
        return {
          ...success,
          exitCode: 1,
          stderr: `Device ${link} has different MAC address than expected, ignoring.\n`,
        };
      ip(`link set dev ${link} up`);
      if (value('BOOTPROTO') === 'dhcp') {
        const offer = system.dhcp.get(system.kernel.link(link).mac ?? '');
        if (offer === undefined) throw new UnknownCommand(`no DHCP server for ${link}`);
        clients.add(link);
        ip(`-4 addr add ${offer.ip}/${offer.prefixLength} dev ${link} dynamic`);
        if (value('DEFROUTE') !== 'no') ip(`-4 route add default via ${offer.router} dev ${link}`);
      } else
        for (const n of ['', '0', '1', '2', '3'])
          if (ifcfg.has(`IPADDR${n}`))
            ip(`-4 addr add ${value(`IPADDR${n}`)}/${value(`PREFIX${n}`)} dev ${link}`);
      for (const line of lines(`route-${link}`)) ip(`-4 route add ${line}`);
      for (const line of lines(`rule-${link}`)) ip(`-4 rule add ${line}`);
      return success;
    }),
  );
  system.programs.set(
    'ifdown',
    program((link, ip) => {
      clients.delete(link);
      flushAddresses(system.kernel, link, 4);
      ip(`link set dev ${link} down`);
      for (const line of lines(`rule-${link}`)) ip(`-4 rule del ${line}`);
      return success;
    }),
  );
  return { clients };
}
