/**
 * The connection of one call: made of what the server says of ways, fed with signals, closed once. When one end lost its own
 * (its page was loaded again), both make a new one: the end that comes back offers, and the pair travels as signals.
 */
import type { IceConfig } from '../api/IceConfig.ts';
import type { Signal } from '../api/Signal.ts';
import { answerTo, type Description, MAX_EARLY_CANDIDATES, Negotiation } from './negotiation.ts';
import type { OwnMedia } from './own.svelte.ts';
import { limitCodecs } from './screen.svelte.ts';
import type { World } from './world.ts';

export interface LineNews {
  /** A line for the other side. */
  signal(signal: Signal): void;
  /** The first packet of a kind came in. */
  arrived(kind: 'audio' | 'video'): void;
  /** The state of the connection changed. */
  changed(state: RTCPeerConnectionState): void;
  /** A connection was made. */
  made(peer: RTCPeerConnection): void;
  /** The first descriptions of a new connection were not understood. */
  failed(): void;
}

export class Line {
  /** What comes in: voice and camera. */
  farStream = $state.raw<MediaStream | undefined>();
  /** What comes in beside them: the screen, and the sound of it. */
  farScreen = $state.raw<MediaStream | undefined>();

  readonly #world: World;
  readonly #news: LineNews;
  readonly #polite: boolean;
  readonly #own: OwnMedia;
  #relayOnly = false;
  #ice: IceConfig = { servers: [], relay_only: false };
  #peer: RTCPeerConnection | undefined;
  #negotiation: Negotiation | undefined;
  /** Signals that came before there was a connection to give them to. */
  #early: Signal[] = [];
  /** What this end waits for before a new connection is agreed. */
  #awaits: 'offer' | 'answer' | undefined;
  #closed = false;

  constructor(world: World, role: { polite: boolean }, own: OwnMedia, news: LineNews) {
    this.#world = world;
    this.#polite = role.polite;
    this.#own = own;
    this.#news = news;
  }

  /** The caller: makes the connection and its offer. */
  async offer(ice: IceConfig, relayOnly: boolean): Promise<string> {
    this.#set(ice, relayOnly);
    const { peer, negotiation } = this.#connect();
    this.#own.offerOn(peer);
    return negotiation.offer();
  }

  /** The caller reads the answer; from now on signals pass. */
  async takeAnswer(answer: string): Promise<void> {
    await this.#negotiation?.takeAnswer(answer);
    this.open();
  }

  /** The callee: makes the connection out of the offer, and its answer. */
  async answer(offer: string, ice: IceConfig, relayOnly: boolean): Promise<string> {
    this.#set(ice, relayOnly);
    return this.#answer(offer);
  }

