/**
 * All calls of this page: the current one, those that ring, what is shown before one. It takes the server's events apart
 * by call key and settles what concerns two calls at once (glare, a ring during a call).
 */
import type { AccountId } from '../api/AccountId.ts';
import type { CallEvent } from '../api/CallEvent.ts';
import type { CallKey } from '../api/CallKey.ts';
import type { Media } from '../api/Media.ts';
import type { Placed } from '../api/Placed.ts';
import type { Target } from '../api/Target.ts';
import { Call } from './call.svelte.ts';
import { type Captured, type Problem, release } from './capture.ts';
import { between } from './waiting.ts';
import { seen, wantsLook } from './look-first.ts';
import { Owed } from './owed.ts';
import { Return, type Standing } from './return.svelte.ts';
import { type CallNews, type CallParts, TIMES } from './state.ts';
import type { Choices, Directory, Link, World } from './world.ts';

/** Rings that may wait at once; more are left to other devices. */
const MAX_RINGS = 4;

/** The screen before a call: to look at oneself, or because a device gives nothing. */
export interface Before {
  peer: AccountId | undefined;
  media: Media;
  problems: { microphone?: Problem; camera?: Problem };
  /** What *Start* does. */
  does: { call: Target } | { answer: Call };
}

/** A short word when a ring stops for a reason worth telling, or one of two calls ends. */
export interface Notice {
  why: 'answered_elsewhere' | 'declined_elsewhere' | 'other_ended' | 'moved';
  peer: AccountId | undefined;
}

interface Attached {
  link: Link;
  owed: Owed;
  directory: Directory;
}

export class Desk {
  /** The call on the stage; it stays there after its end until it is put away. */
  current = $state.raw<Call | undefined>();
  /** The other of two calls: it waits on hold. */
  held = $state.raw<Call | undefined>();
  before = $state.raw<Before | undefined>();
  notice = $state.raw<Notice | undefined>();
  /** What runs without this page. */
  elsewhere = $state.raw<Return | undefined>();
  #rings = $state.raw<readonly Call[]>([]);
  /** Rings that were made quiet, but not declined. */
  #quiet = $state.raw<readonly CallKey[]>([]);

  readonly world: World;
  readonly choices: Choices;
  #attached: Attached | undefined;
  #starting = false;
  /** Devices go from one call to the other. */
  #passing = false;
  /** Glare was lost to this call, which has not rung here yet. */
  #awaited: { by: CallKey; media: Media; captured: Captured | undefined; cancel: () => void } | undefined;
  #cancelNotice: (() => void) | undefined;

  constructor(world: World, choices: Choices) {
    this.world = world;
    this.choices = choices;
  }

