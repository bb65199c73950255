// The token rules of each cloud's metadata service, as the emulator enforces them, and its error pages. Statuses: the EC2 user
// guide and the ECS page on instance metadata. The texts of Alibaba's and JD Cloud's errors are not documented: they are short
// plain texts here.
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Response } from '../../agent/metadata/provider.ts';
import { providerNamed } from '../../agent/metadata/registry.ts';
import type { ProviderName } from '../../agent/model/instance.ts';

const longestTtlSeconds = 21_600;

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  503: 'Service Unavailable',
};

/** An answer, and the lifetime that AWS repeats in a header if it is a token. */
export type TokenResponse = Response & { readonly ttl?: string };

/** Tokens that were handed out and when each one ends, in milliseconds since the epoch. */
export class TokenBook {
  readonly #ends = new Map<string, number>();

  /** A new token that is good for `seconds`. */
  issue(seconds: number): string {
    // Real AWS tokens begin with AQA and are URL-safe base64 with padding.
    const token = `AQAAA${randomBytes(38).toString('base64url')}==`;
    this.#ends.set(token, Date.now() + seconds * 1000);
    return token;
  }

  isValid(token: string): boolean {
    return (this.#ends.get(token) ?? 0) > Date.now();
  }

  /** Makes every token invalid at once, as after a restart of the service. */
  expireAll(): void {
    this.#ends.clear();
  }
}

/** Answers PUT. Only the token path of a cloud that has tokens takes one. */
export function answerPut(
  name: ProviderName,
  path: string,
  headers: IncomingHttpHeaders,
  book: TokenBook,
): TokenResponse {
  const protocol = providerNamed(name).token;
  if (protocol === undefined) return errorPage(name, 405);
  // AWS answers a PUT to a dated path (/2021-03-23/api/token) with 403 by design.
  if (name === 'aws' && /^\/\d{4}-\d{2}-\d{2}\/api\/token$/.test(path)) return errorPage(name, 403);
  if (path !== protocol.path) return errorPage(name, 405);
  // Both refuse a request that went through a proxy.
  if (headers['x-forwarded-for'] !== undefined) return errorPage(name, 403);
  const ttl = String(headers[protocol.ttlHeader.toLowerCase()] ?? '');
  const seconds = Number(ttl);
  if (!/^\d{1,6}$/.test(ttl) || seconds < 1 || seconds > longestTtlSeconds) return errorPage(name, 400);
  return { status: 200, body: book.issue(seconds), ttl };
}

/** The refusal of a GET for its token; undefined if it may pass. */
export function refuseGet(
  name: ProviderName,
  required: boolean,
  headers: IncomingHttpHeaders,
  book: TokenBook,
): Response | undefined {
  const protocol = providerNamed(name).token;
  if (protocol === undefined) return undefined;
  const token = headers[protocol.tokenHeader.toLowerCase()];
  if (token === undefined) {
    if (!required) return undefined;
    // The two clouds differ: AWS says 401 to a request without a token, Alibaba Cloud says 403.
    return errorPage(name, name === 'aws' ? 401 : 403);
  }
  return book.isValid(String(token)) ? undefined : errorPage(name, 401);
}

/** The body that the cloud sends with an error. */
export function errorPage(name: ProviderName, status: number): Response {
  const reason = reasons[status] ?? 'Error';
  if (name === 'aws') return { status, body: xhtml(`${status} - ${reason}`) };
  if (name === 'alibaba' && status === 400) return { status, body: 'Missing or Invalid Parameters' };
  return { status, body: `${reason}\n` };
}

function xhtml(title: string): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">',
    '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">',
    '   <head>',
    `      <title>${title}</title>`,
    '   </head>',
    '   <body>',
    `      <h1>${title}</h1>`,
    '   </body>',
    '</html>',
    '',
  ].join('\n');
}
