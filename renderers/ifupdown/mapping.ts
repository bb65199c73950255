// The stanza of an ENI goes by its MAC. interfaces(5) knows a MAC in `auto mac/ADDRESS=NAME` alone, since 0.8.20, and a link that is named twice is
// brought up twice; a mapping is known by all versions. Its script says by which stanza ifup configures a link, and a name without a stanza
// is "ignored" with status 0 (0.7.53, executed with 0.8.36, 0.8.41 and 0.8.44).
//
// It must print something and end with 0: since 0.8 ifup fails where it does not, and `ifup -a` with it. So for another NIC it prints what
// ifup would have taken without a mapping: if somebody has a stanza for that name, it is used.
import type { EniPlan } from '../../agent/model/network-plan.ts';
import { linkWord } from '../formats/ip-commands.ts';
import { marker, type RenderedFile } from '../renderer.ts';

/** Beside /etc/network/interfaces, and not in a folder whose files ifupdown reads or runs. */
export const scriptPlace = { dir: '/etc/network', name: /^eni-agent-stanza$/ } as const;

const path = `${scriptPlace.dir}/eni-agent-stanza`;

/** The logical name of the ENI's stanzas: no link has one that long or that begins with a digit and a dash like this. */
export function stanzaName(link: string): string {
  return `60-eni-${linkWord(link)}`;
}

/** For `ifdown --force`, which asks neither a mapping nor its state file: without the stanza's name it would do nothing, and end with 0. */
export function downName(link: string): string {
  return `${linkWord(link)}=${stanzaName(link)}`;
}

export function mappingLines({ link, mac }: EniPlan): readonly string[] {
  return [`mapping ${linkWord(link)}`, `    script ${path}`, `    map ${mac} ${stanzaName(link)}`];
}

/** The same for every ENI. `read` and `echo` are the shell's own: nothing has to be mounted or in PATH. */
export const mappingScript: RenderedFile = {
  path,
  mode: 0o755,
  content: `#!/bin/sh
# ${marker}
# ifup asks by which stanza it shall configure a link: by the ENI's if the MAC is the ENI's, else as if nobody had asked.
{ read -r mac < "/sys/class/net/$1/address"; } 2> /dev/null
while read -r wanted stanza; do
  [ "$wanted" != "$mac" ] || { echo "$stanza"; exit 0; }
done
echo "$1"
`,
  enis: [],
};
