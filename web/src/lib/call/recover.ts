/**
 * A call that lost its way, its other end, or the server: looks for another way, waits, and knows when to give up. Media and
 * the connection to the server come back independently of each other.
 */
import type { CallEvent } from '../api/CallEvent.ts';
import type { Done } from '../api/Done.ts';
import type { IceConfig } from '../api/IceConfig.ts';
import type { Media } from '../api/Media.ts';
import type { Step } from '../api/Step.ts';
import type { Line } from './line.svelte.ts';
import { type CallState, codeOf, TIMES } from './state.ts';
import { Timers } from './timers.ts';
import type { Link, World } from './world.ts';

/** Between two looks for another way, in ms. */
const LOOK = 500;
/** An attempt that has led nowhere is made again after this time, in ms. */
const AGAIN = 4_000;
/** Silence after which the connection to the server is looked after, in ms: it may be gone with the way, and is needed to find another. */
const DOUBT = 1_000;
/** Between two looks after the connection to the server while the way is lost, in ms. */
const HURRY = 1_000;
/** The other end is waited for a little longer than the server does, in ms: it is the server that gives it up. */
const LATE = 5_000;

/** The call, as far as this touches it. */
export interface Broken {
  state(): CallState;
  to(state: CallState): void;
  step(step: Step): Promise<Done>;
  readonly line: Line;
  /** When the last sound came in, by the own clock. */
  heardAt(): number | undefined;
  /** Whether sound should be coming in. */
  expectsSound(): boolean;
  media(): Media;
  /** Media flow, or flow again. */
  back(): void;
  /** Gives it up for want of a way. */
  giveUp(): void;
  /** The server does not know the call any more. */
  gone(): void;
  /** The other end makes a new connection: so does this one. */
  anew(): void;
  /** How to look for ways now. */
  ways(ice: IceConfig): void;
}

type Name = 'look' | 'blink' | 'gap' | 'shown';

export class Recovery {
  readonly #world: Pick<World, 'now'>;
  readonly #link: Link;
  readonly #caller: boolean;
  readonly #call: Broken;
  readonly #timers: Timers<Name>;
  /** Until when the other end is waited for, by the own clock, while it is not there. */
  #away: number | undefined;
  #tried = 0;
  #hurried = -Infinity;
  /** Whether the connection to the server stood when it was looked after last. */
  #linked = true;
  #stopped = false;

  /** `caller`: that end looks for another way first. */
  constructor(world: World, link: Link, caller: boolean, call: Broken) {
    this.#world = world;
    this.#link = link;
    this.#caller = caller;
    this.#call = call;
    this.#timers = new Timers((ms, run) => world.after(ms, run));
  }

