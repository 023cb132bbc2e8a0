/** Looks at a running call: often until sound flows, then once a second. Keeps its moments and its last figures. */
import type { CallReport } from '../api/CallReport.ts';
import type { Path } from '../api/Path.ts';
import type { Side } from '../api/Side.ts';
import { Marks } from './marks.ts';
import { type Direction, judge, PACKET_MS, type Verdict, verdict, worse } from './quality.ts';
import { makeReport, writeReport } from './report.ts';
import type { Summary } from './state.ts';
import { read, type Reading } from './stats.ts';
import type { ServerClock, World } from './world.ts';

/** ms between two looks, before and after everything has begun. */
const EAGER = 100;
const CALM = 1000;
/** Eager looks go on for this long after the first sound, for the video and the way that come a little later, in ms. */
const EAGER_AFTER = 3_000;
/** They end after this many ms even if nothing ever comes. */
const EAGER_FOR = 25_000;
/** ICE settles on its pair within this time of the first one; a change after that is news, in ms. */
const SETTLING = 5_000;
/** ms between two looks at the level of what comes in. */
const LEVEL = 100;
/** Points of the trend; when they are full, two become one. */
const MAX_TREND = 240;
/** Packets that make a span worth judging: nearly a second. */
const SPAN_PACKETS = 40;
/** A last look must not hold up the end, in ms. */
const LAST_LOOK = 400;
/** A look without an answer for this long is given up, in ms: Firefox answers none of a connection that closes meanwhile. */
const LOOK = 5_000;

export class Watch {
  path = $state.raw<Path | undefined>();
  /** Round trip, in ms. */
  rtt = $state.raw<number | undefined>();
  /** Level of what comes in, 0 to 1. */
  level = $state.raw(0);
  /** How it has sounded over the last seconds, in the worse of both directions. */
  verdict = $state.raw<Verdict | undefined>();
  /** What comes from the other side, over the last seconds. */
  heard = $state.raw<Direction | undefined>();
  /** What reaches the other side, as it says itself. */
  sent = $state.raw<Direction | undefined>();

  /** When the last sound came in, by the own clock; unknown until there was one. */
  heardAt: number | undefined;

  readonly marks = new Marks();
  readonly #world: World;
  readonly #viaServer: boolean;
  readonly #begins: () => void;
  #peer: RTCPeerConnection | undefined;
  #last: Reading | undefined;
  #selected: string | undefined;
  #selectedSince: number | undefined;
  #over = false;
  #trend: number[] = [];
  #trendStep = 1;
  #trendFill: number[] = [];
  #spanFrom: Reading | undefined;
  /** When the look began that has no answer yet. */
  #looking: number | undefined;
  /** The browser's own time of the newest packet. */
  #packetAt: number | undefined;
  #cancel: (() => void) | undefined;
  #cancelLevel: (() => void) | undefined;

  /** `begins`: the first sound came in, by whatever it was seen. */
  constructor(world: World, viaServer: boolean, begins: () => void = () => {}) {
    this.#world = world;
    this.#viaServer = viaServer;
    this.#begins = begins;
  }

  /** Whether sound has come in at all. */
  get begun(): boolean {
    return this.marks.has('first_audio');
  }

