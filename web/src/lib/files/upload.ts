import type { ApiError } from '../api/ApiError.ts';
import type { Command } from '../api/Command.ts';
import type { Done } from '../api/Done.ts';
import type { ObjectId } from '../api/ObjectId.ts';
import type { ObjectInfo } from '../api/ObjectInfo.ts';
import { Refused } from '../refused.ts';
import { Sha256 } from './sha256.ts';

/** What came back for a piece: from the server, or from something before it (then without `error`). */
export type Answer = {
  status: number;
  /** Bytes that are kept. */
  offset?: number;
  error?: ApiError;
};

export type Ports = {
  /** Rejects with `Refused`; its code is `offline` where nobody answered. */
  command: (command: Command) => Promise<Done>;
  /** Sends a piece. Rejects where nothing came back. */
  patch: (object: ObjectId, offset: number, bytes: Uint8Array, signal: AbortSignal) => Promise<Answer>;
  isOnline: () => boolean;
  /** Resolves once the connection is up; rejects when the signal says so. */
  online: (signal: AbortSignal) => Promise<void>;
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Own time, in ms. */
  now: () => number;
  /** Bytes of a piece that the server takes. */
  most: () => number;
};

/** What is to be uploaded, under an id that was made here. */
export type Source = { client: string; name: string; size: number; blob: Blob };

/** How far it is. `trying`: nobody takes the next piece just now. `checking`: all bytes are there and are looked at. */
export type Progress = { kept: number; phase: 'sending' | 'paused' | 'trying' | 'checking' };

/** Bytes of the first piece. The next ones grow while the line is fast, so that progress is seen on a slow one too. */
const FIRST = 128 * 1_024;
/** A piece is not cut smaller: what refuses this refuses uploads. */
export const LEAST = 16 * 1_024;
/** A piece that took less, in ms, is followed by a larger one; one that took more by a smaller one. */
const QUICK = 500;
const SLOW = 4_000;
/** Attempts in a row that bring nothing, before it is said. */
export const TRIES = 10;
/** Waits between them, in ms; the last one stays. */
const BACKOFF = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** Bytes that are hashed at once where they were not sent from here. */
const READ = 4 * 1_024 * 1_024;

/**
 * Brings a file to the server: begins it, or goes on where it was; sends pieces; has it checked. Waits while there is no
 * connection, and tries again what may work a moment later. Rejects with `Refused` where somebody has to do something.
 */
export function upload(ports: Ports, source: Source, told: (progress: Progress) => void, signal: AbortSignal): Promise<ObjectInfo> {
  return new Upload(ports, source, told, signal).run();
}

class Upload {
  readonly #ports: Ports;
  readonly #source: Source;
  readonly #told: (progress: Progress) => void;
  readonly #signal: AbortSignal;
  #hash = new Sha256();
  #digest: string | undefined;
  #object: ObjectId | undefined;
  /** Bytes of the next piece, and what may not be exceeded: something on the way refused more. */
  #size = FIRST;
  #ceiling = Infinity;
  /** Attempts in a row that brought nothing. */
  #failures = 0;

  constructor(ports: Ports, source: Source, told: (progress: Progress) => void, signal: AbortSignal) {
    this.#ports = ports;
    this.#source = source;
    this.#told = told;
    this.#signal = signal;
  }

  async run(): Promise<ObjectInfo> {
    try {
      return await this.#run();
    } finally {
      // Given up: what is there of it goes at once, or in a day where nobody can be told now.
      if (this.#signal.aborted && this.#object !== undefined) {
        this.#ports.command({ type: 'drop_object', object: this.#object }).catch(() => undefined);
      }
    }
  }

  async #run(): Promise<ObjectInfo> {
    const { name, size, client } = this.#source;
    for (let again = 0; ; again += 1) {
      const begun = await this.#command({ type: 'begin_object', name, size, client }, 0);
      if (begun.state === 'ready') return begun;
      try {
        return await this.#bring(begun);
      } catch (thrown) {
        // It lay too long and was removed, or other bytes were there: from the beginning, once.
        const fresh = thrown instanceof Refused && (thrown.code === 'not_found' || thrown.code === 'object_sha256');
        if (!fresh || this.#signal.aborted) throw thrown;
        if (again > 0) throw thrown.code === 'object_sha256' ? own('file_changed') : thrown;
        this.#hash = new Sha256();
        this.#digest = undefined;
      }
    }
  }

