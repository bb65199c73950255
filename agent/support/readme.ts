// README.txt of the archive: what is in it, what is not, and what the sender should know. Pure.
import type { MadePart } from './part.ts';

export function readme(parts: readonly MadePart[]): string {
  const width = Math.max(...parts.map(({ name }) => name.length));
  const line = ({ name, about }: MadePart) => `  ${name.padEnd(width)}  ${about}`;
  const of = (outcome: MadePart['outcome']) => parts.filter(part => part.outcome === outcome).map(line);
  const failed = parts.flatMap(({ name, outcome }) =>
    typeof outcome === 'string' ? [] : [`  ${name}: ${outcome.failed}`],
  );
  return `Written by "eni-agent support". Read it before you send it to anybody.

It identifies this machine: MAC addresses, private and public IP addresses, and
the ids of instance, subnets and ENIs are in it, because a problem cannot be
repeated without them. Send it to people that you trust, not to a public page.

In this archive:
${of('made').join('\n')}

Could not be collected:
${failed.length === 0 ? '  nothing' : failed.join('\n')}

Not found on this machine:
${of('nothing').join('\n') || '  nothing'}

Left out on purpose:
  - user data, credentials and every other metadata key that eni-agent does not
    read; session tokens of the metadata service
  - files of other programs and of the administrator: netplan YAML, keyfiles
    with Wi-Fi or VPN secrets, ifcfg files; only their names and sizes are here
  - the content of hooks, and what "eni-agent migrate" has moved away
  - the name of this host
  - in every text: values of keys that hold a secret, such as a password, and
    words that look like a key or a token ("[removed]", "masked")
`;
}
