// What `ip` and ping print, and what the kernel keeps as text.

import { ruleByHand } from '../../../agent/coexistence/by-hand.ts';
import { findContainerNetworks } from '../../../agent/coexistence/container-network.ts';
import type { Ip } from '../../../agent/model/address.ts';
import { parseDefaultLink, parseRouteTable } from '../../../agent/system/facts/owners.ts';
import { splitListings } from '../../../agent/system/kernel/ip-batch.ts';
import { parseAddresses, parseLinks } from '../../../agent/system/kernel/ip-links.ts';
import { parseRoutes } from '../../../agent/system/kernel/ip-routes.ts';
import { parseRules } from '../../../agent/system/kernel/ip-rules.ts';
import { parseNames } from '../../../agent/system/kernel/ip-words.ts';
import { parseNeighbours } from '../../../agent/system/kernel/neighbours.ts';
import { readOutcome } from '../../../agent/system/kernel/pings.ts';
import { parseProbe } from '../../../agent/system/kernel/probe.ts';
import { readKernelState } from '../../../agent/system/kernel/reader.ts';
import { lookUpRoutes } from '../../../agent/system/kernel/route-lookups.ts';
import { smallHost } from '../../unit/hosts/small-host.ts';
import { partsOf, type Target } from '../target.ts';

const names = new Map([
  ['main', 254],
  ['local', 255],
  ['eni', 28000],
]);

/** The whole state, with the text as the answer to each listing, `@@ 4` and `@@ 6`, and `@@ PATH` for a file. */
async function readState(text: string): Promise<void> {
  const parts = partsOf(text, '4');
  const files = Object.fromEntries([...parts].filter(([name]) => name.startsWith('/')));
  const four = parts.get('4') ?? '';
  const six = parts.get('6') ?? '';
  const host = smallHost(files, {
    ...{
      'ip -4 -o -d -batch -': four,
      'ip -6 -o -batch -': six,
      'ip -d -o link show': four,
      'ip -4 rule show': four,
      'ip -6 rule show': six,
    },
    ...{
      'ip -4 -o addr show': four,
      'ip -6 -o addr show': six,
      'ip -4 -o route show table all': four,
      'ip -6 -o route show table all': six,
    },
  });
  const kernel = await readKernelState(host.system);
  findContainerNetworks([], kernel);
  ruleByHand(kernel, ['eth1'], () => false);
}

const questions = [
  { from: '10.0.1.4' as Ip, to: '10.0.1.1' as Ip },
  { from: '10.0.2.4' as Ip, to: '10.0.9.1' as Ip },
  { from: '2001:db8::4' as Ip, to: '2001:db8::1' as Ip },
];

/** `@@ out` and `@@ err`. */
async function readAnswers(text: string): Promise<void> {
  const parts = partsOf(text, 'out');
  const answer = { stdout: parts.get('out') ?? '', stderr: parts.get('err') ?? '' };
  const commands = { 'ip -4 -o -force -batch -': answer, 'ip -6 -o -force -batch -': answer };
  const answers = await lookUpRoutes(smallHost({}, commands).system, questions);
  if (answers.length !== questions.length) throw new Error(`${answers.length} answers`);
  readOutcome(2, answer.stderr);
}

export const kernelTargets: readonly Target[] = [
  {
    name: 'ip-listings',
    dictionary: 'ip',
    covers: [
      'agent/system/kernel/reader',
      'agent/system/kernel/ip-',
      'agent/coexistence/container',
      'agent/coexistence/by-hand',
    ],
    run: async text => {
      await readState(text);
      splitListings(text);
      parseLinks(text, names);
      parseAddresses(text, 4);
      for (const family of [4, 6] as const) {
        parseRoutes(text, family, names);
        parseRules(text, family, names, names);
      }
    },
  },
  {
    name: 'ip-answers',
    dictionary: 'ip',
    covers: ['agent/system/kernel/route-lookups', 'agent/system/kernel/pings'],
    run: readAnswers,
  },
  {
    name: 'ip-small',
    dictionary: 'ip',
    covers: ['agent/system/kernel/neighbours', 'agent/system/kernel/probe', 'agent/system/kernel/ip-words'],
    run: text => {
      parseNeighbours(text);
      parseProbe(text);
      parseNames(text);
      parseDefaultLink(text);
      parseRouteTable(text);
    },
  },
];
