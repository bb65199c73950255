// An instance as text for a reviewer: every field, one line per thing.
import { AgentError } from '../../../agent/errors.ts';
import type { Eni, EniFamily, Instance, Reading } from '../../../agent/model/instance.ts';
import { nothingElse, wrapped } from './text-lines.ts';

export function instanceText(instance: Instance | AgentError): string {
  if (instance instanceof AgentError) return `error ${instance.code}: ${instance.message}\n`;
  const { provider, instanceId, enis, problems, ...rest } = instance;
  nothingElse(rest);
  const lines = [
    `instance ${instanceId ?? '-'} of ${provider}`,
    ...enis.flatMap(eniLines),
    ...problems.map(p => `problem with ${p.subject}: ${p.text}`),
  ];
  return `${lines.join('\n')}\n`;
}

function eniLines(eni: Eni): readonly string[] {
  const { mac, id, subnetId, primary, carriesIp, networkCard, deviceIndex, mtu, needsDhcp, ...more } = eni;
  const { ipv4, ipv6, ...rest } = more;
  nothingElse(rest);
  const marks = [
    `card ${networkCard}`,
    `device ${deviceIndex ?? '-'}`,
    `subnet ${subnetId ?? '-'}`,
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
    ...(carriesIp ? [] : ['carries no IP']),
    ...(needsDhcp ? ['needs DHCP'] : []),
  ];
  return [
    `${primary ? 'primary' : 'secondary'} ${id ?? '-'} ${mac}`,
    `  ${marks.join(', ')}`,
    ...familyLines('ipv4', ipv4),
    ...familyLines('ipv6', ipv6),
  ];
}

function familyLines(name: string, family: EniFamily): readonly string[] {
  const { addresses, subnets, gateway, prefixes, ...rest } = family;
  nothingElse(rest);
  const readings = { addresses, subnets, gateway, prefixes } as const;
  if (Object.values(readings).every(r => r.state === 'absent')) return [`  ${name} absent`];
  const lines = Object.entries(readings).flatMap(([key, reading]) =>
    wrapped(key, readingWords(reading), '    '),
  );
  return [`  ${name}`, ...lines];
}

function readingWords(reading: Reading<string | readonly string[]>): readonly string[] {
  if (reading.state === 'absent') return ['absent'];
  if (reading.state === 'unknown') return [`unknown: ${reading.why}`];
  const words = [reading.value].flat();
  return words.length === 0 ? ['none'] : words;
}
