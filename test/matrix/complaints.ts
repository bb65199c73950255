// What the network services have to say about our files: a key that they do not know, ignore or are going to drop is no fault that a ping
// shows, and a line of the journal that an administrator has to understand.
import type { AgentHost } from '../lab/agent-host.ts';
import { guestOk } from '../lab/guest-commands.ts';
import { readGuestFile } from '../lab/guest-files.ts';
import { bootLog } from '../lab/images.ts';

/** A line of the journal, as `journalctl -o json` has it. */
export interface Entry {
  readonly SYSLOG_IDENTIFIER?: string;
  readonly PRIORITY?: string;
  /** An array of bytes where the text is no UTF-8. */
  readonly MESSAGE?: unknown;
}

/** netplan's, networkd's, ifupdown's and NetworkManager's names of what we write, and those below /etc/sysconfig, without the primary's. */
const ours =
  /\b(10-netplan-00-eni-|07-eni-|60-eni-|50-eni-agent|eni-eth\d|(ifcfg|(if)?route6?|(if)?rule6?|keys|ifsysctl)-eth[1-9])/;
/** The unit of the initscripts prints what `ifup` prints; the scripts name the file in none of it. */
const printer = 'network';
/** NetworkManager and some keys of systemd say it at a lower priority than a warning. */
const doubt = /unknown|ignor|deprecat|obsolete|unsupported|not supported|invalid|removed in|failed to parse/i;

/** Of a journal: the warnings that name one of our files or profiles. The agent's own lines are for a person, and are none. */
export function complaintsIn(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ SYSLOG_IDENTIFIER: who = '', PRIORITY: priority = '6', MESSAGE: text }) =>
    typeof text === 'string' &&
    who !== 'eni-agent' &&
    (who === printer
      ? complaintsOfIfup(text).length > 0
      : ours.test(text) && (Number(priority) <= 4 || doubt.test(text)))
      ? [`${who}: ${text}`]
      : [],
  );
}

/** Of what `ifup` printed, between the lines of its DHCP client: its own warnings, and the errors of the programs that our lines call. */
export function complaintsOfIfup(printed: string): readonly string[] {
  return printed
    .split('\n')
    .filter(
      line =>
        /^(ifup|run-parts|sh|\/\S+):|RTNETLINK|\bwarning\b|\berror\b|cannot/i.test(line) || doubt.test(line),
    );
}

/** What was said since the boot; by ifupdown, which has no journal in the lab, while it booted. */
export async function complaintsOf({ guest }: AgentHost): Promise<readonly string[]> {
  if (guest.image.init === 'none') {
    const printed = readGuestFile(guest, bootLog);
    return printed === undefined ? [`no ${bootLog}`] : complaintsOfIfup(printed);
  }
  const fields = '--output-fields=SYSLOG_IDENTIFIER,PRIORITY,MESSAGE';
  const text = await guestOk(guest, ['journalctl', '--no-pager', '-o', 'json', fields]);
  const entries = text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Entry);
  if (!entries.some(entry => entry.SYSLOG_IDENTIFIER === 'systemd'))
    return [`the journal has ${entries.length} lines, and none of systemd`];
  return complaintsIn(entries);
}
