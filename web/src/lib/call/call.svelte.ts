/**
 * One call, from either side: a state, and what moves it. Everything it touches is handed in (`World`, `Link`), so that
 * tests run it in virtual time. `calls.svelte.ts` decides which call is the current one.
 */
import type { AccountId } from '../api/AccountId.ts';
import type { CallEvent } from '../api/CallEvent.ts';
import type { CallKey } from '../api/CallKey.ts';
import type { Command } from '../api/Command.ts';
import type { IceConfig } from '../api/IceConfig.ts';
import type { LeaveWhy } from '../api/LeaveWhy.ts';
import type { Media } from '../api/Media.ts';
import type { Signal } from '../api/Signal.ts';
import type { Step } from '../api/Step.ts';
import type { Target } from '../api/Target.ts';
import { acquire, type Captured, release } from './capture.ts';
import { Line } from './line.svelte.ts';
import { parseSignal } from './negotiation.ts';
import { OwnMedia } from './own.svelte.ts';
import { answeredEnding, type CallNews, type CallParts, type CallState, codeOf, type Ending, endingOf, endingOfRing, type Summary, TIMES } from './state.ts';
import { Timers } from './timers.ts';
import { Watch } from './watch.svelte.ts';
import type { Choices, Link, World } from './world.ts';

type TimerName = 'ring' | 'answer' | 'connect' | 'blink' | 'gap' | 'back' | 'courtesy';

export class Call {
  readonly key: CallKey;
  readonly peer: AccountId | undefined;
  readonly to: Target;
  readonly viaServer: boolean;
  readonly outgoing: boolean;
  /** With video from the beginning. */
  readonly video: boolean;

  state = $state.raw<CallState>({ at: 'preparing' });
  /** What the other side sends now. */
  theirs = $state.raw<Media>({ audio: false, video: false });
  /** Where `echo` is, and until when by the local clock. */
  phase = $state.raw<{ name: 'greeting' | 'listening' | 'playing' | 'done'; until: number | undefined } | undefined>();
  /** After the end of a call that was answered. */
  summary = $state.raw<Summary | undefined>();
  /** What we send. */
  readonly own: OwnMedia;
  /** Figures while it runs. */
  readonly watch: Watch;

  readonly #world: World;
  readonly #link: Link;
  readonly #owed: CallParts['owed'];
  readonly #choices: Choices;
  readonly #news: CallNews;
  readonly #timers: Timers<TimerName>;
  readonly #line: Line;
  #invited = false;
  #accepting = false;
  #answered = false;
  #saidConnected = false;
  #opening = false;

