// dhclient 4.4.1 of Debian 11 has a race: one start in 150 misses the event of its own socket and never reads an answer, while it goes on
// asking (Ubuntu's bug 1926139; its receive queue grows). With some dozens of starts in a run of the tests that is too often, and none of
// it is what they ask. So its program is wrapped: where answers lie unread, it is started again.
import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Beside the wrapper, under the same name, so that the process has it too. */
const folder = 'usr/lib/lab';

/** `ifup` waits until dhclient goes to the background with a lease, which is when the loop ends; with -r it ends by itself. */
const wrapper = `#!/bin/sh
for link; do :; done
for start in 1 2 3; do
  /${folder}/dhclient "$@" &
  pid=$! unread=0
  while kill -0 $pid 2> /dev/null; do
    sleep 0.05
    index=$(cat /sys/class/net/"$link"/ifindex 2> /dev/null)
    # Columns of /proc/net/packet: 5 is the link, 7 the bytes that wait to be read.
    if awk -v link="$index" '$5 == link && $7 > 0 { found = 1 } END { exit !found }' /proc/net/packet; then
      unread=$((unread + 1))
    else
      unread=0
    fi
    if [ $unread -eq 40 ]; then
      kill -9 $pid
      wait $pid
      continue 2
    fi
  done
  wait $pid
  exit
done
`;

/** @param upper the guest's own layer over the tree */
export function watchDhclient(tree: string, upper: string): void {
  // A link to usr/sbin, or not.
  const sbin = relative(realpathSync(tree), realpathSync(join(tree, 'sbin')));
  for (const path of [folder, sbin]) mkdirSync(join(upper, path), { recursive: true });
  copyFileSync(join(tree, sbin, 'dhclient'), join(upper, folder, 'dhclient'));
  writeFileSync(join(upper, sbin, 'dhclient'), wrapper, { mode: 0o755 });
}