  /** The other side is there: what waited goes both ways. */
  open(): void {
    this.#negotiation?.open();
    for (const signal of this.#early.splice(0)) void this.#negotiation?.receive(signal);
  }

  receive(signal: Signal): void {
    if (this.#awaits !== undefined && signal.type === 'description' && signal.kind === this.#awaits) {
      if (signal.kind === 'answer' && this.#negotiation?.answers(signal) === false) return; // to what was before
      void this.#agree(signal).catch(() => this.#closed || this.#news.failed());
    } else if (this.#negotiation && this.#awaits !== 'offer') {
      void this.#negotiation.receive(signal);
    } else if (this.#early.length < MAX_EARLY_CANDIDATES) {
      this.#early.push(signal);
    }
  }

  /** This end comes back without a connection: makes a new one and offers it. */
  async comeBack(ice: IceConfig, relayOnly: boolean): Promise<void> {
    await this.offer(ice, relayOnly);
    if (this.#closed || !this.#negotiation) return;
    this.#awaits = 'answer';
    this.#news.signal(this.#negotiation.offered);
    this.#negotiation.open();
  }

  /** The other end comes back without one: what there was is over, and its offer is on the way. */
  await(): void {
    this.#drop();
    this.#early = [];
    this.#awaits = 'offer';
  }

  /** The offer that waits for its answer, with what was found since. */
  get offered(): string | undefined {
    return this.#peer?.localDescription?.sdp;
  }

  /** A connection that the other end has not agreed to yet. */
  get isNew(): boolean {
    return this.#awaits === 'answer';
  }

  get connected(): boolean {
    return this.#peer?.connectionState === 'connected';
  }

  /** Looks for another way. `afresh`: the network is another one. */
  restart(afresh = false): void {
    this.#negotiation?.restart(afresh);
  }

  /** Sends an offer once more that nobody answered. */
  repeat(): void {
    this.#negotiation?.repeat();
  }

  /** How to look for ways from now on: a server that started anew has other credentials. */
  ways(ice: IceConfig): void {
    this.#set(ice, this.#relayOnly);
    try {
      this.#peer?.setConfiguration(this.#configuration());
    } catch {
      // The connection goes on with what it has.
    }
  }

  /** What a connection that is being made waits for. */
  get missing(): 'addresses' | 'path' | 'seal' {
    if (this.failure === 'no_seal') return 'seal';
    return this.#negotiation?.reachable ? 'path' : 'addresses';
  }

  /** Why it does not begin: a pair that works without a seal means that sealing failed. */
  get failure(): 'no_path' | 'no_seal' {
    const ice = this.#peer?.iceConnectionState;
    return ice === 'connected' || ice === 'completed' ? 'no_seal' : 'no_path';
  }

  /** Hears nothing any more; the connection stays for a last look at its statistics. */
  silence(): void {
    const peer = this.#peer;
    if (!peer) return;
    peer.onconnectionstatechange = null;
    peer.onnegotiationneeded = null;
    peer.onicecandidate = null;
    peer.ontrack = null;
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #drop(): void {
    this.silence();
    this.#peer?.close();
    this.#peer = undefined;
    this.#negotiation = undefined;
    this.farStream = undefined;
    this.farScreen = undefined;
  }

  /** The first pair of a new connection. */
  async #agree({ sdp, offer }: Description): Promise<void> {
    if (this.#awaits === 'answer') {
      this.#awaits = undefined;
      return this.takeAnswer(sdp);
    }
    this.#awaits = undefined;
    const answer = await this.#answer(sdp);
    if (this.#closed) return;
    this.#news.signal(answerTo(offer, answer));
    this.open();
  }

  async #answer(offer: string): Promise<string> {
    const { peer, negotiation } = this.#connect();
    await negotiation.takeOffer(offer);
    await this.#own.answerOn(peer);
    return negotiation.answer();
  }

  #set(ice: IceConfig, relayOnly: boolean): void {
    this.#ice = ice;
    this.#relayOnly = relayOnly;
  }

  #configuration(): RTCConfiguration {
    return {
      iceServers: this.#ice.servers.map(({ urls, username, credential }) => ({
        urls,
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      })),
      iceTransportPolicy: this.#ice.relay_only || this.#relayOnly ? 'relay' : 'all',
      bundlePolicy: 'max-bundle',
    };
  }

  #connect(): { peer: RTCPeerConnection; negotiation: Negotiation } {
    if (this.#closed) throw new Error('the call is over');
    this.#drop();
    const peer = this.#world.peer(this.#configuration());
    const negotiation = new Negotiation(peer, { polite: this.#polite }, (signal) => this.#news.signal(signal));
    peer.ontrack = (event) => this.#track(event);
    peer.onconnectionstatechange = () => this.#news.changed(peer.connectionState);
    this.#peer = peer;
    this.#negotiation = negotiation;
    this.#news.made(peer);
    return { peer, negotiation };
  }

  #track({ track, transceiver }: RTCTrackEvent): void {
    const first = this.#peer?.getTransceivers().find((one) => one.receiver.track.kind === track.kind);
    const beside = first !== undefined && first !== transceiver;
    const before = beside ? this.farScreen : this.farStream;
    const others = (before?.getTracks() ?? []).filter((known) => known.kind !== track.kind);
    const stream = this.#world.stream([...others, track]);
    if (beside) {
      this.farScreen = stream;
      if (track.kind === 'video') limitCodecs(transceiver, this.#world); // our own later offers have to fit, too
      return;
    }
    this.farStream = stream;
    // A remote track is muted until its first packet (WebRTC 1.0 §5.3).
    track.onunmute = () => this.#news.arrived(track.kind === 'video' ? 'video' : 'audio');
  }
}
