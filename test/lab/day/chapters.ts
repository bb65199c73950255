// What happens on an ordinary day between the installation and the removal. Each chapter leaves the machine as it found it.
import { byHand } from './by-hand.ts';
import type { Day, DayImage } from './day.ts';
import { driftTwice } from './drift-twice.ts';
import { tellJournal } from './journal.ts';
import { liveOnly } from './live-only.ts';
import { removeForGood } from './remove-for-good.ts';
import { serviceBroken } from './service-broken.ts';
import { serviceTrouble } from './service-trouble.ts';
import { tellWatchdog } from './watchdog.ts';
import { withoutRoot } from './without-root.ts';
import { wrongConfig } from './wrong-config.ts';

export interface Chapter {
  readonly name: string;
  readonly tell: (day: Day) => Promise<void>;
  /** Images that have such a thing; all unless told. */
  readonly images?: readonly DayImage[];
}

export const chapters: readonly Chapter[] = [
  { name: 'a second change in the middle of a repair', tell: driftTwice },
  { name: 'netplan: networkd must not be made to load its files', tell: liveOnly, images: ['netplan'] },
  { name: 'monitoring without root', tell: withoutRoot },
  { name: 'the network service, the primary, a section: doctor names what it is', tell: serviceTrouble },
  { name: 'a configuration that is not valid', tell: wrongConfig },
  { name: 'work by hand, and what is on record', tell: byHand },
  { name: 'the journal', tell: tellJournal },
  { name: 'the network service does not work', tell: serviceBroken },
  { name: 'removed beside the daemon, and for good', tell: removeForGood },
  { name: 'a daemon that hangs', tell: tellWatchdog },
];

export function chaptersOf(image: DayImage): readonly Chapter[] {
  return chapters.filter(({ images }) => images === undefined || images.includes(image));
}
