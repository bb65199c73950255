// A file that the agent has written and reads back. Whatever stands there, the reader gets what he declared, or hears by name that he
// does not: a full disk, an edit by hand, a file of a later version and a planted one are all the same to him.
import * as v from 'valibot';
import { AgentError, reasonOf } from '../errors.ts';
import { isDenied } from '../system/look-only.ts';
import type { System } from '../system/system.ts';

export interface OwnFile<T> {
  readonly path: string;
  /** Closed: what it does not name is not read. */
  readonly shape: v.GenericSchema<unknown, T>;
}

/** Most passes read what the last one has read. */
const known = new WeakMap<OwnFile<unknown>, { readonly text: string; readonly value: unknown }>();

/** Undefined: there is none. Throws `state-unreadable` (not ours, no JSON, another shape), `file-failed`. */
export async function readOwn<T>(system: System, file: OwnFile<T>): Promise<T | undefined> {
  const text = await system.readOwn(file.path);
  if (text === undefined) return undefined;
  const before = known.get(file);
  if (before?.text === text) return before.value as T;
  const value = parseOwn(file, text);
  known.set(file, { text, value });
  return value;
}

/** For what is only a memory: undefined also where it cannot be used. It is written anew in any case. Never throws. */
export async function recall<T>(system: System, file: OwnFile<T>): Promise<T | undefined> {
  try {
    return await readOwn(system, file);
  } catch (error) {
    if (error instanceof AgentError && (error.code === 'state-unreadable' || isDenied(error)))
      return undefined;
    throw error;
  }
}

/** So many characters of why: it quotes what is there. */
const mostShown = 200;

/** Throws `state-unreadable` that names the file, the place and what is wrong. */
export function parseOwn<T>({ path, shape }: OwnFile<T>, text: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AgentError('state-unreadable', `cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  const result = v.safeParse(shape, json, { abortEarly: true });
  if (result.success) return inOrderOf(json, result.output) as T;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  const why =
    issue.input === undefined
      ? 'is missing'
      : `is not what it should be (${issue.message.slice(0, mostShown)})`;
  throw new AgentError(
    'state-unreadable',
    `cannot read ${path}: ${place?.slice(0, mostShown) ?? 'all of it'} ${why}`,
  );
}

/**
 * Values are the same if they are in the same order (model/value.ts), and the library gives fields in that of the shape. In place: what it gives
 * is nobody else's.
 */
function inOrderOf(found: unknown, checked: unknown): unknown {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  // What an earlier version has not written has its default.
  if (!isObject(checked) || !isObject(found)) return checked;
  const [before, values] = [found as Record<string, unknown>, checked as Record<string, unknown>];
  const names = Object.keys(values);
  for (const name of names) values[name] = inOrderOf(before[name], values[name]);
  if (Array.isArray(checked)) return checked;
  const written = Object.keys(before);
  if (names.every((name, index) => name === written[index])) return checked;
  const ordered = new Set([...written.filter(name => Object.hasOwn(values, name)), ...names]);
  return Object.fromEntries([...ordered].map(name => [name, values[name]]));
}
