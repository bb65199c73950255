// The options of `npm run package`.
import { parseArgs } from 'node:util';
import { type Artefact, architectures, formats, variants } from './artefacts.ts';

export const usage = `Usage: npm run package -- [--format FORMAT] [--variant VARIANT] [--arch ARCH] [--out DIR]
                          [--maintainer "NAME <ADDRESS>"] [--quick] [--lint]
                          [--check-reproducible]

Makes the packages: all eight, or those that are picked. An option that picks may be given again.

  --format      deb, rpm
  --variant     plain (for glibc 2.28 and later), legacy (brings its own C library)
  --arch        amd64, arm64
  --out         folder for the packages and SHA256SUMS (default: dist/packages)
  --maintainer  who publishes them
  --quick       compress little: in a quarter of the time, a third larger; for tests
  --lint        also run lintian and rpmlint on them; a warning without an override is a failure
  --check-reproducible
                build them a second time from a copy of the checkout in another folder, with another
                umask, and compare byte by byte
  --help        this text

Environment
  SOURCE_DATE_EPOCH   the date in the packages, in seconds since 1970 (default: the last commit's)
`;

/** .invalid is reserved (RFC 2606): that mail goes nowhere. Who publishes packages gives an address. */
const nobody = 'eni-agent packagers <packages@eni-agent.invalid>';

export interface Options {
  readonly artefacts: readonly Artefact[];
  readonly out: string | undefined;
  readonly maintainer: string;
  readonly quick: boolean;
  readonly lint: boolean;
  readonly checkReproducible: boolean;
}

/**
 * Reads the command line.
 * @throws Error that names the option and what it may be.
 */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      format: { type: 'string', multiple: true },
      variant: { type: 'string', multiple: true },
      arch: { type: 'string', multiple: true },
      out: { type: 'string' },
      maintainer: { type: 'string' },
      quick: { type: 'boolean' },
      lint: { type: 'boolean' },
      'check-reproducible': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  if (values.maintainer !== undefined && !/^[^<>\n]+ <[^<>@\s]+@[^<>@\s]+>$/.test(values.maintainer)) {
    throw new Error(`--maintainer is "${values.maintainer}": it must be "NAME <ADDRESS>"`);
  }
  const picked = {
    formats: pick('--format', values.format, formats),
    variants: pick('--variant', values.variant, variants),
    architectures: pick('--arch', values.arch, architectures),
  };
  return {
    artefacts: picked.variants.flatMap(variant =>
      picked.architectures.flatMap(architecture =>
        picked.formats.map(format => ({ format, variant, architecture })),
      ),
    ),
    out: values.out,
    maintainer: values.maintainer ?? nobody,
    quick: values.quick ?? false,
    lint: values.lint ?? false,
    checkReproducible: values['check-reproducible'] ?? false,
  };
}

function pick<Name extends string>(
  option: string,
  given: readonly string[] | undefined,
  known: readonly Name[],
): readonly Name[] {
  const wrong = given?.find(name => !known.includes(name as Name));
  if (wrong !== undefined) throw new Error(`${option} ${wrong}: it must be ${known.join(' or ')}`);
  return given === undefined ? known : known.filter(name => given.includes(name));
}
