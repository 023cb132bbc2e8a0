/**
 * One call, from either side: a state, and what moves it. Everything it touches is handed in (`World`, `Link`), so that
 * tests run it in virtual time. `calls.svelte.ts` decides which call is the current one.
 */
import type { CallEvent } from '../api/CallEvent.ts';
import type { CallKey } from '../api/CallKey.ts';
import type { IceConfig } from '../api/IceConfig.ts';
import type { Media } from '../api/Media.ts';
import { acquire, type Captured, release } from './capture.ts';
import { End } from './end.svelte.ts';
import { parseSignal } from './negotiation.ts';
import { sourceOf } from './source.ts';
import { answeredEnding, type CallNews, type CallParts, endingOf, endingOfRing, type Running, TIMES } from './state.ts';

export class Call extends End {
  #opening = false;

  /** Calls somebody. `captured`: devices that are already open, for instance from *Before the call*. */
  static dial(parts: CallParts, news: CallNews, captured?: Captured): Call {
    const call = new Call(parts, news, true);
    void call.#dial(captured).catch((error: unknown) => call.refused(error));
    return call;
  }

  /** Rings here. */
  static ring(parts: CallParts, news: CallNews, ring: Extract<CallEvent, { type: 'ring' }>): Call {
    const call = new Call(parts, news, false);
    call.watch.marks.set('ring', parts.world.now());
    const lasts = Math.min(TIMES.ring, Math.max(0, ring.expires_in) + (TIMES.ring - 30_000));
    const { offer, ice, silent } = ring;
    call.state = { at: 'incoming', offer, ice, silent, until: parts.world.now() + lasts };
    call.timers.set('ring', lasts, () => call.end({ why: 'missed' }));
    void call.step({ type: 'ringing' }).catch(() => {});
    return call;
  }

  /** Comes to a call that runs: this page was loaded again, or takes it over from another device. */
  static resume(parts: CallParts, news: CallNews, running: Running, captured: Captured): Call {
    const call = new Call(parts, news, running.outgoing);
    call.since = running.since;
    call.invited = true;
    call.own.take(captured);
    call.#connecting();
    void call.#comeBack().catch((error: unknown) => call.refused(error));
    return call;
  }

  /** What comes in: voice and camera. */
  get farStream(): MediaStream | undefined {
    return this.line.farStream;
  }

  /** The screen that comes in beside them, while the other side shows one. */
  get farScreen(): MediaStream | undefined {
    return this.theirs.screen ? this.line.farScreen : undefined;
  }

  /** Answers. Without a way to be heard the owner is told, and it rings on. */
  async answer(media: Media, captured?: Captured, whatever = false): Promise<void> {
    const ringing = this.state;
    if (ringing.at !== 'incoming' || this.#opening) return;
    this.#opening = true;
    try {
      const got = captured ?? (await acquire(this.world, this.choices, media));
      if (this.state.at !== 'incoming') return release(got);
      if (!whatever && Object.keys(got.problems).length > 0) {
        release(got);
        return this.news.troubled(got.problems);
      }
      this.own.take(got);
      this.timers.clear('ring');
      this.#connecting();
      await this.#accept(ringing.offer, ringing.ice);
    } catch (error) {
      this.refused(error);
    } finally {
      this.#opening = false;
    }
  }

  decline(): void {
    if (this.state.at !== 'incoming') return;
    this.owed.step(this.key, { type: 'decline' });
    this.end({ why: 'declined' });
  }

  /** Stops ringing here without a word to anybody. */
  forget(): void {
    this.end({ why: 'missed' }, { silent: true });
  }

  /** Hangs up, or cancels. */
  hangUp(): void {
    if (this.over) return;
    if (this.state.at === 'incoming') return this.decline();
    this.leave('hang_up', { why: this.answered ? 'hung_up' : 'cancelled' });
  }

  /** An event of the server for this call. */
  handle(event: CallEvent): void {
    if (this.over) return;
    switch (event.type) {
      case 'ringing':
        if (this.state.at === 'preparing' || this.state.at === 'ringing') {
          this.watch.marks.set('ring', this.world.now());
          this.state = { at: 'ringing', devices: event.devices };
        }
        return;
      case 'accepted':
        return this.#accepted(event.media, event.answer);
      case 'signal':
        return this.#signal(event.data);
      case 'media':
        return this.theyHave(event.media);
      case 'ring_stopped':
        if (this.state.at === 'incoming') this.end(endingOfRing(event.why));
        return;
      case 'superseded':
        return this.#superseded(event.by);
      case 'ended':
        return this.end(this.answered ? answeredEnding(endingOf(event.outcome)) : endingOf(event.outcome));
      case 'away':
        return this.recovery.away(event);
      case 'joined':
        this.theyHave(event.media);
        return this.recovery.joined(event);
      case 'elsewhere':
        return this.end({ why: 'moved' }, { silent: true });
      case 'ring':
      case 'live':
        return;
    }
  }

  /**
   * The connection to the server is back, as another one: takes this end's place again. What still rings is rung once more: a
   * server that started anew knows of it no more than its key.
   */
  reattach(): void {
    if (this.over) return;
    const comes = this.since !== undefined && this.line.offered === undefined;
    if (comes) void this.#comeBack().catch((error: unknown) => this.refused(error));
    else if (this.answered) void this.recovery.reattach();
    else if (this.invited) void this.#invite(this.line.offered ?? this.offer).catch((error: unknown) => this.refused(error));
  }

  /** The same ring came again, to another connection of this page or from a server that started anew. */
  rangAgain({ offer, ice }: Extract<CallEvent, { type: 'ring' }>): void {
    if (this.state.at !== 'incoming' || this.#opening) return;
    this.state = { ...this.state, offer, ice };
    void this.step({ type: 'ringing' }).catch(() => {});
  }

  async #dial(captured: Captured | undefined): Promise<void> {
    this.phases.enter('devices', TIMES.devices, () => this.end({ why: 'no_device' }, { silent: true }));
    const got = captured ?? (await acquire(this.world, this.choices, this.own.media));
    if (this.over) return release(got);
    this.phases.enter('server', TIMES.server, () => this.leave('hang_up', { why: 'refused', code: 'offline' }));
    if (!captured && Object.keys(got.problems).length > 0) {
      release(got);
      this.end({ why: 'cancelled' }, { silent: true });
      return this.news.troubled(got.problems);
    }
    this.own.take(got);

    const relayOnly = this.choices.relayOnly;
    const prepared = await this.step({ type: 'prepare', to: this.to, media: this.own.media, relay_only: relayOnly });
    if (this.over) return;
    const ice = prepared.value.type === 'ice' ? prepared.value.ice : { servers: [], relay_only: relayOnly };
    this.offer = await this.line.offer(ice, relayOnly);
    if (this.over) return;
    this.watch.marks.set('offer_set', this.world.now());

    this.invited = true;
    this.watch.marks.set('invite', this.world.now());
    await this.#invite(this.offer);
    if (!this.answered) this.phases.done();
  }

  async #invite(offer: string): Promise<void> {
    this.timers.set('answer', TIMES.answer, () => this.leave('hang_up', { why: 'not_answered' }));
    const done = await this.step({ type: 'invite', to: this.to, media: this.own.media, offer, relay_only: this.choices.relayOnly });
    if (this.over) return;
    if (done.value.type === 'superseded') return this.#superseded(done.value.by);
    if (this.state.at === 'preparing') this.state = { at: 'ringing', devices: 0 };
  }

