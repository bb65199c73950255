// The import statements of a source file, read as text: what the rules of the architecture are checked on. Knows no rule.
import path from 'node:path';

export interface Import {
  readonly from: string;
  /** A path of ours, or the name of a module. */
  readonly to: string;
  /** Nothing of it is there at run time. */
  readonly types: boolean;
}

/** Static, re-exporting, bare and dynamic imports, of types too: a type is knowledge as well. */
export function importsOf(file: string, source: string): readonly Import[] {
  const code = withoutComments(source);
  const found = [
    ...code.matchAll(/^(?:import|export)\s(?<names>[^;'"]*?)\sfrom\s*['"](?<target>[^'"]+)['"]/gm),
    ...code.matchAll(/^import\s*['"](?<target>[^'"]+)['"]/gm),
    ...code.matchAll(/\b(?:import|require)\(\s*['"](?<target>[^'"]+)['"]/g),
  ];
  return found.map(({ groups }) => {
    const { target = '', names = '' } = groups ?? {};
    const to = target.startsWith('.') ? path.join(path.dirname(file), target) : target;
    return { from: file, to, types: isTypes(names) };
  });
}

/** `type { A }`, or `{ type A, type B }`. */
function isTypes(names: string): boolean {
  if (names.startsWith('type ')) return true;
  const list = /^\{([^}]*)\}$/.exec(names.trim())?.[1]?.split(',') ?? [];
  const words = list.map(word => word.trim()).filter(word => word !== '');
  return words.length > 0 && words.every(word => word.startsWith('type '));
}

/** Strings stay: `/*` in a file pattern is no comment. */
export function withoutComments(source: string): string {
  const stringOrComment =
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\/.*|\/\*[\s\S]*?\*\//g;
  return source.replace(stringOrComment, (_all, text: string | undefined) => text ?? '');
}
