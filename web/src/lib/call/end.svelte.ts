/**
 * One end of a call: what it is made of, what it says to the server, how it ends. How it begins and goes on is in
 * `call.svelte.ts`.
 */
import type { AccountId } from '../api/AccountId.ts';
import type { CallKey } from '../api/CallKey.ts';
import type { Command } from '../api/Command.ts';
import type { LeaveWhy } from '../api/LeaveWhy.ts';
import type { Media } from '../api/Media.ts';
import type { Signal } from '../api/Signal.ts';
import type { Step } from '../api/Step.ts';
import type { Target } from '../api/Target.ts';
import { Line } from './line.svelte.ts';
import { OwnMedia } from './own.svelte.ts';
import { Phases } from './phases.svelte.ts';
import { type Broken, Recovery } from './recover.ts';
import { answeredEnding, type CallNews, type CallParts, type CallState, codeOf, type Ending, endingOf, type Summary, TIMES } from './state.ts';
import { Timers } from './timers.ts';
import { Watch } from './watch.svelte.ts';
import type { Choices, Link, World } from './world.ts';

type TimerName = 'ring' | 'answer';

export abstract class End {
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
  /** What is missing before people talk. */
  readonly phases: Phases;
  /** Figures while it runs. */
  readonly watch: Watch;

  protected readonly world: World;
  protected readonly link: Link;
  protected readonly owed: CallParts['owed'];
  protected readonly choices: Choices;
  protected readonly news: CallNews;
  protected readonly timers: Timers<TimerName>;
  protected readonly line: Line;
  protected readonly recovery: Recovery;
  /** When people began to talk, if this page came to a call that ran. */
  protected since: number | undefined;
  protected offer = '';
  protected invited = false;
  protected accepting = false;
  protected answered = false;
  protected saidConnected = false;

  protected constructor(parts: CallParts, news: CallNews, outgoing: boolean) {
    this.key = parts.key;
    this.peer = parts.peer;
    this.to = parts.to;
    this.viaServer = parts.viaServer;
    this.outgoing = outgoing;
    this.video = parts.media.video;
    this.world = parts.world;
    this.link = parts.link;
    this.owed = parts.owed;
    this.choices = parts.choices;
    this.news = news;
    this.watch = new Watch(parts.world, parts.viaServer, () => this.phases.done('sound'));
    this.timers = new Timers((ms, run) => parts.world.after(ms, run));
    this.phases = new Phases(parts.world);
    this.own = new OwnMedia(parts.world, parts.choices, () => this.tellMedia());
    this.line = new Line(parts.world, { polite: !outgoing }, this.own, {
      signal: (signal) => this.send(signal),
      arrived: (kind) => kind === 'audio' && this.watch.sound(),
      changed: (state) => this.connectionChanged(state),
      made: (peer) => this.watch.follow(peer),
      failed: () => this.leave('no_seal', { why: 'no_seal' }),
    });
    this.recovery = new Recovery(parts.world, parts.link, outgoing, this.broken());
    if (outgoing) this.own.media = parts.media;
    else this.theirs = parts.media;
  }

  /** Media flow, or flow again. */
  protected abstract connected(): void;

  get over(): boolean {
    return this.state.at === 'ended';
  }

  /** Whether people talk, so that a page that is loaded again can come back to it. The server itself waits for nobody. */
  get stays(): boolean {
    return this.answered && !this.over && !this.viaServer;
  }

  /** The page goes away: says so by the one way that still works, with the report. */
  pageClosed(): void {
    if (this.over || this.state.at === 'incoming') return;
    this.watch.marks.set('leave', this.world.now());
    const endpoint = this.link.endpoint;
    const commands: Command[] = [];
    if (!this.stays) commands.push({ type: 'call', key: this.key, step: { type: 'leave', why: 'page_closed' } });
    // Without a connection there is no endpoint that could go: the server has seen it go, and waits already.
    else if (endpoint !== undefined) commands.push({ type: 'call', key: this.key, step: { type: 'away', endpoint } });
    if (this.answered) {
      commands.push({ type: 'report_call', key: this.key, report: this.watch.write(this.side, this.link.clock, 'page_closed') });
    }
    this.world.farewell(commands);
    this.end({ why: 'page_closed' }, { silent: true });
  }

  /** The durable record says that it is over: the event that said so first was lost (case B2). */
  settled(outcome: Parameters<typeof endingOf>[0]): void {
    if (!this.over) this.end(this.answered ? answeredEnding(endingOf(outcome)) : endingOf(outcome));
  }

  /** The network of this device changed. */
  networkChanged(): void {
    if (this.answered && !this.over) this.recovery.networkChanged();
  }

