// `status --watch`: the same picture again and again. The kernel is read each time, the metadata seldom: its service counts requests.

import { sealed } from '../../log/text.ts';
import { type MetadataSource, openMetadataSource } from '../../metadata/metadata-source.ts';
import type { PassContext } from '../../pass/pass.ts';
import { readDmi } from '../../system/facts/dmi.ts';
import type { CommandContext } from '../command.ts';

const redrawMs = 2000;
const metadataMs = 30_000;

/** Draws until standard output is closed; a signal ends the process as it always does. */
export async function watch(
  { system, screen, print, json }: CommandContext,
  pass: PassContext,
  draw: (pass: PassContext) => Promise<string>,
): Promise<void> {
  const metadata = seldom(openSource(pass), () => system.ticks());
  while (!screen.isClosed()) {
    const text = await draw({ ...pass, metadata });
    print(json ? text : `${separator(screen.isTerminal, system.now())}${text}`);
    await system.sleep(redrawMs);
  }
}

/** Home and clear to the end in one go with the text, so that nothing flickers. */
function separator(isTerminal: boolean, now: number): string {
  const time = new Date(now).toISOString();
  if (!isTerminal) return `--- ${time}\n`;
  return `${sealed('\u001b[H\u001b[J')}${time}, refreshed every 2 s; Ctrl-C to quit\n\n`;
}

function openSource({ system, settings }: PassContext): MetadataSource {
  const { metadata } = settings;
  return openMetadataSource({ ...metadata, readDmi: () => readDmi(system), now: () => system.ticks() });
}

/**
 * Gives the last answer, or the last failure, until it is old. What has gone from the metadata is asked for once more, as a pass wants it,
 * but only once for each answer.
 */
export function seldom(source: MetadataSource, now: () => number): MetadataSource {
  let last: { readonly at: number; readonly answer: ReturnType<MetadataSource['read']> } | undefined;
  let isConfirming = false;
  let isConfirmed = false;
  return {
    read() {
      const isOld = last === undefined || now() - last.at >= metadataMs;
      if (last === undefined || isOld || isConfirming) {
        if (isOld) isConfirmed = false;
        last = { at: last === undefined || isOld ? now() : last.at, answer: source.read() };
        isConfirming = false;
      }
      return last.answer;
    },
    forget() {
      if (isConfirmed) return;
      source.forget();
      isConfirming = true;
      isConfirmed = true;
    },
    close: () => source.close(),
    requests: () => source.requests(),
  };
}
