/** The connection of one call: made of what the server says of ways, fed with signals, closed once. */
import type { IceConfig } from '../api/IceConfig.ts';
import type { Signal } from '../api/Signal.ts';
import { MAX_EARLY_CANDIDATES, Negotiation } from './negotiation.ts';
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
}

export class Line {
  /** What comes in: voice and camera. */
  farStream = $state.raw<MediaStream | undefined>();
  /** What comes in beside them: the screen, and the sound of it. */
  farScreen = $state.raw<MediaStream | undefined>();

  readonly #world: World;
  readonly #news: LineNews;
  readonly #polite: boolean;
  #peer: RTCPeerConnection | undefined;
  #negotiation: Negotiation | undefined;
  /** Signals that came before there was a connection to give them to. */
  #early: Signal[] = [];

  constructor(world: World, role: { polite: boolean }, news: LineNews) {
    this.#world = world;
    this.#polite = role.polite;
    this.#news = news;
  }

  /** The caller: makes the connection and its offer. */
  async offer(ice: IceConfig, relayOnly: boolean, own: OwnMedia, made: (peer: RTCPeerConnection) => void): Promise<string> {
    const { peer, negotiation } = this.#connect(ice, relayOnly, made);
    own.offerOn(peer);
    return negotiation.offer();
  }

  /** The caller reads the answer; from now on signals pass. */
  async takeAnswer(answer: string): Promise<void> {
    await this.#negotiation?.takeAnswer(answer);
    this.open();
  }

  /** The callee: makes the connection out of the offer, and its answer. */
  async answer(offer: string, ice: IceConfig, relayOnly: boolean, own: OwnMedia, made: (peer: RTCPeerConnection) => void): Promise<string> {
    const { peer, negotiation } = this.#connect(ice, relayOnly, made);
    await negotiation.takeOffer(offer);
    await own.answerOn(peer);
    return negotiation.answer();
  }

  /** The other side is there: what waited goes both ways. */
  open(): void {
    this.#negotiation?.open();
    for (const signal of this.#early.splice(0)) void this.#negotiation?.receive(signal);
  }

  receive(signal: Signal): void {
    if (this.#negotiation) void this.#negotiation.receive(signal);
    else if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(signal);
  }

  /** Looks for another way. */
  restart(): void {
    this.#negotiation?.restart();
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
    this.#peer?.close();
    this.#peer = undefined;
    this.#negotiation = undefined;
    this.farStream = undefined;
    this.farScreen = undefined;
  }

  #connect(ice: IceConfig, relayOnly: boolean, made: (peer: RTCPeerConnection) => void): { peer: RTCPeerConnection; negotiation: Negotiation } {
    const peer = this.#world.peer({
      iceServers: ice.servers.map(({ urls, username, credential }) => ({
        urls,
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      })),
      iceTransportPolicy: ice.relay_only || relayOnly ? 'relay' : 'all',
      bundlePolicy: 'max-bundle',
    });
    const negotiation = new Negotiation(peer, { polite: this.#polite }, (signal) => this.#news.signal(signal));
    peer.ontrack = (event) => this.#track(event);
    peer.onconnectionstatechange = () => this.#news.changed(peer.connectionState);
    this.#peer = peer;
    this.#negotiation = negotiation;
    made(peer);
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
