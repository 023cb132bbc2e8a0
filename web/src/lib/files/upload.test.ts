import { Blob as NodeBlob } from 'node:buffer';
import { createHash } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { ApiError } from '../api/ApiError.ts';
import type { Command } from '../api/Command.ts';
import type { Done } from '../api/Done.ts';
import type { ObjectInfo } from '../api/ObjectInfo.ts';
import { Refused } from '../refused.ts';
import { settle } from '../testing.ts';
import { LEAST, TRIES, upload, type Answer, type Ports, type Progress } from './upload.ts';

beforeEach(() => vi.useFakeTimers({ now: 1_000 }));
afterEach(() => vi.useRealTimers());

/** Bytes of a file; those of the DOM of these tests cannot be read. */
const blobOf = (bytes: Uint8Array<ArrayBuffer>): Blob => new NodeBlob([bytes]) as unknown as Blob;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const some = (size: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
const apiError = (code: string, more: Partial<ApiError> = {}): ApiError => ({ kind: 'invalid', code, message: code, ...more });
const refuse = (code: string, more: Partial<ApiError> = {}): Promise<never> => Promise.reject(new Refused(apiError(code, more)));

/** A server as it behaves: bytes at the exact offset, a hash at the end; and whatever stands between. */
class Server {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  info: ObjectInfo | undefined;
  online = true;
  readonly commands: Command['type'][] = [];
  /** Where pieces began, and how long they were. */
  readonly pieces: [number, number][] = [];
  /** What happens to a piece instead, as long as it says something. */
  between: (offset: number, length: number) => Answer | Error | undefined = () => undefined;
  /** The same for commands. */
  refuses: (command: Command) => Promise<never> | undefined = () => undefined;
  /** How long a piece is under way, in ms. */
  takes = 1_000;
  #waiting: (() => void)[] = [];
  readonly told: Progress[] = [];
  readonly abort = new AbortController();

  readonly ports: Ports = {
    command: (command) => this.#command(command),
    patch: async (_object, offset, bytes, signal) => {
      this.pieces.push([offset, bytes.length]);
      await this.ports.pause(this.takes, signal);
      const other = this.online ? this.between(offset, bytes.length) : new Error('no network');
      if (other instanceof Error) throw other;
      if (other) return other;
      if (offset !== this.bytes.length) return { status: 409, offset: this.bytes.length, error: apiError('offset', { kind: 'conflict' }) };
      this.bytes = Uint8Array.from(Buffer.concat([this.bytes, bytes]));
      return { status: 200, offset: this.bytes.length };
    },
    isOnline: () => this.online,
    online: () => (this.online ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))),
    pause: (ms, signal) =>
      new Promise((resolve, reject) => {
        setTimeout(resolve, ms);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
    now: () => Date.now(),
    most: () => 960 * 1_024,
  };

  back(): void {
    this.online = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  run(bytes: Uint8Array<ArrayBuffer>, blob = blobOf(bytes)): { done: () => ObjectInfo | undefined; refused: () => string | undefined } {
    let done: ObjectInfo | undefined;
    let refused: string | undefined;
    const source = { client: 'u1', name: 'goose.jpg', size: bytes.length, blob };
    upload(this.ports, source, (progress) => this.told.push(progress), this.abort.signal).then(
      (object) => (done = object),
      (thrown: unknown) => (refused = this.abort.signal.aborted ? 'aborted' : Refused.from(thrown).code),
    );
    return { done: () => done, refused: () => refused };
  }

  async #command(command: Command): Promise<Done> {
    this.commands.push(command.type);
    if (!this.online) throw Refused.offline();
    const refusal = this.refuses(command);
    if (refusal) return refusal;
    if (command.type === 'begin_object') {
      this.info ??= { id: 'o1', name: command.name, size: command.size, state: 'uploading', offset: 0, picture: false, preview: false };
      return this.#object();
    }
    if (command.type === 'finish_object' && this.info) {
      if (this.bytes.length < this.info.size) return refuse('object_unfinished', { kind: 'conflict', limit: this.bytes.length });
      if (command.sha256 !== sha256(this.bytes)) {
        this.bytes = new Uint8Array();
        return refuse('object_sha256', { kind: 'conflict' });
      }
      this.info = { ...this.info, state: 'ready', sha256: command.sha256 };
      return this.#object();
    }
    return { value: { type: 'none' } };
  }

  #object(): Done {
    return { value: { type: 'object', object: { ...this.info!, offset: this.bytes.length } } };
  }
}

/** Lets time pass until nothing more comes of it. */
async function passes(ms = 600_000): Promise<void> {
  // Reading a blob is not of virtual time.
  for (let left = ms; left > 0; left -= 5_000) {
    await vi.advanceTimersByTimeAsync(5_000);
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await settle();
  }
}