  /** A server that has just started waits for the caller first. */
  protected async say(step: Step): Promise<void> {
    for (;;) {
      try {
        return void (await this.step(step));
      } catch (error) {
        if (this.over || codeOf(error) !== 'call_waits') throw error;
        await new Promise<void>((resolve) => this.world.after(TIMES.waits, resolve));
      }
    }
  }

  protected connectionChanged(state: RTCPeerConnectionState): void {
    switch (state) {
      case 'connected':
        return this.connected();
      case 'disconnected':
        return this.recovery.disconnected();
      case 'failed':
        if (this.state.at === 'connecting') return this.leave(this.line.failure, { why: this.line.failure, missing: this.line.missing });
        return this.recovery.lostSight();
      default:
        return;
    }
  }

  /** What the other side sends now. Whoever sends no sound owes none. */
  protected theyHave(media: Media): void {
    this.theirs = media;
    if (!this.expectsSound) this.phases.done('sound');
    void this.own.pause(media.held === true);
  }

  /** Whether sound should be coming in. */
  protected get expectsSound(): boolean {
    return this.theirs.audio && !this.theirs.held && !this.own.media.held;
  }

  protected send(signal: Signal): void {
    if (signal.type === 'candidate') this.watch.marks.set('first_candidate', this.world.now());
    // One lost candidate is no reason to end a call.
    void this.step({ type: 'signal', data: JSON.stringify(signal) }).catch(() => {});
  }

  /** What the recovery may do to this call. */
  protected broken(): Broken {
    return {
      state: () => this.state,
      heardAt: () => this.watch.heardAt,
      expectsSound: () => this.expectsSound,
      media: () => this.own.media,
      line: this.line,
      to: (state) => (this.state = state),
      step: (step) => this.step(step),
      back: () => this.connected(),
      giveUp: () => this.leave('no_path', { why: 'lost' }),
      gone: () => this.end({ why: 'lost' }),
      ways: (ice) => this.line.ways(ice),
      anew: () => {
        this.saidConnected = false;
        this.line.await();
      },
    };
  }

  protected step(step: Step): ReturnType<Link['command']> {
    return this.link.command({ type: 'call', key: this.key, step });
  }

  protected tellMedia(): void {
    if (!this.expectsSound) this.phases.done('sound');
    if (this.answered || this.invited) void this.step({ type: 'media', media: this.own.media }).catch(() => {});
  }

  protected get side(): 'caller' | 'callee' {
    return this.outgoing ? 'caller' : 'callee';
  }

  protected refused(error: unknown): void {
    if (this.over) return;
    const code = codeOf(error);
    if (code === 'nobody_there') return this.end({ why: 'not_answered' });
    if (code === 'already_answered' || code === 'conflict') return this.end({ why: 'answered_elsewhere' }, { silent: true });
    if (code === 'offline' && this.invited) return; // it is said again when the connection is back
    if (code === 'call_gone') return this.end({ why: this.outgoing ? 'lost' : 'missed' }, { silent: true });
    if (this.invited || this.accepting) this.owed.step(this.key, { type: 'leave', why: 'hang_up' });
    this.end({ why: 'refused', code }, { silent: true });
  }

  protected leave(why: LeaveWhy, ending: Ending): void {
    if (this.over) return;
    this.watch.marks.set('leave', this.world.now());
    if (this.invited || this.accepting) this.owed.step(this.key, { type: 'leave', why });
    else if (!this.outgoing) this.owed.step(this.key, { type: 'decline' }); // the answer is not out yet
    this.end(ending);
  }

  /** `silent`: nobody is told and nothing is reported, as somebody else does or there is nothing to say. */
  protected end(ending: Ending, how: { silent?: boolean } = {}): void {
    if (this.over) return;
    const now = this.world.now();
    const liveSince = this.state.at === 'live' ? this.state.since : this.state.at === 'reconnecting' ? this.state.liveSince : undefined;
    this.watch.marks.set('ended', now);
    this.timers.clearAll();
    this.recovery.stop();
    this.phases.done();
    this.state = { at: 'ended', ending, lasted: liveSince === undefined ? undefined : now - liveSince };
    this.own.end();
    void this.finish(ending, !(how.silent ?? false) && this.answered);
    if (ending.why !== 'superseded' || !this.outgoing) this.news.ended();
  }

  protected async finish(ending: Ending, report: boolean): Promise<void> {
    this.line.silence();
    await this.watch.stop();
    this.line.close();
    if (!report) return;
    const why = ending.why === 'far_hung_up' ? 'far_hang_up' : ending.why === 'hung_up' ? 'hang_up' : ending.why;
    this.summary = this.watch.summary(this.side, this.link.clock, why);
    const text = this.watch.write(this.side, this.link.clock, why);
    this.owed.say({ type: 'report_call', key: this.key, report: text });
  }
}
