// What pings from every address say, for `doctor --ping ADDRESS`: one finding per ENI and target, and per problem.
import { familyOf, type Ip } from '../model/address.ts';
import { listed } from '../model/listed.ts';
import type { PassContext } from '../pass/pass.ts';
import { type PingResult, sendPings } from '../system/kernel/pings.ts';
import { type Finding, ok } from './finding.ts';

export interface PingSource {
  readonly link: string;
  readonly ip: Ip;
}

const check = 'ping';

export async function pingFindings(
  system: PassContext['system'],
  sources: readonly PingSource[],
  targets: readonly Ip[],
): Promise<readonly Finding[]> {
  const pings = targets.flatMap(to =>
    sources.filter(s => familyOf(s.ip) === familyOf(to)).map(s => ({ from: s.ip, to })),
  );
  const results = await sendPings(system, pings);
  if (results.some(r => r.outcome === 'no-program')) {
    const saw = 'there is no program "ping" on this machine: nothing was pinged';
    return [warning(saw, 'install it (iputils-ping or iputils), or leave --ping out')];
  }
  const links = [...new Set(sources.map(s => s.link))];
  return [
    ...targets
      .filter(to => !results.some(r => r.to === to))
      .map(to => warning(`no ENI has an address to ping ${to} from`, noSource(to))),
    ...links.flatMap(link => {
      const ips = new Set(sources.filter(s => s.link === link).map(s => s.ip));
      return targets.flatMap(to => {
        const own = results.filter(r => r.to === to && ips.has(r.from));
        return targetFindings(
          link,
          to,
          own,
          results.some(r => r.to === to && r.outcome === 'answered'),
        );
      });
    }),
    ...unsent(results),
  ];
}

/** @param alive the target has answered another address */
function targetFindings(
  link: string,
  to: Ip,
  results: readonly PingResult[],
  alive: boolean,
): readonly Finding[] {
  const of = (outcome: PingResult['outcome']) => results.filter(r => r.outcome === outcome);
  const [answered, lost, failed] = [of('answered'), of('lost'), of('failed')];
  const total = results.length === 1 ? '1 address' : `${results.length} addresses`;
  if (answered.length > 0 && answered.length === results.length)
    return [ok(check, `${to} answers ${total} of ${link}`)];
  return [
    ...(lost.length === 0
      ? []
      : [
          warning(
            `${to} does not answer ${listed(lost.map(r => r.from))} (${lost.length} of ${total} of ${link})`,
            alive
              ? 'it answers other addresses: check in the cloud that these are assigned to this ENI, and check its security group'
              : 'try a host that is known to answer pings; then check the security group, the network ACL and the route table in the cloud',
          ),
        ]),
    ...(failed.length === 0
      ? []
      : [
          warning(
            `no ping could be sent from ${listed(failed.map(r => r.from))} to ${to}: ${failed[0]!.reason}`,
            `"ping -I ${failed[0]!.from} ${to}" shows the whole error; some systems allow only root to ping`,
          ),
        ]),
  ];
}

function unsent(results: readonly PingResult[]): readonly Finding[] {
  const count = results.filter(r => r.outcome === 'not-sent').length;
  if (count === 0) return [];
  const saw = `${count} of ${results.length} pings were not sent: too many others got no answer`;
  return [warning(saw, 'fix those first, or ping fewer hosts')];
}

function noSource(to: Ip): string {
  return `ping an IPv${familyOf(to) === 4 ? 6 : 4} address instead, or see above why the ENIs have no IPv${familyOf(to)} address`;
}

function warning(saw: string, hint: string): Finding {
  return { check, verdict: 'warning', saw, hint };
}
