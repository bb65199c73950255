// The two ways in which a host probe looks at the machine. A probe never fails: what cannot be read or run is a fact that
// is missing, and detection decides with what is left. Knows no backend.
import type { System } from '../system.ts';

/** Bytes; a backend file beyond this is no hand-written network configuration, and is not read into the facts. */
export const maxFileSize = 64 * 1024;

/**
 * Milliseconds for one probe command. nmcli and networkctl wait for their daemon on D-Bus; a daemon that does not answer
 * within this time is treated as one that says nothing.
 */
const probeTimeoutMs = 5000;

/** Same form as the link names that are written to files; a leading dash would be read as an option by every tool. */
const linkName = /^(?!-)(?!\.{1,2}$)[a-zA-Z0-9_.-]{1,15}$/;

export function isLinkName(text: string | undefined): text is string {
  return text !== undefined && linkName.test(text);
}

/** The file as text; undefined if it is missing, unreadable, binary or larger than `maxFileSize`. */
export async function readQuietly(system: System, path: string): Promise<string | undefined> {
  return (await readBounded(system, path)).text;
}

/** The same for who has to know why there is no text: `isTooMuch` where the file is there, but binary or too large. */
export async function readBounded(
  system: System,
  path: string,
): Promise<{ readonly text: string | undefined; readonly isTooMuch: boolean }> {
  try {
    const text = await system.readFile(path);
    const isTooMuch = text !== undefined && (text.length > maxFileSize || text.includes('\0'));
    return { text: isTooMuch ? undefined : text, isTooMuch };
  } catch {
    return { text: undefined, isTooMuch: false };
  }
}

/** Names in a folder, sorted; empty if it is missing or unreadable. */
export async function listQuietly(system: System, path: string): Promise<readonly string[]> {
  try {
    return await system.listFolder(path);
  } catch {
    return [];
  }
}

export async function existsQuietly(system: System, path: string): Promise<boolean> {
  try {
    return await system.exists(path);
  } catch {
    return false;
  }
}

/** True if one of the paths exists; asks in order and stops at the first. */
export async function anyExists(system: System, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (await existsQuietly(system, path)) return true;
  return false;
}

/** Standard output of a command that ended with 0; undefined for a failure, a missing program (127) or a deadline (124). */
export async function runQuietly(
  system: System,
  argv: readonly [string, ...string[]],
  timeoutMs = probeTimeoutMs,
): Promise<string | undefined> {
  try {
    const result = await system.run(argv, { timeoutMs });
    return result.exitCode === 0 ? result.stdout : undefined;
  } catch {
    return undefined;
  }
}
