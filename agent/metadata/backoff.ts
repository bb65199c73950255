// When a request that failed is sent again.
import type { Exchange } from './send-request.ts';

const firstBackoffMs = 200;
/** A service that asks for more patience than this is asked again by the next pass. */
const longestBackoffMs = 2000;

/** How long to wait before the next attempt, in milliseconds; undefined if another attempt is no use. */
export function backoffMs(exchange: Exchange, attempt: number): number | undefined {
  const again =
    exchange.kind === 'failure' ? exchange.again : exchange.status === 429 || exchange.status === 503;
  if (!again) return undefined;
  const asked = exchange.kind === 'answer' ? parseRetryAfter(exchange.retryAfter) : undefined;
  // Jitter, because all VMs of a host ask again at the same moment after an outage.
  const own = firstBackoffMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
  return Math.min(asked ?? own, longestBackoffMs);
}

/** Retry-After in milliseconds: seconds or an HTTP date. Undefined if it is missing or neither. */
function parseRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text.trim())) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
