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