  /** Begins to listen; the result stops it. */
  attach(link: Link, directory: Directory): () => void {
    const owed = new Owed(link, (ms, run) => this.world.after(ms, run));
    this.#attached = { link, owed, directory };
    this.elsewhere = new Return(this.world, link, this.choices, {
      has: (key) => this.current?.key === key || this.held?.key === key,
      busy: () => this.busy,
      isService: (peer) => this.#isService(peer),
      leave: (key) => owed.step(key, { type: 'leave', why: 'hang_up' }),
      resume: (standing, captured) => this.#resume(standing, captured),
    });
    const unlisten = link.onEvent((placed) => this.#event(placed));
    const unleave = this.world.onLeaving(() => this.#leaving(owed));
    const unwatch = this.world.onNetwork(() => [this.current, this.held].forEach((call) => call?.networkChanged()));
    return () => {
      unlisten();
      unleave();
      unwatch();
      this.clear();
      this.#attached = undefined;
    };
  }

  /** Somebody signs out: nothing rings on. */
  clear(): void {
    const { held } = this;
    this.held = undefined;
    held?.hangUp();
    this.current?.hangUp();
    this.current = undefined;
    this.before = undefined;
    this.notice = undefined;
    for (const ring of this.#rings) ring.forget();
    this.#rings = [];
    this.#awaited?.cancel();
    release(this.#awaited?.captured);
    this.#awaited = undefined;
    this.elsewhere?.clear();
    this.#attached?.owed.take(); // who signs out leaves every call by that
  }

  /** The connection to the server stands again. */
  reattached(): void {
    void this.#attached?.owed.flush();
    this.current?.reattach();
    this.held?.reattach();
    void this.elsewhere?.look();
  }

  /** The page goes away, and with it what waits here. */
  #leaving(owed: Owed): void {
    const late = owed.take();
    if (late.length > 0) this.world.farewell(late);
    for (const call of [this.current, this.held]) if (call?.stays) this.elsewhere?.leaving(call);
    this.held?.pageClosed();
    this.current?.pageClosed();
  }

  /** A call is on: it rings there, or people talk. */
  get busy(): boolean {
    return (this.current !== undefined && !this.current.over) || this.held !== undefined;
  }

  /** Whether a second call may be answered beside the one that is on: people talk in that, and in no other. */
  get mayHold(): boolean {
    return this.held === undefined && ['connecting', 'live', 'reconnecting'].includes(this.current?.state.at ?? '');
  }

  /** What rings here and is to be shown. During a call that is a second one, which waits. */
  get ring(): Call | undefined {
    return (this.busy && !this.mayHold) || this.#awaited ? undefined : this.#rings[0];
  }

  /** The sound that goes on now. */
  get tune(): 'ring' | 'waiting' | 'ringback' | undefined {
    const ring = this.ring;
    if (ring?.state.at === 'incoming') {
      if (ring.state.silent || this.#quiet.includes(ring.key)) return undefined;
      return this.busy ? 'waiting' : 'ring';
    }
    return this.current?.state.at === 'ringing' ? 'ringback' : undefined;
  }

  isQuiet(call: Call): boolean {
    return this.#quiet.includes(call.key);
  }

  quieten(call: Call): void {
    if (!this.isQuiet(call)) this.#quiet = [...this.#quiet.slice(-MAX_RINGS), call.key];
  }

  /** The person wants to call. `look`: show *Before the call* in any case. */
  async start(target: Target, media: Media, look = false): Promise<void> {
    if (this.#starting || !this.#attached) return;
    const peer = this.#attached.directory.other(target);
    // Calling somebody who is ringing here is answering.
    const theirs = peer === undefined || (this.busy && !this.mayHold) ? undefined : this.#rings.find((ring) => ring.peer === peer);
    if (theirs) return this.answer(theirs, media);
    if (this.busy) return;
    this.#starting = true;
    try {
      if (look || (!this.#isService(peer) && (await wantsLook(this.world, this.choices, media)))) {
        this.before = { peer, media, problems: {}, does: { call: target } };
      } else {
        this.#dial(target, media);
      }
    } finally {
      this.#starting = false;
    }
  }

  /** *Start* on the screen before the call: with what was opened there. */
  async go(media: Media, captured: Captured): Promise<void> {
    const before = this.before;
    this.before = undefined;
    if (!before) return release(captured);
    seen(this.world);
    if ('call' in before.does) return this.#dial(before.does.call, media, captured);
    if (before.does.answer.over) return release(captured);
    this.#toStage(before.does.answer);
    await before.does.answer.answer(media, captured, true);
  }

  /** Back from the screen before the call. */
  notNow(): void {
    this.before = undefined;
  }

  /** Answers; whoever is talked to now is put on hold first. */
  async answer(ring: Call, media: Media): Promise<void> {
    if (this.busy) return this.#holdAndAnswer(ring, media);
    this.#toStage(ring);
    await ring.answer(media);
  }

  /** Puts the one on the stage on hold. */
  async hold(): Promise<void> {
    if (this.mayHold && !this.#passing) release(await this.current?.own.hold());
  }

  /** Goes on with the one on the stage. */
  async resume(): Promise<void> {
    const call = this.current;
    if (!call || call.over || !call.own.media.held) return;
    await this.#pass(undefined, call);
  }

  /** The one on hold comes to the stage, and the one there goes on hold. */
  async swap(): Promise<void> {
    const { current, held } = this;
    if (!current || !held || this.#passing) return;
    this.current = held;
    this.held = current;
    await this.#pass(current, held);
  }

  decline(ring: Call): void {
    ring.decline();
  }

  again(): void {
    const call = this.current;
    if (!call?.over) return;
    this.current = undefined;
    void this.start(call.to, { audio: true, video: call.video });
  }

  /** Puts the ended call away. */
  dismiss(): void {
    if (this.current?.over) this.current = undefined;
  }

  // -- what the server says --------------------------------------------------------------------------------------

  #event(placed: Placed): void {
    const { event } = placed;
    if (event.type === 'call_record') {
      this.elsewhere?.recorded(event.record);
      if (event.record.ended !== undefined) this.#byKey(event.record.key)?.settled(event.record.outcome);
      return;
    }
    if (event.type !== 'call') return;
    if (event.call.type === 'ring') this.#rang(event.call);
    else this.#byKey(event.call.key)?.handle(event.call);
  }

  #byKey(key: CallKey): Call | undefined {
    return [this.current, this.held, ...this.#rings].find((call) => call?.key === key);
  }

  #rang(event: Extract<CallEvent, { type: 'ring' }>): void {
    const known = this.#byKey(event.key);
    if (known) return known.rangAgain(event);
    if (!this.#attached || this.#rings.length >= MAX_RINGS) return;
    const ring: Call = Call.ring(
      this.#parts(event.key, event.from, { conversation: event.conversation }, event.media),
      this.#news(() => ring),
      event,
    );
    this.#rings = [...this.#rings, ring];
    const awaited = this.#awaited;
    if (awaited?.by !== event.key) return;
    awaited.cancel();
    this.#awaited = undefined;
    this.#toStage(ring);
    void ring.answer(awaited.media, awaited.captured, true);
  }

  // -- calls -----------------------------------------------------------------------------------------------------

  #dial(target: Target, media: Media, captured?: Captured): void {
    if (!this.#attached) return release(captured);
    const peer = this.#attached.directory.other(target);
    const call: Call = Call.dial(this.#parts(this.world.key(), peer, target, media), this.#news(() => call), captured);
    this.current = call;
  }

  #resume({ key, peer, record, since }: Standing, captured: Captured): void {
    const parts = this.#parts(key, peer, { conversation: record.conversation }, { audio: true, video: record.video });
    const call: Call = Call.resume(parts, this.#news(() => call), { outgoing: record.outgoing, since }, captured);
    this.current = call;
  }

  #parts(key: CallKey, peer: AccountId | undefined, to: Target, media: Media): CallParts {
    const { link, owed } = this.#attached as Attached;
    return { world: this.world, link, owed, choices: this.choices, key, peer, viaServer: this.#isService(peer), media, to };
  }

  #news(whose: () => Call): CallNews {
    return {
      superseded: (by, captured) => this.#superseded(whose(), by, captured),
      troubled: (problems) => this.#troubled(whose(), problems),
      live: () => whose().stays && this.elsewhere?.keep(whose()),
      ended: () => this.#ended(whose()),
    };
  }

  async #holdAndAnswer(ring: Call, media: Media): Promise<void> {
    const { current } = this;
    if (!current || !this.mayHold || this.#passing || ring.over) return;
    this.#passing = true;
    const wasHeld = current.own.media.held === true;
    try {
      const devices = await between(this.world, this.choices, await current.own.hold(), media);
      // It stopped ringing while the devices were opened: whoever was talked to is still there, on hold if they were before.
      if (ring.over) return wasHeld ? release(devices) : await current.own.resume(devices);
      if (!current.over) this.held = current;
      this.#toStage(ring);
      await ring.answer(media, devices, true);
    } finally {
      this.#passing = false;
    }
  }

  /** The devices of one call go to the other, and what is missing is opened. */
  async #pass(from: Call | undefined, to: Call): Promise<void> {
    if (this.#passing) return;
    this.#passing = true;
    try {
      const devices = await between(this.world, this.choices, await from?.own.hold(), to.own.media);
      // It may have ended meanwhile, and the other come back on hold: then nobody takes them.
      await to.own.resume(devices);
    } finally {
      this.#passing = false;
    }
  }

  #toStage(ring: Call): void {
    this.#rings = this.#rings.filter((other) => other !== ring);
    if (!ring.over) this.current = ring;
  }

  /** Ours lost: theirs is answered at once, with the devices that are open already. */
  #superseded(call: Call, by: CallKey, captured: Captured | undefined): void {
    const media = call.own.media;
    const ring = this.#rings.find((other) => other.key === by);
    if (ring) {
      this.#toStage(ring);
      void ring.answer(media, captured, true);
      return;
    }
    // Its ring is on the way. The stage keeps showing the call that went over into it.
    const cancel = this.world.after(TIMES.glare, () => {
      release(captured);
      this.#awaited = undefined;
      if (this.current === call) this.current = undefined;
    });
    this.#awaited = { by, media, captured, cancel };
  }

  #troubled(call: Call, problems: Before['problems']): void {
    const media = call.outgoing ? call.own.media : { audio: true, video: problems.camera !== undefined };
    if (this.current === call) this.current = undefined;
    if (!call.over) this.#rings = [...this.#rings, call]; // it rings on, behind the screen that helps
    this.before = { peer: call.peer, media, problems, does: call.over ? { call: call.to } : { answer: call } };
  }

  #ended(call: Call): void {
    this.#rings = this.#rings.filter((ring) => ring !== call);
    if (this.before && 'answer' in this.before.does && this.before.does.answer === call) this.before = undefined;
    if (call.state.at !== 'ended') return;
    const { why } = call.state.ending;
    if (why !== 'page_closed') this.elsewhere?.forget(call.key);
    if (call === this.held || (call === this.current && this.held)) {
      // The one that is left stays on hold until the person goes on: no microphone opens by itself.
      this.current = call === this.held ? this.current : this.held;
      this.held = undefined;
      return this.#tell({ why: 'other_ended', peer: call.peer });
    }
    if (why === 'answered_elsewhere' || why === 'declined_elsewhere' || why === 'moved') this.#tell({ why, peer: call.peer });
    const nothingToSay = ['cancelled', 'declined', 'missed', 'page_closed', 'answered_elsewhere', 'declined_elsewhere', 'moved'].includes(why);
    if (this.current === call && nothingToSay) this.current = undefined;
    if (why === 'moved') void this.elsewhere?.look();
  }

  #tell(notice: Notice): void {
    this.#cancelNotice?.();
    this.notice = notice;
    this.#cancelNotice = this.world.after(6_000, () => (this.notice = undefined));
  }

  #isService(peer: AccountId | undefined): boolean {
    return peer !== undefined && this.#attached?.directory.profile(peer)?.kind === 'service';
  }
}
