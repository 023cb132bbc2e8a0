/**
 * A call of this person that runs without this page: the page was loaded again or died in the middle of it, or the call is in
 * another tab or on another device. It is offered, and taken only when asked for.
 */
import type { AccountId } from '../api/AccountId.ts';
import type { CallKey } from '../api/CallKey.ts';
import type { CallPage } from '../api/CallPage.ts';
import type { CallRecord } from '../api/CallRecord.ts';
import type { Media } from '../api/Media.ts';
import type { Call } from './call.svelte.ts';
import { acquire, type Captured, type Problem, release } from './capture.ts';
import type { Choices, Link, World } from './world.ts';

/** What the tab remembers of the call it is in. */
const KEPT = 'call.here';
/** The server waits so long for an end that went, in ms. */
const WAITED = 60_000;
/** Calls that are looked at for one that runs. */
const RECENT = 5;

export interface Standing {
  key: CallKey;
  peer: AccountId;
  /** The call as the history has it. */
  record: CallRecord;
  /** When people began to talk, by the own clock. */
  since: number;
  /** This tab was in it: the other side waits for it until then, by the own clock. */
  until: number | undefined;
  media: Media;
}

interface Kept {
  key: CallKey;
  media: Media;
  /** When the page went, by the own clock; absent if it could not say so. */
  left?: number;
}

/** The calls of this page, as far as this touches them. */
export interface Here {
  /** Whether this page is in a call. */
  has(key: CallKey): boolean;
  busy(): boolean;
  isService(peer: AccountId): boolean;
  /** Ends it for both. */
  leave(key: CallKey): void;
  resume(standing: Standing, captured: Captured): void;
}

export class Return {
  /** The call that runs elsewhere. */
  standing = $state.raw<Standing | undefined>();
  /** Why it could not be taken: the microphone was denied. */
  problem = $state.raw<Problem | undefined>();

  readonly #world: World;
  readonly #link: Pick<Link, 'get' | 'status' | 'clock'>;
  readonly #choices: Choices;
  readonly #here: Here;
  #coming = false;
  /** What this tab was in when it was loaded. */
  #before: Kept | undefined;
  #cancel: (() => void) | undefined;
  #looked = 0;

  constructor(world: World, link: Pick<Link, 'get' | 'status' | 'clock'>, choices: Choices, here: Here) {
    this.#world = world;
    this.#link = link;
    this.#choices = choices;
    this.#here = here;
    this.#before = read(world.inTab(KEPT));
    if (link.status === 'online') void this.look();
  }

  /** The call that may come here now. */
  get offered(): Standing | undefined {
    return this.standing && !this.#here.busy() && !this.#here.isService(this.standing.peer) ? this.standing : undefined;
  }

  /** Takes it here: back into it after a reload, or away from another device. */
  async comeBack(): Promise<void> {
    const { offered } = this;
    if (!offered || this.#coming) return;
    this.#coming = true;
    this.problem = undefined;
    try {
      const captured = await acquire(this.#world, this.#choices, offered.media);
      if (this.offered?.key !== offered.key) return release(captured);
      // Who denies the microphone does not want it here. Where there is none, one may listen.
      if (captured.problems.microphone !== 'blocked') return this.#here.resume(offered, captured);
      release(captured);
      this.problem = 'blocked';
    } finally {
      this.#coming = false;
    }
  }

  /** Does not go back: the call ends for both. */
  leave(): void {
    const { offered } = this;
    if (!offered) return;
    this.#here.leave(offered.key);
    this.forget(offered.key);
  }

  /** This page is in a call: a reload finds it. */
  keep(call: Call): void {
    this.#before = undefined;
    void this.#world.hold(nameOf(call.key));
    this.#write({ key: call.key, media: call.own.media });
  }

  /** The page goes away in the middle of it. */
  leaving(call: Call): void {
    this.#before = { key: call.key, media: call.own.media, left: this.#world.now() };
    this.#write(this.#before);
    this.#world.letGo(nameOf(call.key));
  }

  /** This page's call is over, or somebody else's now. */
  forget(key: CallKey): void {
    this.#world.letGo(nameOf(key));
    if (read(this.#world.inTab(KEPT))?.key === key) this.#world.keepInTab(KEPT, undefined);
    if (this.#before?.key === key) this.#before = undefined;
    if (this.standing?.key === key) this.#put(undefined);
  }

  /** Nobody is signed in any more. */
  clear(): void {
    this.#looked += 1;
    this.#before = undefined;
    this.#world.keepInTab(KEPT, undefined);
    this.#put(undefined);
  }

  /** Asks the server whether a call runs. */
  async look(): Promise<void> {
    this.#looked += 1;
    const look = this.#looked;
    try {
      const { calls } = await this.#link.get<CallPage>(`/calls?limit=${RECENT}`);
      if (look !== this.#looked) return;
      const running = calls.find((record) => runs(record) && !this.#here.has(record.key));
      if (running) await this.#found(running, look);
      else this.#put(undefined);
    } catch {
      // It is asked again with the next connection.
    }
  }

  /** The history changed. */
  recorded(record: CallRecord): void {
    if (record.ended !== undefined) return this.forget(record.key);
    if (runs(record) && !this.#here.has(record.key)) void this.#found(record, this.#looked);
  }

  async #found(record: CallRecord, look: number): Promise<void> {
    const before = this.#before?.key === record.key ? this.#before : undefined;
    // A copy of a tab remembers the same; but the call is in the tab that holds its name.
    const mine = before !== undefined && (await this.#world.hold(nameOf(record.key)));
    if (look !== this.#looked || this.#here.has(record.key)) return;
    const now = this.#world.now();
    const until = mine ? (before.left ?? now) + WAITED : undefined;
    if (this.standing?.key === record.key && this.standing.until !== undefined) return;
    const since = (record.answered ?? record.started) - this.#link.clock.offset;
    this.#put({ key: record.key, peer: record.peer, record, since, until, media: before?.media ?? { audio: true, video: false } });
  }

  #put(standing: Standing | undefined): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (standing?.key !== this.standing?.key) this.problem = undefined;
    this.standing = standing;
    if (standing?.until === undefined) return;
    const left = Math.max(0, standing.until - this.#world.now());
    // By then the server has given it up; whether it has is asked once more.
    this.#cancel = this.#world.after(left, () => {
      this.#before = undefined;
      this.#put(undefined);
      void this.look();
    });
  }

  #write(kept: Kept): void {
    this.#world.keepInTab(KEPT, JSON.stringify(kept));
  }
}

const nameOf = (key: CallKey): string => `call.${key}`;

const runs = (record: CallRecord): boolean => record.outcome === 'open' && record.answered !== undefined && record.ended === undefined;

/** What a tab remembers may be of another version, or broken. */
function read(text: string | undefined): Kept | undefined {
  if (text === undefined) return undefined;
  try {
    const kept = JSON.parse(text) as Partial<Kept> | null;
    if (typeof kept?.key !== 'string' || typeof kept.media?.audio !== 'boolean' || typeof kept.media.video !== 'boolean') return undefined;
    return { key: kept.key, media: kept.media, ...(typeof kept.left === 'number' ? { left: kept.left } : {}) };
  } catch {
    return undefined;
  }
}