  async #bring(begun: ObjectInfo): Promise<ObjectInfo> {
    let { offset } = begun;
    for (let round = 0; ; round += 1) {
      await this.#pieces(begun.id, offset);
      this.#say(this.#source.size, 'checking');
      this.#digest ??= await this.#whole();
      try {
        return await this.#command({ type: 'finish_object', object: begun.id, sha256: this.#digest }, this.#source.size, 'checking');
      } catch (thrown) {
        // The disk of the server has lost some of it.
        if (!(thrown instanceof Refused) || thrown.code !== 'object_unfinished' || round >= TRIES) throw thrown;
        offset = thrown.limit ?? 0;
      }
    }
  }

  /** Sends what is missing from an offset on. */
  async #pieces(object: ObjectId, offset: number): Promise<void> {
    const { size } = this.#source;
    this.#failures = 0;
    while (offset < size) {
      this.#say(offset, 'sending');
      const length = Math.min(this.#size, this.#ceiling, this.#ports.most());
      const bytes = await this.#read(offset, Math.min(offset + length, size));
      const seen = this.#hash.length - offset;
      if (this.#digest === undefined && seen >= 0 && seen < bytes.length) this.#hash.update(bytes.subarray(seen));
      const began = this.#ports.now();
      const answer = await this.#patch(object, offset, bytes);
      const next = answer && (await this.#after(answer, offset, bytes.length, this.#ports.now() - began));
      if (next === 'whole') return;
      if (next !== undefined) offset = next;
      else if (answer === undefined && !this.#ports.isOnline()) await this.#back(offset);
    }
  }

  async #patch(object: ObjectId, offset: number, bytes: Uint8Array): Promise<Answer | undefined> {
    try {
      return await this.#ports.patch(object, offset, bytes, this.#signal);
    } catch {
      this.#signal.throwIfAborted();
      // Without a connection nobody is to blame; with one, something on the way breaks off what is too large for it.
      if (!this.#ports.isOnline()) return undefined;
      await this.#smaller(offset, bytes.length);
      return undefined;
    }
  }

  /** A piece of this length did not come through. */
  #smaller(offset: number, length: number): Promise<void> {
    this.#size = Math.max(LEAST, Math.floor(length / 2));
    return this.#fail(offset, own('upload_cut'));
  }

  /** Where it goes on; `undefined`: at the same place again. */
  async #after(answer: Answer, offset: number, length: number, took: number): Promise<number | 'whole' | undefined> {
    const { status, error } = answer;
    if (status === 200 && answer.offset !== undefined && answer.offset > offset) {
      this.#failures = 0;
      if (took < QUICK) this.#size = Math.min(this.#size * 2, this.#ports.most());
      else if (took > SLOW) this.#size = Math.max(LEAST, Math.floor(this.#size / 2));
      return answer.offset;
    }
    if (error?.code === 'object_finished') return 'whole';
    if (error?.code === 'offset' && answer.offset !== undefined) {
      // Another tab has sent some of it, or an answer was lost: the server says where.
      if (answer.offset <= offset) await this.#fail(offset, own('conflict'));
      return answer.offset;
    }
    if (status === 413) {
      if (length <= LEAST) throw own('proxy_too_large', LEAST);
      this.#ceiling = Math.max(LEAST, error?.limit ?? Math.floor(length / 2));
      return undefined;
    }
    if (status === 429 || status >= 500) {
      if (error?.kind === 'full') throw new Refused(error);
      await this.#fail(offset, error ? new Refused(error) : own('upload_unavailable'), error?.retry_after);
      return undefined;
    }
    if (status === 408) {
      // The line is slower than a piece of this size needs.
      await this.#smaller(offset, length);
      return undefined;
    }
    if (error) throw new Refused(error);
    if (status === 401) throw new Refused({ kind: 'unauthorized', code: 'not_signed_in', message: 'Not signed in.' });
    // A page of somebody else, such as the sign-in of a hotel's network, or a wall that lets no bytes through.
    if (status >= 400) throw own('proxy_refused');
    await this.#fail(offset, own('proxy_refused'));
    return undefined;
  }

  /** Asks until there is an answer. */
  async #command(command: Command, kept: number, phase: Progress['phase'] = 'sending'): Promise<ObjectInfo> {
    this.#failures = 0;
    for (;;) {
      try {
        const { value } = await this.#ports.command(command);
        if (value.type !== 'object') throw own('other');
        this.#object = value.object.id;
        this.#signal.throwIfAborted();
        return value.object;
      } catch (thrown) {
        this.#signal.throwIfAborted();
        const refused = Refused.from(thrown);
        if (refused.code === 'offline') {
          await this.#back(kept);
          // Online and no answer all the same: not at once again.
          await this.#ports.pause(BACKOFF[0]!, this.#signal);
        } else if (refused.kind === 'too_many' || refused.kind === 'unavailable') {
          await this.#fail(kept, refused, refused.retry_after);
        } else throw refused;
        this.#say(kept, phase);
      }
    }
  }

  /** Counts an attempt that brought nothing and waits; too many in a row are said. */
  async #fail(kept: number, why: Refused, wait?: number): Promise<void> {
    const step = BACKOFF[Math.min(this.#failures, BACKOFF.length - 1)]!;
    this.#failures += 1;
    if (this.#failures >= TRIES) throw why;
    this.#say(kept, 'trying');
    await this.#ports.pause(Math.max(step, wait ?? 0), this.#signal);
  }

  /** Waits for the connection. */
  async #back(kept: number): Promise<void> {
    this.#say(kept, 'paused');
    await this.#ports.online(this.#signal);
  }

  async #read(from: number, to: number): Promise<Uint8Array> {
    this.#signal.throwIfAborted();
    let bytes: ArrayBuffer;
    try {
      bytes = await this.#source.blob.slice(from, to).arrayBuffer();
    } catch {
      throw own('file_unreadable');
    }
    this.#signal.throwIfAborted();
    if (bytes.byteLength !== to - from) throw own('file_unreadable');
    return new Uint8Array(bytes);
  }

  /** The hash of everything; what was not sent from here is read now. */
  async #whole(): Promise<string> {
    const { size } = this.#source;
    while (this.#hash.length < size) {
      this.#hash.update(await this.#read(this.#hash.length, Math.min(this.#hash.length + READ, size)));
    }
    return this.#hash.hex();
  }

  #say(kept: number, phase: Progress['phase']): void {
    this.#told({ kept, phase });
  }
}

/** A refusal that this side says. */
export function own(code: string, limit?: number): Refused {
  return new Refused({ kind: 'invalid', code, message: code, ...(limit === undefined ? {} : { limit }) });
}
