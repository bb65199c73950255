// What must not leave a machine is taken out of every text of the archive, wherever it comes from: values of keys that hold secrets, and
// words that look like a token or a key. Better a harmless word too many. Pure.
import { isMarked } from '../../renderers/renderer.ts';
import { maskSecrets } from '../system/facts/files.ts';

const removed = '[removed]';

/** AWS's access keys; `Bearer X`; a private key or a certificate as text. */
const known = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bBearer\s+\S+/gi,
  /-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g,
] as const;

/** Such as a session token of a metadata service: base64, also the form for URLs. */
const longWord = /[A-Za-z0-9+/_-]{24,}={0,2}/g;

export function redact(text: string): string {
  const plain = known.reduce(
    (rest, pattern) => rest.replace(pattern, removed),
    maskTokens(maskPhrases(maskSecrets(text))),
  );
  return plain.replace(longWord, word => (isRandom(word) ? removed : word));
}

/** A phrase of several words, as it stands in a keyfile or in YAML. Bounded, as below: a text of anybody's takes no longer than its length. */
function maskPhrases(text: string): string {
  return text.replace(
    /^([ \t]*[\w.-]{0,64}(?:psk|passw(?:or)?d|passphrase|secret)[\w.-]{0,64}[ \t]{0,64}[:=][ \t]{0,64})[^\s"'].*$/gim,
    `$1${removed}`,
  );
}

/** `token=X`, `"X-aws-ec2-metadata-token": "X"`, `credentials: X` */
function maskTokens(text: string): string {
  return text.replace(
    /([\w.-]{0,64}(?:token|credential)s?["']?\s{0,64}[:=]\s{0,64})("[^"\n]*"|'[^'\n]*'|[^\s,}]+)/gi,
    (all, key: string, value: string) =>
      /^["']?(required|optional|null|true|false)\b/.test(value) ? all : `${key}${removed}`,
  );
}

/** A part of a path has no capitals and digits and small letters over that length; base64 has. */
function isRandom(word: string): boolean {
  return word
    .split('/')
    .some(part => part.length >= 20 && /[a-z]/.test(part) && /[A-Z]/.test(part) && /\d/.test(part));
}

/** The same value without the content of files that are not the agent's: every object with a `path`, and `before` or `after`. */
export function withoutForeign(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutForeign);
  if (typeof value !== 'object' || value === null) return value;
  const isFile = 'path' in value && ('before' in value || 'after' in value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isContent = isFile && (key === 'before' || key === 'after') && typeof item === 'string';
      return [key, isContent ? ownOnly(item) : withoutForeign(item)];
    }),
  );
}

function ownOnly(content: string): string {
  return isMarked(content) ? content : `[${content.length} characters of a file that is not eni-agent's]`;
}
