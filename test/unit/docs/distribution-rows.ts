// The tables of docs/distributions/ as data: one row per system, with what it claims to be verified by.
import { expect } from 'vitest';
import type { BackendName, HostFacts } from '../../../agent/model/host.ts';
import { factsForBackend } from '../../../renderers/releases/lookup.ts';
import { defaultReleases } from '../../../renderers/releases/table.ts';
import { readDocument, section, tableRows } from './documents.ts';

export interface Claim {
  readonly level: string;
  readonly text: string;
  /** Recordings and columns of the matrix that it names. */
  readonly runs: readonly string[];
}

export interface Row {
  readonly system: string;
  readonly releases: readonly string[];
  readonly backend: BackendName;
  readonly service: string;
  readonly files: readonly string[];
  readonly loadedBy: string;
  readonly claims: readonly Claim[];
  readonly cost: string;
}

/** All texts between backticks. */
export function codes(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(m => m[1]!);
}

/** `recorded: ...; matrix: ...`; what does not begin with such a word belongs to the part before it. */
export function claimsOf(cell: string): readonly Claim[] {
  return cell.split(/; (?=[a-z]+: )/).map(part => ({
    level: part.split(':')[0]!,
    text: part,
    runs: codes(part),
  }));
}

function rowOf(cells: readonly string[]): Row {
  const [system = '', backend = '', service = '', files = '', loadedBy = '', verified = '', cost = ''] =
    cells;
  expect(cells, system).toHaveLength(7);
  for (const cell of cells) expect(cell, system).not.toBe('');
  return {
    ...{ system, service, loadedBy, cost, backend: backend as BackendName },
    releases: codes(system),
    files: codes(files),
    claims: claimsOf(verified),
  };
}

/** A page of docs/distributions/: the rows of all its tables, in their order. */
export interface Family {
  readonly title: string;
  /** Relative to docs/. */
  readonly page: string;
  readonly rows: readonly Row[];
}

export const families: readonly Family[] = ['debian-ubuntu', 'red-hat', 'suse'].map(name => {
  const page = `distributions/${name}.md`;
  const text = readDocument(`docs/${page}`);
  const tables = section(text, 'The systems')
    .split(/^### /m)
    .filter(part => part.includes('\n|'));
  return {
    page,
    title: text.slice(2, text.indexOf('\n')),
    rows: tables.flatMap(part => tableRows(part).map(rowOf)),
  };
});

/** Of all families. */
export const rows: readonly Row[] = families.flatMap(family => family.rows);

/** A system that is in no image of a cloud has the files of the backend's default release. */
export function factsOf({ releases, backend }: Row): readonly HostFacts[] {
  const names = releases.length === 0 ? [defaultReleases[backend]] : releases;
  return names.map(name => factsForBackend(backend, name));
}