  #accepted(media: Media, answer: string): void {
    if (!this.outgoing || this.answered || (this.state.at !== 'preparing' && this.state.at !== 'ringing')) return;
    this.timers.clear('answer');
    this.watch.marks.set('answer', this.world.now());
    this.theirs = media;
    this.#connecting();
    void (async () => {
      try {
        await this.line.takeAnswer(answer);
        this.watch.marks.set('answer_set', this.world.now());
      } catch {
        this.leave('no_seal', { why: 'no_seal' });
      }
    })();
  }

  #superseded(by: CallKey): void {
    if (this.over) return;
    const captured = this.own.surrender(); // they go on under the other key
    this.end({ why: 'superseded' }, { silent: true });
    this.news.superseded(by, captured);
  }

  async #accept(offer: string, ice: IceConfig): Promise<void> {
    const answer = await this.line.answer(offer, ice, this.choices.relayOnly);
    if (this.over) return;
    this.watch.marks.set('answer_set', this.world.now());
    this.watch.marks.set('answer', this.world.now());
    this.accepting = true;
    await this.say({ type: 'accept', media: this.own.media, answer });
    if (!this.over) this.line.open();
  }

  #connecting(): void {
    this.answered = true;
    this.state = { at: 'connecting', since: this.world.now() };
    this.phases.follow(() => this.line.missing, TIMES.connect, (missing) => this.leave(this.line.failure, { why: this.line.failure, missing }));
  }

  protected override connected(): void {
    const now = this.world.now();
    this.watch.marks.set('dtls_connected', now);
    this.phases.done();
    if (!this.watch.begun && this.expectsSound) this.phases.enter('sound');
    if (this.state.at === 'connecting') {
      this.state = { at: 'live', since: this.since ?? now, back: undefined };
      this.news.live();
    } else if (this.state.at === 'reconnecting') {
      this.state = { at: 'live', since: this.state.liveSince, back: now - this.state.since };
    }
    this.recovery.connected();
    if (!this.saidConnected) {
      this.saidConnected = true;
      void this.step({ type: 'connected' }).catch(() => {});
    }
  }

  async #comeBack(): Promise<void> {
    const done = await this.step({ type: 'join', media: this.own.media, still_connected: false });
    if (this.over || done.value.type !== 'ice') return;
    await this.line.comeBack(done.value.ice, this.choices.relayOnly);
  }

  #signal(data: string): void {
    const signal = parseSignal(data);
    if (!signal) return;
    if (signal.type === 'phase') {
      const lasts = signal.lasts === undefined ? undefined : Math.min(signal.lasts, TIMES.phase);
      this.phase = { name: signal.phase, until: lasts === undefined ? undefined : this.world.now() + lasts };
      // It has heard all that it will, and judges after this: what only the page knows belongs to it.
      const source = signal.phase === 'playing' && sourceOf(this.own.stream?.getAudioTracks()[0], this.own.media.audio);
      if (source) this.send(source);
    } else {
      this.line.receive(signal);
    }
  }
}
