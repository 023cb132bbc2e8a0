import type { ApiError } from './api/ApiError.ts';
import type { ErrorKind } from './api/ErrorKind.ts';

/** A refusal of the server, or our own when it cannot be reached (`code` is `offline` then). */
export class Refused extends Error implements ApiError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly retry_after?: number;
  readonly limit?: number;

  constructor(error: ApiError) {
    super(error.message);
    this.name = 'Refused';
    this.kind = error.kind;
    this.code = error.code;
    if (error.retry_after !== undefined) this.retry_after = error.retry_after;
    if (error.limit !== undefined) this.limit = error.limit;
  }

  /** The server was not reached, or the connection broke before its answer. */
  static offline(): Refused {
    return new Refused({ kind: 'unavailable', code: 'offline', message: 'The server does not answer.' });
  }

  /** Takes whatever was thrown. */
  static from(thrown: unknown): Refused {
    return thrown instanceof Refused ? thrown : Refused.offline();
  }
}

/** Where the server names no time, in ms. */
const PAUSE = 5_000;
/** However long it asks to wait, in ms: ten minutes. */
const LONGEST = 600_000;

/**
 * In how many ms the same may be asked again because the server could not take it just now; `undefined` where the refusal
 * is an answer, and where nobody was reached: then the connection says when it is back.
 */
export function pauseAfter(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || !('kind' in thrown) || thrown.code === 'offline') return undefined;
  if (thrown.kind !== 'too_many' && thrown.kind !== 'unavailable') return undefined;
  const asked = 'retry_after' in thrown ? Number(thrown.retry_after) : Number.NaN;
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 0), LONGEST) : PAUSE;
}
