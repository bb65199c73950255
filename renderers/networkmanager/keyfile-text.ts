// GLib's key file dialect as NetworkManager reads it: one section of a name, `key=value`, comments on their own line. Source:
// GKeyFile and nm-settings-keyfile(5). Knows no key of NetworkManager.
import { AgentError } from '../../agent/errors.ts';

/** Undefined values are left out. */
export type KeyfileEntry = readonly [key: string, value: string | number | boolean | undefined];
export interface KeyfileSection {
  readonly name: string;
  readonly entries: readonly KeyfileEntry[];
}

/**
 * @param comment lines for the top, without the `# `
 * @throws AgentError `bug` for a value with characters that GKeyFile would unescape or split (backslash, semicolon), for
 *   anything unprintable, and for a key or a section that is written twice: GKeyFile keeps the last one only
 */
export function encodeKeyfile(comment: readonly string[], sections: readonly KeyfileSection[]): string {
  refuseRepeats(sections.map(section => section.name));
  const blocks = sections.map(section => {
    const entries = section.entries.filter(([, value]) => value !== undefined);
    refuseRepeats(entries.map(([key]) => key));
    return [
      `[${word(section.name)}]`,
      ...entries.map(([key, value]) => `${word(key)}=${plain(String(value))}`),
    ];
  });
  return `${[comment.map(line => `# ${oneLine(line)}`), ...blocks].map(lines => lines.join('\n')).join('\n\n')}\n`;
}

function refuseRepeats(names: readonly string[]): void {
  if (new Set(names).size !== names.length) throw new AgentError('bug', `a keyfile repeats one of ${names}`);
}

function word(text: string): string {
  if (!/^[a-z0-9_-]+$/.test(text)) throw new AgentError('bug', `${JSON.stringify(text)} is no keyfile key`);
  return text;
}

function plain(text: string): string {
  if (!/^[A-Za-z0-9_.:/,= -]*$/.test(text) || text !== text.trim())
    throw new AgentError('bug', `${JSON.stringify(text)} cannot be written to a keyfile`);
  return text;
}

function oneLine(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw new AgentError('bug', `${JSON.stringify(text)} is no comment`);
  return text;
}
