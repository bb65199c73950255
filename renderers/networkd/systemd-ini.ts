// The INI dialect of systemd: sections may repeat and keep their order, `Key=value` without quoting. Source: systemd.syntax(7).
// Knows no key of any program.
import { AgentError } from '../../agent/errors.ts';

/** Undefined values are left out, so that a caller can write a key by condition. */
export type SystemdEntry = readonly [key: string, value: string | number | undefined];
/** A string is a comment line above the section. */
export interface SystemdSection {
  readonly name: string;
  readonly comment?: string;
  readonly entries: readonly SystemdEntry[];
}

/**
 * @param comment lines for the top, without the `# `
 * @param sections sections without entries are left out: `[Match]` with nothing in it would match every link
 * @throws AgentError `bug` for a value that the format cannot carry in one line as it stands
 */
export function encodeSystemdIni(comment: readonly string[], sections: readonly SystemdSection[]): string {
  const blocks = sections
    .map(section => ({
      ...section,
      entries: section.entries.filter(([, value]) => value !== undefined),
    }))
    .filter(section => section.entries.length > 0)
    .map(section => [
      ...(section.comment === undefined ? [] : [`# ${oneLine(section.comment)}`]),
      `[${word(section.name)}]`,
      ...section.entries.map(([key, value]) => `${word(key)}=${plain(String(value))}`),
    ]);
  return `${[comment.map(line => `# ${oneLine(line)}`), ...blocks].map(lines => lines.join('\n')).join('\n\n')}\n`;
}

function word(text: string): string {
  if (!/^[A-Za-z0-9]+$/.test(text)) throw new AgentError('bug', `${JSON.stringify(text)} is no systemd key`);
  return text;
}

/** `%` would be a specifier and a backslash at the end a continued line, so neither is ever let through. */
function plain(text: string): string {
  if (!/^[A-Za-z0-9_.:/-]*$/.test(text))
    throw new AgentError('bug', `${JSON.stringify(text)} cannot be written to a systemd file`);
  return text;
}

function oneLine(text: string): string {
  // A comment that ends in a backslash would swallow the next line.
  if (/[\u0000-\u001f\u007f]|\\$/.test(text))
    throw new AgentError('bug', `${JSON.stringify(text)} is no comment line`);
  return text;
}
