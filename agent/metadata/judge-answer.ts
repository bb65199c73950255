// What counts as metadata and what does not. Applied to every answer, live or replayed, before a parser sees it. Pure.
import type { Response } from './provider.ts';

/** The largest body that is read, in bytes, and also the largest sum of one read of the whole tree. */
export const maxBodyBytes = 512 * 1024;

export function noAnswer(why: string): Response {
  return { status: 0, body: why };
}

/**
 * The answer as a parser may see it. A 200 that carries markup or binary data becomes status 0 with the reason. Cause: captive
 * portals, proxies and the services' own error pages (AWS: XHTML) end in a 200 here and there, and an HTML page read as
 * a list gives "addresses".
 */
export function judgeAnswer(status: number, body: string): Response {
  if (status !== 200) return { status, body };
  if (body.trimStart().startsWith('<')) return noAnswer('answered 200 with an HTML or XML page');
  if (body.includes('\0')) return noAnswer('answered 200 with NUL bytes');
  if (body.length > maxBodyBytes) return noAnswer(`answered more than ${maxBodyBytes / 1024} KiB`);
  return { status, body };
}

/** Why a response carries no value, for a message. */
export function explainStatus(response: Response | undefined): string {
  if (response === undefined) return 'was not asked for';
  // The reason is ours, except in a recording, where it is whatever the file says.
  if (response.status === 0) return `failed: ${response.body.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)}`;
  if (response.status === 200) return 'answered nothing';
  return `answered ${response.status}`;
}