  /** Media flow: looks from now on whether they still do. */
  connected(): void {
    this.#timers.clear('blink', 'gap');
    if (this.#stopped) return;
    const state = this.#call.state();
    if (state.at === 'live' && state.back !== undefined) {
      this.#timers.set('shown', TIMES.back, () => {
        const shown = this.#call.state();
        if (shown.at === 'live') this.#call.to({ ...shown, back: undefined });
      });
    }
    this.#timers.set('look', LOOK, () => this.#look());
  }

  stop(): void {
    this.#stopped = true;
    this.#timers.clearAll();
  }

  /** The browser says so of the connection; a short gap is nothing to speak of. */
  disconnected(): void {
    if (this.#call.state().at === 'live') this.#timers.set('blink', TIMES.blink, () => this.lostSight());
  }

  /** Nothing comes through any more. `first`: this end looks for another way at once. */
  lostSight(first = this.#caller): void {
    const state = this.#call.state();
    if (state.at !== 'live' || this.#stopped) return;
    const now = this.#world.now();
    this.#timers.clear('blink', 'shown');
    this.#call.to({
      at: 'reconnecting', liveSince: state.since, since: now, theirs: this.#link.status === 'online', until: this.#away,
    });
    this.#wait();
    this.#tried = 0;
    this.#hurried = now;
    this.#link.hurry();
    this.#timers.set('look', LOOK, () => this.#look());
    // Whoever is away answers nothing.
    if (first && this.#away === undefined) this.#try();
  }

  /** The network of this device changed: what stood on the old one is gone, whatever the browser believes. */
  networkChanged(): void {
    const { at } = this.#call.state();
    if (at !== 'live' && at !== 'reconnecting') return;
    this.#link.hurry();
    this.#tried = this.#world.now();
    this.#call.line.restart(true);
  }

  /** The other end is not there. `left`: its page went, and its media with it. */
  away({ left, expires_in: lasts }: Extract<CallEvent, { type: 'away' }>): void {
    this.#away = this.#world.now() + Math.max(0, lasts);
    if (left) this.lostSight();
    const state = this.#call.state();
    if (state.at !== 'reconnecting') return;
    this.#call.to({ ...state, until: this.#away });
    this.#wait();
  }

  /** The other end is there, or there again. */
  joined({ still_connected: still }: Extract<CallEvent, { type: 'joined' }>): void {
    this.#away = undefined;
    const state = this.#call.state();
    if (!still) {
      this.lostSight();
      this.#call.anew();
    }
    const now = this.#call.state();
    if (now.at === 'reconnecting') {
      this.#call.to({ ...now, until: undefined });
      this.#wait();
      if (still && state.at === 'reconnecting') this.#try();
    } else if (still) {
      this.#call.line.repeat();
    }
  }

  /** The connection to the server is back, as another one: takes this end's place again. */
  async reattach(): Promise<void> {
    this.#away = undefined; // the server says so again if it still is
    try {
      const done = await this.#call.step({ type: 'join', media: this.#call.media(), still_connected: !this.#call.line.isNew });
      if (done.value.type === 'ice') this.#call.ways(done.value.ice);
      // It broke as nothing was heard any more: this end's network is another one, and the other end may still hear it.
      if (this.#silent() >= DOUBT) this.lostSight(false);
      if (this.#call.state().at === 'reconnecting' && !this.#stopped) {
        this.#tried = this.#world.now();
        this.#call.line.restart(true);
      } else {
        this.#call.line.repeat(); // an offer of before may have been lost with the connection
      }
    } catch (error) {
      if (!this.#stopped && ['call_gone', 'not_found', 'already_answered'].includes(codeOf(error))) this.#call.gone();
    }
  }

  #look(): void {
    if (this.#stopped) return;
    this.#timers.set('look', LOOK, () => this.#look());
    const state = this.#call.state();
    const heardAt = this.#call.heardAt();
    const now = this.#world.now();
    if (state.at === 'live') {
      const silent = this.#silent();
      // The browser takes five seconds and more to see what the ear hears at once.
      if (silent >= TIMES.silence) return this.lostSight();
      if (silent >= DOUBT) this.#hurry(now);
      if (silent >= LOOK) this.#timers.set('look', Math.min(LOOK, TIMES.silence - silent), () => this.#look());
      return;
    }
    if (state.at !== 'reconnecting') return;
    if (this.#call.line.connected && heardAt !== undefined && heardAt > state.since && now - heardAt < LOOK) return this.#call.back();
    if (this.#link.status !== 'online' && state.theirs) this.#call.to({ ...state, theirs: false });
    this.#hurry(now);
    const first = this.#caller ? 0 : TIMES.courtesy;
    if (this.#away === undefined && now - state.since >= first && now - this.#tried >= AGAIN) this.#try();
  }

  /** For how long nothing was heard that should have been, in ms. */
  #silent(): number {
    const heardAt = this.#call.heardAt();
    return this.#call.expectsSound() && heardAt !== undefined ? this.#world.now() - heardAt : 0;
  }

  /** Looks after the connection to the server, now and then; at once where it broke since. */
  #hurry(now: number): void {
    const online = this.#link.status === 'online';
    const broke = this.#linked && !online;
    this.#linked = online;
    if (!broke && now - this.#hurried < HURRY) return;
    this.#hurried = now;
    this.#link.hurry();
  }

  #try(): void {
    this.#tried = this.#world.now();
    this.#call.line.restart();
  }

  /** How long it is waited: for somebody who is away as long as the server does, for a way not so long. */
  #wait(): void {
    const state = this.#call.state();
    if (state.at !== 'reconnecting') return;
    const now = this.#world.now();
    const lasts = this.#away === undefined ? state.since + TIMES.gap - now : this.#away + LATE - now;
    this.#timers.set('gap', Math.max(0, lasts), () => this.#call.giveUp());
  }
}
