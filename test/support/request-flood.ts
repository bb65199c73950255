// A process that listens to a trigger folder as the daemon does, while somebody fills it: how much memory that takes, and how much work a turn is. Run by
// test/unit/system/requests.test.ts: FOLDER COUNT, one JSON line as the answer.
import { writeFileSync } from 'node:fs';
import { realSystem } from '../../agent/system/real-system.ts';
import { openRealWakeups } from '../../agent/system/real-wakeups.ts';

const [folder = '', count = '0'] = process.argv.slice(2);
const wakeups = await openRealWakeups({ requestFolder: folder, configFolders: [], onSignal: () => {} });
const rss = () => process.memoryUsage.rss() / 1024 / 1024;
/** Of the processors: what else the machine does is none of its time. */
const spentMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
const before = rss();
let [most, taken, turns, longestMs] = [before, 0, 0, 0];
// The folder is full before the first look, as for a daemon that was busy.
for (let i = 0; i < Number(count); i++) writeFileSync(`${folder}/request-${i}`, '');
for (let rest = true; turns < Number(count); turns++) {
  const wakes = await wakeups.next(rest ? 0 : 1000);
  if (!rest && !wakes.has('request')) break;
  const began = spentMs();
  const found = await realSystem.takeNames(folder, 256);
  longestMs = Math.max(longestMs, spentMs() - began);
  taken += found.names.length;
  rest = found.hasMore;
  most = Math.max(most, rss());
}
// It still listens.
writeFileSync(`${folder}/last`, '');
const hears = (await wakeups.next(10_000)).has('request');
console.log(JSON.stringify({ grownMb: most - before, taken, turns, longestMs, hears }));
await wakeups.close();