  private constructor(parts: CallParts, news: CallNews, outgoing: boolean) {
    this.key = parts.key;
    this.peer = parts.peer;
    this.to = parts.to;
    this.viaServer = parts.viaServer;
    this.outgoing = outgoing;
    this.video = parts.media.video;
    this.#world = parts.world;
    this.#link = parts.link;
    this.#owed = parts.owed;
    this.#choices = parts.choices;
    this.#news = news;
    this.watch = new Watch(parts.world, parts.viaServer);
    this.#timers = new Timers((ms, run) => parts.world.after(ms, run));
    this.#line = new Line(parts.world, { polite: !outgoing }, {
      signal: (signal) => this.#send(signal),
      arrived: (kind) => kind === 'audio' && this.watch.marks.set('first_audio', parts.world.now()),
      changed: (state) => this.#connectionChanged(state),
    });
    this.own = new OwnMedia(parts.world, parts.choices, () => this.#tellMedia());
    if (outgoing) this.own.media = parts.media;
    else this.theirs = parts.media;
  }

  /** Calls somebody. `captured`: devices that are already open, for instance from *Before the call*. */
  static dial(parts: CallParts, news: CallNews, captured?: Captured): Call {
    const call = new Call(parts, news, true);
    void call.#dial(captured).catch((error: unknown) => call.#refused(error));
    return call;
  }

  /** Rings here. */
  static ring(parts: CallParts, news: CallNews, ring: Extract<CallEvent, { type: 'ring' }>): Call {
    const call = new Call(parts, news, false);
    call.watch.marks.set('ring', parts.world.now());
    const lasts = Math.min(TIMES.ring, Math.max(0, ring.expires_in) + (TIMES.ring - 30_000));
    const { offer, ice, silent } = ring;
    call.state = { at: 'incoming', offer, ice, silent, until: parts.world.now() + lasts };
    call.#timers.set('ring', lasts, () => call.#end({ why: 'missed' }));
    void call.#step({ type: 'ringing' }).catch(() => {});
    return call;
  }

  /** What comes in: voice and camera. */
  get farStream(): MediaStream | undefined {
    return this.#line.farStream;
  }

  /** The screen that comes in beside them, while the other side shows one. */
  get farScreen(): MediaStream | undefined {
    return this.theirs.screen ? this.#line.farScreen : undefined;
  }

  get over(): boolean {
    return this.state.at === 'ended';
  }

  /** Answers. Without a way to be heard the owner is told, and it rings on. */
  async answer(media: Media, captured?: Captured, whatever = false): Promise<void> {
    const ringing = this.state;
    if (ringing.at !== 'incoming' || this.#opening) return;
    this.#opening = true;
    try {
      const got = captured ?? (await acquire(this.#world, this.#choices, media));
      if (this.state.at !== 'incoming') return release(got);
      if (!whatever && Object.keys(got.problems).length > 0) {
        release(got);
        return this.#news.troubled(got.problems);
      }
      this.own.take(got);
      this.#timers.clear('ring');
      this.#connecting();
      await this.#accept(ringing.offer, ringing.ice);
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#opening = false;
    }
  }

  decline(): void {
    if (this.state.at !== 'incoming') return;
    this.#owed.step(this.key, { type: 'decline' });
    this.#end({ why: 'declined' });
  }

  /** Stops ringing here without a word to anybody. */
  forget(): void {
    this.#end({ why: 'missed' }, { silent: true });
  }

  /** Hangs up, or cancels. */
  hangUp(): void {
    if (this.over) return;
    if (this.state.at === 'incoming') return this.decline();
    this.#leave('hang_up', { why: this.#answered ? 'hung_up' : 'cancelled' });
  }

  /** The page goes away: says so by the one way that still works, with the report. */
  pageClosed(): void {
    if (this.over || this.state.at === 'incoming') return;
    this.watch.marks.set('leave', this.#world.now());
    const commands: Command[] = [{ type: 'call', key: this.key, step: { type: 'leave', why: 'page_closed' } }];
    if (this.#answered) {
      commands.push({ type: 'report_call', key: this.key, report: this.watch.write(this.#side, this.#link.clock, 'page_closed') });
    }
    this.#world.farewell(commands);
    this.#end({ why: 'page_closed' }, { silent: true });
  }

  /** An event of the server for this call. */
  handle(event: CallEvent): void {
    if (this.over) return;
    switch (event.type) {
      case 'ringing':
        if (this.state.at === 'preparing' || this.state.at === 'ringing') {
          this.watch.marks.set('ring', this.#world.now());
          this.state = { at: 'ringing', devices: event.devices };
        }
        return;
      case 'accepted':
        return this.#accepted(event.media, event.answer);
      case 'signal':
        return this.#signal(event.data);
      case 'media':
        this.theirs = event.media;
        return void this.own.pause(event.media.held === true);
      case 'ring_stopped':
        if (this.state.at === 'incoming') this.#end(endingOfRing(event.why));
        return;
      case 'superseded':
        return this.#superseded(event.by);
      case 'ended':
        return this.#end(this.#answered ? answeredEnding(endingOf(event.outcome)) : endingOf(event.outcome));
      case 'ring':
      case 'live':
      case 'elsewhere': // said to the other connections of the caller's account; this one is in the call itself
        return;
    }
  }

  /** The durable record says that it is over: the event that said so first was lost (case B2). */
  settled(outcome: Parameters<typeof endingOf>[0]): void {
    if (!this.over) this.#end(this.#answered ? answeredEnding(endingOf(outcome)) : endingOf(outcome));
  }

  /**
   * The connection to the server is back, as another one: the first step from it takes this end's place again. A server
   * that does not know the call any more has ended it.
   */
  reattach(): void {
    if (this.over || (!this.#answered && !this.#invited)) return;
    void this.#step({ type: 'media', media: this.own.media }).then(
      () => {
        if (this.state.at === 'reconnecting') this.#line.restart();
      },
      (error: unknown) => {
        if (['call_gone', 'not_found'].includes(codeOf(error))) this.#end({ why: 'lost' });
      },
    );
  }

  /** The same ring came again, to another connection of this page. */
  rangAgain(): void {
    if (this.state.at === 'incoming') void this.#step({ type: 'ringing' }).catch(() => {});
  }

  async #dial(captured: Captured | undefined): Promise<void> {
    this.#timers.set('answer', TIMES.answer, () => this.#leave('hang_up', { why: 'not_answered' }));
    const got = captured ?? (await acquire(this.#world, this.#choices, this.own.media));
    if (this.over) return release(got);
    if (!captured && Object.keys(got.problems).length > 0) {
      release(got);
      this.#end({ why: 'cancelled' }, { silent: true });
      return this.#news.troubled(got.problems);
    }
    this.own.take(got);

    const relayOnly = this.#choices.relayOnly;
    const prepared = await this.#step({ type: 'prepare', to: this.to, media: this.own.media, relay_only: relayOnly });
    if (this.over) return;
    const ice = prepared.value.type === 'ice' ? prepared.value.ice : { servers: [], relay_only: relayOnly };
    const offer = await this.#line.offer(ice, relayOnly, this.own, (peer) => this.watch.follow(peer));
    if (this.over) return;
    this.watch.marks.set('offer_set', this.#world.now());

    this.#invited = true;
    this.watch.marks.set('invite', this.#world.now());
    const done = await this.#step({ type: 'invite', to: this.to, media: this.own.media, offer, relay_only: relayOnly });
    if (done.value.type === 'superseded') return this.#superseded(done.value.by);
    if (this.state.at === 'preparing') this.state = { at: 'ringing', devices: 0 };
  }

  #accepted(media: Media, answer: string): void {
    if (!this.outgoing || this.#answered || (this.state.at !== 'preparing' && this.state.at !== 'ringing')) return;
    this.#timers.clear('answer');
    this.watch.marks.set('answer', this.#world.now());
    this.theirs = media;
    this.#connecting();
    void (async () => {
      try {
        await this.#line.takeAnswer(answer);
        this.watch.marks.set('answer_set', this.#world.now());
      } catch {
        this.#leave('no_seal', { why: 'no_seal' });
      }
    })();
  }

  #superseded(by: CallKey): void {
    if (this.over) return;
    const captured = this.own.surrender(); // they go on under the other key
    this.#end({ why: 'superseded' }, { silent: true });
    this.#news.superseded(by, captured);
  }

  async #accept(offer: string, ice: IceConfig): Promise<void> {
    const answer = await this.#line.answer(offer, ice, this.#choices.relayOnly, this.own, (peer) => this.watch.follow(peer));
    if (this.over) return;
    this.watch.marks.set('answer_set', this.#world.now());
    this.watch.marks.set('answer', this.#world.now());
    this.#accepting = true;
    await this.#step({ type: 'accept', media: this.own.media, answer });
    if (!this.over) this.#line.open();
  }

  #connecting(): void {
    this.#answered = true;
    this.state = { at: 'connecting', since: this.#world.now() };
    this.#timers.set('connect', TIMES.connect, () => this.#leave(this.#line.failure, { why: this.#line.failure }));
  }

  #connectionChanged(state: RTCPeerConnectionState): void {
    switch (state) {
      case 'connected':
        return this.#connected();
      case 'disconnected':
        if (this.state.at === 'live') this.#timers.set('blink', TIMES.blink, () => this.#lostSight());
        return;
      case 'failed':
        if (this.state.at === 'connecting') return this.#leave(this.#line.failure, { why: this.#line.failure });
        return this.#lostSight();
      default:
        return;
    }
  }

  #connected(): void {
    const now = this.#world.now();
    this.watch.marks.set('dtls_connected', now);
    this.#timers.clear('connect', 'blink', 'gap', 'courtesy');
    if (this.state.at === 'connecting') {
      this.state = { at: 'live', since: now, back: undefined };
    } else if (this.state.at === 'reconnecting') {
      const since = this.state.liveSince;
      this.state = { at: 'live', since, back: now - this.state.since };
      this.#timers.set('back', TIMES.back, () => {
        if (this.state.at === 'live') this.state = { ...this.state, back: undefined };
      });
    }
    if (!this.#saidConnected) {
      this.#saidConnected = true;
      void this.#step({ type: 'connected' }).catch(() => {});
    }
  }

  #lostSight(): void {
    if (this.state.at !== 'live') return;
    const theirs = this.#link.status === 'online';
    this.state = { at: 'reconnecting', liveSince: this.state.since, since: this.#world.now(), theirs };
    this.#timers.set('gap', TIMES.gap, () => this.#leave('no_path', { why: 'lost' }));
    if (this.outgoing) this.#line.restart();
    else this.#timers.set('courtesy', TIMES.courtesy, () => this.#line.restart());
  }

  #signal(data: string): void {
    const signal = parseSignal(data);
    if (!signal) return;
    if (signal.type === 'phase') {
      const lasts = signal.lasts === undefined ? undefined : Math.min(signal.lasts, TIMES.phase);
      this.phase = { name: signal.phase, until: lasts === undefined ? undefined : this.#world.now() + lasts };
    } else {
      this.#line.receive(signal);
    }
  }

  #send(signal: Signal): void {
    if (signal.type === 'candidate') this.watch.marks.set('first_candidate', this.#world.now());
    // One lost candidate is no reason to end a call.
    void this.#step({ type: 'signal', data: JSON.stringify(signal) }).catch(() => {});
  }

  #step(step: Step): ReturnType<Link['command']> {
    return this.#link.command({ type: 'call', key: this.key, step });
  }

  #tellMedia(): void {
    if (this.#answered || this.#invited) void this.#step({ type: 'media', media: this.own.media }).catch(() => {});
  }

  get #side(): 'caller' | 'callee' {
    return this.outgoing ? 'caller' : 'callee';
  }

  #refused(error: unknown): void {
    if (this.over) return;
    const code = codeOf(error);
    if (code === 'nobody_there') return this.#end({ why: 'not_answered' });
    if (code === 'already_answered' || code === 'conflict') return this.#end({ why: 'answered_elsewhere' }, { silent: true });
    if (code === 'call_gone') return this.#end({ why: this.outgoing ? 'lost' : 'missed' }, { silent: true });
    if (this.#invited || this.#accepting) this.#owed.step(this.key, { type: 'leave', why: 'hang_up' });
    this.#end({ why: 'refused', code }, { silent: true });
  }

  #leave(why: LeaveWhy, ending: Ending): void {
    if (this.over) return;
    this.watch.marks.set('leave', this.#world.now());
    if (this.#invited || this.#accepting) this.#owed.step(this.key, { type: 'leave', why });
    else if (!this.outgoing) this.#owed.step(this.key, { type: 'decline' }); // the answer is not out yet
    this.#end(ending);
  }

  /** `silent`: nobody is told and nothing is reported, as somebody else does or there is nothing to say. */
  #end(ending: Ending, how: { silent?: boolean } = {}): void {
    if (this.over) return;
    const now = this.#world.now();
    const liveSince = this.state.at === 'live' ? this.state.since : this.state.at === 'reconnecting' ? this.state.liveSince : undefined;
    this.watch.marks.set('ended', now);
    this.#timers.clearAll();
    this.state = { at: 'ended', ending, lasted: liveSince === undefined ? undefined : now - liveSince };
    this.own.end();
    void this.#finish(ending, !(how.silent ?? false) && this.#answered);
    if (ending.why !== 'superseded' || !this.outgoing) this.#news.ended();
  }

  async #finish(ending: Ending, report: boolean): Promise<void> {
    this.#line.silence();
    await this.watch.stop();
    this.#line.close();
    if (!report) return;
    const why = ending.why === 'far_hung_up' ? 'far_hang_up' : ending.why === 'hung_up' ? 'hang_up' : ending.why;
    this.summary = this.watch.summary(this.#side, this.#link.clock, why);
    const text = this.watch.write(this.#side, this.#link.clock, why);
    this.#owed.say({ type: 'report_call', key: this.key, report: text });
  }
}
