import type { ApiError } from './api/ApiError.ts';
import { Refused } from './refused.ts';

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** Where every address of the API begins. */
export const PREFIX = '/v1/skein';

/** Longest wait for an answer, in ms (the design's error state). */
const PATIENCE = 10_000;
/**
 * The same for what changes something: longer than the server itself waits for its turn to write (40 s), so that nobody reads of
 * a failure, and presses again, while it is still being done.
 */
const PATIENCE_OF_A_CHANGE = 45_000;
/** After so long the reader is told that a change is still under way, in ms. */
const LONG = 4_000;
/** Before asking again, in ms: when an address comes or goes, Chromium ends whatever is under way. */
const PAUSE = 300;

/** Skein's own API over HTTP; the cookie goes along by itself. */
export class Http {
  /** Is given the answer to a change that is long in coming. */
  slow: ((answer: Promise<unknown>) => void) | undefined;
  readonly #fetch: Fetch;
  readonly #pause: (ms: number) => Promise<unknown>;

  constructor(fetch: Fetch, pause: (ms: number) => Promise<unknown> = after) {
    this.#fetch = fetch;
    this.#pause = pause;
  }

  /** Reads; `path` follows the prefix. Asks twice if the connection breaks, unless the caller comes back by itself. */
  get<T>(path: string, twice = true): Promise<T> {
    return this.#ask<T>(path, { method: 'GET' }, twice, PATIENCE);
  }

  /** Changes something. `twice`: to ask again does no harm if the connection breaks. */
  post<T>(path: string, body: unknown, twice = false): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.#change<T>(path, { method: 'POST', headers, body: JSON.stringify(body) }, twice);
  }

  /** Takes something away; to ask again does no harm. */
  remove(path: string): Promise<unknown> {
    return this.#change(path, { method: 'DELETE' }, true);
  }

  async #change<T>(path: string, init: RequestInit, twice: boolean): Promise<T> {
    const answer = this.#ask<T>(path, init, twice, PATIENCE_OF_A_CHANGE);
    const timer = setTimeout(() => this.slow?.(answer), LONG);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A second attempt has as long as the first: that one broke, it did not run out. */
  async #ask<T>(path: string, init: RequestInit, twice: boolean, patience: number): Promise<T> {
    let response: Response;
    let text: string;
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), patience);
    try {
      response = await this.#fetch(PREFIX + path, {
        ...init,
        credentials: 'same-origin',
        cache: 'no-store',
        signal: ending.signal,
      });
      text = await response.text();
    } catch {
      // Nobody answered in time: the reader has waited long enough.
      if (!twice || ending.signal.aborted) throw Refused.offline();
      await this.#pause(PAUSE);
      return this.#ask<T>(path, init, false, patience);
    } finally {
      clearTimeout(timer);
    }
    const body = parse(text);
    if (response.ok) return body as T;
    throw isApiError(body) ? new Refused(body) : unexplained(response.status);
  }
}

function after(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isApiError(body: unknown): body is ApiError {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
}

/** Something between us and the server answered, in words of its own. */
function unexplained(status: number): Refused {
  if (status === 401) return new Refused({ kind: 'unauthorized', code: 'not_signed_in', message: 'Not signed in.' });
  if (status === 429) return new Refused({ kind: 'too_many', code: 'too_many', message: 'Too many.' });
  if (status === 413) return new Refused({ kind: 'too_large', code: 'too_large', message: 'Too large.' });
  if (status >= 500) return new Refused({ kind: 'unavailable', code: 'unavailable', message: 'Not available.' });
  return new Refused({ kind: 'invalid', code: 'bad_request', message: `The server answered ${status}.` });
}