  /** Sound comes in. `codec`: where it is known. */
  sound(codec?: string): void {
    if (this.begun || this.#over) return;
    this.marks.set('first_audio', this.#world.now(), codec);
    this.#begins();
  }

  follow(peer: RTCPeerConnection): void {
    this.#cancel?.();
    this.#cancelLevel?.();
    this.#peer = peer;
    // Another connection counts from nothing.
    this.#spanFrom = undefined;
    this.#selected = undefined;
    this.#packetAt = undefined;
    this.#looking = undefined;
    const begun = this.#world.now();
    this.#cancel = this.#world.every(EAGER, () => {
      void this.look();
      if (this.#settled() || this.#world.now() - begun >= EAGER_FOR) this.#calm();
    });
    this.#cancelLevel = this.#world.every(LEVEL, () => this.#hear());
    peer.oniceconnectionstatechange = () => {
      const at = this.#world.now();
      if (peer.iceConnectionState === 'checking') this.marks.set('first_check', at);
      if (peer.iceConnectionState === 'connected' || peer.iceConnectionState === 'completed') {
        this.marks.set('valid_pair', at);
        this.marks.set('ice_connected', at);
      }
    };
  }

  /** One look. Looks at one connection do not overlap, and what is told of an earlier one is left. */
  async look(): Promise<void> {
    const peer = this.#peer;
    const now = this.#world.now();
    if (!peer || (this.#looking !== undefined && now - this.#looking < LOOK)) return;
    this.#looking = now;
    if (peer.connectionState === 'connected' && !this.#over) this.marks.set('dtls_connected', now);
    const stats = await peer.getStats().catch(() => undefined); // closed meanwhile
    if (this.#looking !== now || this.#peer !== peer) return;
    this.#looking = undefined;
    if (stats) this.#took(read(stats, this.#viaServer));
  }

  /** A last look, if it comes soon; then no more. */
  async stop(): Promise<void> {
    this.#over = true;
    this.#cancel?.();
    this.#cancelLevel?.();
    this.level = 0;
    if (!this.#peer) return;
    let cancel = (): void => {};
    await Promise.race([this.look(), new Promise<void>((resolve) => (cancel = this.#world.after(LAST_LOOK, resolve)))]);
    cancel();
    this.#peer.oniceconnectionstatechange = null;
    this.#peer = undefined;
  }

  report(side: Side, clock: ServerClock, ended: string): CallReport {
    return makeReport({ side, agent: this.#world.agent, clock, marks: this.marks, last: this.#last, ended });
  }

  write(side: Side, clock: ServerClock, ended: string): string {
    return writeReport(this.report(side, clock, ended));
  }

  summary(side: Side, clock: ServerClock, ended: string): Summary {
    const report = this.report(side, clock, ended);
    return { verdict: verdict(report.audio), report, trend: [...this.#trend] };
  }

  #settled(): boolean {
    const first = this.marks.at('first_audio');
    return first !== undefined && this.#world.now() - first >= EAGER_AFTER;
  }

  #calm(): void {
    this.#cancel?.();
    this.#cancel = this.#world.every(CALM, () => void this.look());
  }

  #took(reading: Reading): void {
    const now = this.#world.now();
    this.#seen(reading, now);
    this.path = reading.path ?? this.path;
    this.rtt = reading.rtt ?? this.rtt;
    this.#judge(reading);
    const before = this.#last;
    // While another way is looked for none is in use; the report tells of the last one that was.
    const away = reading.selected === undefined && before?.selected !== undefined;
    this.#last = away ? { ...reading, pairs: before.pairs, path: before.path, selected: before.selected } : reading;
  }

  /** A moment is when it was seen; what only the last look shows has no moment. */
  #seen(reading: Reading, now: number): void {
    if (this.#over) return;
    const { audio, video } = reading;
    if (reading.checking) this.marks.set('first_check', now);
    if (reading.valid) this.marks.set('valid_pair', now);
    if (audio.packets_sent > 0) this.marks.set('first_audio_sent', now, audio.codec);
    if (audio.packets_received > 0) this.sound(audio.codec);
    if ((video?.packets_sent ?? 0) > 0) this.marks.set('first_video_sent', now, video?.codec);
    if ((video?.frames ?? 0) > 0) this.marks.set('first_video', now, video?.codec);
    if (reading.selected === undefined || reading.selected === this.#selected) return;
    this.#selectedSince ??= now;
    const settled = now - this.#selectedSince >= SETTLING;
    const elsewhere = this.path !== undefined && reading.path !== undefined && reading.path !== this.path;
    if (this.#selected !== undefined && (settled || elsewhere)) this.marks.set('path_changed', now, reading.path);
    this.#selected = reading.selected;
  }

  /** What came in since about a second. */
  #judge(reading: Reading): void {
    const before = this.#spanFrom;
    const expected =
      reading.audio.packets_received + reading.audio.packets_lost - (before?.audio.packets_received ?? 0) - (before?.audio.packets_lost ?? 0);
    if (before && expected < SPAN_PACKETS) return;
    this.#spanFrom = reading;
    if (!before) return;
    const lost = Math.max(0, reading.audio.packets_lost - before.audio.packets_lost) / expected;
    const concealed = Math.max(0, reading.audio.concealed - before.audio.concealed) / (expected * PACKET_MS);
    const rtt = reading.rtt ?? 0;
    this.heard = judge({ lost, concealed, rtt, jitter: reading.audio.jitter ?? 0 });
    this.sent = reading.far && judge({ ...reading.far, concealed: 0, rtt });
    this.verdict = worse(this.heard.verdict, this.sent?.verdict);
    this.#keep(Math.min(1, Math.max(lost, concealed)));
  }

  #keep(bad: number): void {
    this.#trendFill.push(bad);
    if (this.#trendFill.length < this.#trendStep) return;
    this.#trend.push(Math.max(...this.#trendFill));
    this.#trendFill = [];
    if (this.#trend.length < MAX_TREND) return;
    this.#trend = this.#trend.flatMap((value, i) => (i % 2 === 0 ? [Math.max(value, this.#trend[i + 1] ?? 0)] : []));
    this.#trendStep *= 2;
  }

  /** The level between two looks, where the browser tells it without one (WebRTC 1.0, `getSynchronizationSources`). */
  #hear(): void {
    let most = 0;
    for (const receiver of this.#peer?.getReceivers() ?? []) {
      if (receiver.track.kind !== 'audio') continue;
      const source = receiver.getSynchronizationSources?.()[0];
      most = Math.max(most, source?.audioLevel ?? this.#last?.heard ?? 0);
      if (source === undefined || source.timestamp === this.#packetAt) continue;
      this.#packetAt = source.timestamp;
      this.heardAt = this.#world.now();
      this.sound();
    }
    this.level = most;
  }
}
