// The words in which a file of ours says what it contains. Closed: a field that is not named is not read. Optional is what an earlier
// version did not write, and what JSON leaves out because it is undefined.
import * as v from 'valibot';
import { type Cidr, type Ip, type Mac, parseCidr, parseIp, parseMac } from '../model/address.ts';

export type Shape<T> = v.GenericSchema<unknown, T>;

/** For who is to write it: what does not fit could not be read back. */
export function fits<T>(shape: Shape<T>, value: T): boolean {
  return v.is(shape, value);
}

/** Every field of the type has its shape, so that a field that is added later does not compile without one. */
export function shapeOf<T extends object>(fields: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  return v.object(fields as v.ObjectEntries) as unknown as Shape<T>;
}

export const text: Shape<string> = v.string();
/** No line of it can be another one: what becomes a word of a command, or a line of one. */
export const line: Shape<string> = v.pipe(v.string(), v.regex(/^[^\n\r\0]*$/, 'not one line'));
export const flag: Shape<boolean> = v.boolean();
export const number: Shape<number> = v.pipe(v.number(), v.finite());
export const count: Shape<number> = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** ISO time. */
export const time: Shape<string> = v.pipe(
  v.string(),
  v.check(at => !Number.isNaN(Date.parse(at)), 'not a time'),
);
/** As the kernel takes it for the name of a link. */
export const linkName: Shape<string> = v.pipe(v.string(), v.regex(/^[^\s\p{Cc}/]{1,15}$/u, 'not a link'));
export const absolutePath: Shape<string> = v.pipe(
  v.string(),
  v.regex(/^(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)+$/u, 'not an absolute path'),
);

export const mac = parsed<Mac>(parseMac, 'not a MAC address');
export const ip = parsed<Ip>(parseIp, 'not an IP address');
export const cidr = parsed<Cidr>(parseCidr, 'not a network');
export const family: Shape<4 | 6> = v.picklist([4, 6]);

export function literal<const T extends number | string | boolean>(value: T): Shape<T> {
  return v.literal(value);
}

export function oneOf<const T extends string>(values: readonly T[]): Shape<T> {
  return v.picklist(values);
}

export function listOf<T>(item: Shape<T>): Shape<readonly T[]> {
  return v.array(item);
}

export function tableOf<K extends string, T>(key: Shape<K>, value: Shape<T>): Shape<Readonly<Record<K, T>>> {
  const isTable = v.custom(input => !Array.isArray(input), 'a list');
  const table = v.record(key as v.GenericSchema<string, K>, value);
  return v.pipe(isTable, table as unknown as v.GenericSchema<unknown, never>);
}

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return v.optional(shape) as Shape<T | undefined>;
}

/** Where an earlier version did not write it. */
export function withDefault<T>(shape: Shape<T>, value: T): Shape<T> {
  return v.optional(shape, value as never) as Shape<T>;
}

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return v.nullable(shape) as Shape<T | null>;
}

/** One of several objects that a field with this name tells apart. */
export function variantOf<T>(key: string, shapes: readonly Shape<T>[]): Shape<T> {
  return v.variant(key, shapes as never) as unknown as Shape<T>;
}

/** In the very text that the parser gives back. */
function parsed<T extends string>(parse: (text: string) => T | undefined, why: string): Shape<T> {
  return v.custom<T>(input => typeof input === 'string' && parse(input) === input, why);
}