describe('an upload', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000, toFake: ['setTimeout', 'clearTimeout', 'Date'] }));

  it('sends pieces one after another and says what is kept, never more', async () => {
    const server = new Server();
    const bytes = some(500_000);
    const { done } = server.run(bytes);
    await passes(60_000);
    expect(done()?.sha256).toBe(sha256(bytes));
    expect(server.pieces.map(([offset]) => offset)).toEqual([0, 131_072, 262_144, 393_216]);
    expect(server.told.filter(({ phase }) => phase === 'sending').map(({ kept }) => kept)).toEqual([0, 131_072, 262_144, 393_216]);
    expect(server.told.at(-1)).toEqual({ kept: 500_000, phase: 'checking' });
    expect(server.commands).toEqual(['begin_object', 'finish_object']);
  });

  it('sends larger pieces while the line is quick, and smaller ones where it is slow', async () => {
    const quick = new Server();
    quick.takes = 10;
    quick.run(some(3_000_000));
    await passes(60_000);
    expect(quick.pieces.map(([, length]) => length).slice(0, 4)).toEqual([131_072, 262_144, 524_288, 960 * 1_024]);
    const slow = new Server();
    slow.takes = 5_000;
    slow.run(some(200_000));
    await passes(60_000);
    expect(slow.pieces.map(([, length]) => length)).toEqual([131_072, 65_536, 3_392]);
  });

  it('goes on where the server is: after a reload, another tab, a lost answer', async () => {
    const bytes = some(400_000);
    const server = new Server();
    server.bytes = bytes.slice(0, 150_000);
    const reloaded = server.run(bytes);
    // While it sends, another tab brings it further; and one answer is lost although the piece was kept.
    server.between = (offset, length) => {
      if (offset === 150_000) server.bytes = bytes.slice(0, 300_000);
      if (offset !== 300_000 || server.bytes.length > 300_000) return undefined;
      server.bytes = bytes.slice(0, offset + length);
      return new Error('reset');
    };
    await passes(120_000);
    expect(server.pieces.map(([offset]) => offset)).toEqual([150_000, 300_000, 300_000]);
    expect(reloaded.done()?.sha256).toBe(sha256(bytes));
  });

  it('waits while there is no connection, however long, and goes on by itself', async () => {
    const server = new Server();
    const { done, refused } = server.run(some(300_000));
    server.between = (offset) => {
      if (offset === 131_072 && server.pieces.length === 2) server.online = false;
      return server.online ? undefined : new Error('gone');
    };
    await passes(3_600_000);
    expect([done(), refused()]).toEqual([undefined, undefined]);
    expect(server.pieces).toHaveLength(2);
    expect(server.told.at(-1)).toEqual({ kept: 131_072, phase: 'paused' });
    server.back();
    await passes(30_000);
    expect(done()?.state).toBe('ready');
  });

  it('says that the way breaks off where pieces never arrive although there is a connection, after trying smaller ones', async () => {
    const server = new Server();
    server.between = () => new Error('reset by a proxy');
    const { refused } = server.run(some(300_000));
    await passes();
    expect(refused()).toBe('upload_cut');
    expect(server.pieces).toHaveLength(TRIES);
    expect(server.pieces.map(([, length]) => length).slice(0, 4)).toEqual([131_072, 65_536, 32_768, LEAST]);
  });

  it('gives smaller pieces where a server or a proxy says that they come too slowly', async () => {
    const server = new Server();
    server.takes = 10;
    const answers = [{ status: 408, error: { kind: 'invalid' as const, code: 'too_slow' as const, message: 'Too slow.' } }, { status: 408 }];
    server.between = (offset) => (offset > 0 ? answers.shift() : undefined);
    const { done, refused } = server.run(some(400_000));
    await passes(60_000);
    expect([done()?.state, refused()]).toEqual(['ready', undefined]);
    const [first, second, third] = server.pieces.slice(1).map(([, length]) => length);
    expect([second, third]).toEqual([(first ?? 0) / 2, (first ?? 0) / 4]);
  });

  it('finds what a proxy lets through, and names the limit where that is nothing', async () => {
    const server = new Server();
    const page = { status: 413 };
    server.takes = 10;
    server.between = (_, length) => (length > 100_000 ? page : undefined);
    const through = server.run(some(400_000));
    await passes(60_000);
    expect(through.done()?.state).toBe('ready');
    // Found once, it is not tried again.
    expect(server.pieces.filter(([, length]) => length > 100_000)).toHaveLength(1);

    const wall = new Server();
    wall.between = () => page;
    const stuck = wall.run(some(400_000));
    await passes(60_000);
    expect(stuck.refused()).toBe('proxy_too_large');
    expect(wall.pieces.map(([, length]) => length)).toEqual([131_072, 65_536, 32_768, LEAST]);
  });

  it.each([
    ['a gateway that is down', { status: 502 }, 'upload_unavailable', TRIES],
    ['a page of a hotel', { status: 200 }, 'proxy_refused', TRIES],
    ['a wall', { status: 403 }, 'proxy_refused', 1],
    ['a full disk', { status: 507, error: apiError('disk_full', { kind: 'full' }) }, 'disk_full', 1],
    ['the end of the sign-in', { status: 401 }, 'not_signed_in', 1],
    ['more than was begun', { status: 409, error: apiError('object_size', { kind: 'conflict' }) }, 'object_size', 1],
    ['an offset that stands still', { status: 409, offset: 0, error: apiError('offset', { kind: 'conflict' }) }, 'conflict', TRIES],
  ] as const)('ends at %s with a reason', async (_, answer: Answer, code, attempts) => {
    const server = new Server();
    server.between = () => answer;
    const { refused } = server.run(some(200_000));
    await passes();
    expect(refused()).toBe(code);
    expect(server.pieces).toHaveLength(attempts);
  });

  it('waits as long as a busy server asks, and counts anew after a piece that arrived', async () => {
    const server = new Server();
    let busy = 0;
    server.between = () => {
      busy += 1;
      return busy % TRIES === 0 ? undefined : { status: 429, error: apiError('too_many', { kind: 'too_many', retry_after: 7_000 }) };
    };
    const { done } = server.run(some(250_000));
    const began = Date.now();
    await passes(1_200_000);
    expect(done()?.state).toBe('ready');
    expect(busy).toBe(2 * TRIES);
    expect(Date.now() - began).toBeGreaterThan(2 * (TRIES - 1) * 7_000);
  });

  it('begins again at nought where other bytes were there, once', async () => {
    const bytes = some(200_000);
    const server = new Server();
    server.bytes = Uint8Array.from(bytes.slice(0, 90_000), (byte) => byte ^ 1);
    const { done } = server.run(bytes);
    await passes(60_000);
    expect(done()?.sha256).toBe(sha256(bytes));
    expect(server.pieces[0]?.[0]).toBe(90_000);
    expect(server.commands).toEqual(['begin_object', 'finish_object', 'begin_object', 'finish_object']);

    const never = new Server();
    never.refuses = (command) => (command.type === 'finish_object' ? ((never.bytes = new Uint8Array()), refuse('object_sha256', { kind: 'conflict' })) : undefined);
    const changed = never.run(bytes);
    await passes(60_000);
    expect(changed.refused()).toBe('file_changed');
  });

  it('sends what the disk of the server has lost', async () => {
    const bytes = some(150_000);
    const server = new Server();
    let lost = false;
    server.refuses = (command) => {
      if (command.type !== 'finish_object' || lost) return undefined;
      lost = true;
      server.bytes = server.bytes.slice(0, 40_000);
      return refuse('object_unfinished', { kind: 'conflict', limit: 40_000 });
    };
    const { done } = server.run(bytes);
    await passes(60_000);
    expect(done()?.sha256).toBe(sha256(bytes));
    expect(server.pieces.map(([offset]) => offset)).toEqual([0, 131_072, 40_000]);
  });

  it('asks for the end again where no answer came, and takes what was finished before', async () => {
    const server = new Server();
    let silent = 3;
    server.refuses = (command) => (command.type === 'finish_object' && (silent -= 1) >= 0 ? Promise.reject(Refused.offline()) : undefined);
    const { done } = server.run(some(1_000));
    await passes(60_000);
    expect(done()?.state).toBe('ready');
    const again = server.run(some(1_000));
    await passes(10_000);
    expect(again.done()?.id).toBe('o1');
    expect(server.pieces).toHaveLength(1);
  });

  it('says that a file cannot be read any more', async () => {
    const bytes = some(1_000);
    const gone = new Server().run(bytes, blobOf(bytes.slice(0, 500)));
    await passes(10_000);
    expect(gone.refused()).toBe('file_unreadable');
  });

  it.each(['quota', 'quota_all', 'object_too_large', 'picture_kind'])('tells of %s at once', async (code) => {
    const server = new Server();
    server.refuses = (command) => (command.type === (code === 'picture_kind' ? 'finish_object' : 'begin_object') ? refuse(code, { kind: 'full' }) : undefined);
    const { refused } = server.run(some(1_000));
    await passes(10_000);
    expect(refused()).toBe(code);
  });

  it('given up, it ends at once and lets go of what is there', async () => {
    const server = new Server();
    server.takes = 8_000;
    const { refused } = server.run(some(400_000));
    await passes(10_000);
    const { length } = server.pieces;
    server.abort.abort();
    await passes(30_000);
    expect(refused()).toBe('aborted');
    expect(server.pieces.length - length).toBeLessThanOrEqual(1);
    expect(server.commands.at(-1)).toBe('drop_object');
  });
});
