// Lists out of metadata bodies: one tolerant splitter for every encoding in the field. It only cuts text into pieces; each piece is
// parsed as an address or a network afterwards, which is where nonsense is found.

/**
 * The entries of a list. Encodings that exist: one per line (AWS), JSON array of strings (Alibaba private-ipv4s, JD Cloud
 * listings), brackets without quotes (Alibaba ipv6s, which is not JSON), a bare value (Alibaba prefixes), CRLF (inside
 * Alibaba's meta-data/all), and any of them with spaces.
 */
export function parseList(body: string): readonly string[] {
  // Brackets and quotes become spaces and not nothing: `"10.0.0.1""0"` must not turn into 10.0.0.10.
  return body
    .replace(/[[\]"]/g, ' ')
    .split(/[,\r\n]/)
    .map(entry => entry.trim())
    .filter(entry => entry !== '');
}

/** Names in a folder listing, without the slash that marks a folder. */
export function parseListing(body: string): readonly string[] {
  return parseList(body).map(name => name.replace(/\/$/, '').trim());
}

/** True for a body that says "empty" (`[]`), which is an answer; a body of nothing at all is not one. */
export function isEmptyList(body: string): boolean {
  return /^\s*\[\s*\]\s*$/.test(body);
}
