/** For tests only: tracks, streams and a peer connection without a network. */

export class FakeTrack {
  enabled = true;
  stopped = false;
  readyState = 'live';
  deviceId: string | undefined;
  label = '';
  muted = false;
  onended: (() => void) | null = null;
  onunmute: (() => void) | null = null;
  readonly kind: 'audio' | 'video';
  constructor(kind: 'audio' | 'video') {
    this.kind = kind;
  }
  stop(): void {
    this.stopped = true;
    this.readyState = 'ended';
  }
  /** It is pulled out, or the browser ends it. */
  giveOut(): void {
    this.readyState = 'ended';
    this.onended?.();
  }
  getSettings(): { deviceId?: string } {
    return this.deviceId === undefined ? {} : { deviceId: this.deviceId };
  }
}

export class FakeStream {
  readonly tracks: FakeTrack[];
  constructor(tracks: FakeTrack[]) {
    this.tracks = tracks;
  }
  getTracks(): FakeTrack[] {
    return this.tracks;
  }
  getAudioTracks(): FakeTrack[] {
    return this.tracks.filter((track) => track.kind === 'audio');
  }
  getVideoTracks(): FakeTrack[] {
    return this.tracks.filter((track) => track.kind === 'video');
  }
}

interface Transceiver {
  direction: string;
  receiver: { track: FakeTrack };
  sender: { track: FakeTrack | null; replaceTrack(track: FakeTrack | null): Promise<void> };
}

export class FakePeer {
  readonly config: RTCConfiguration;
  signalingState = 'stable';
  connectionState = 'new';
  iceConnectionState = 'new';
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null;
  onnegotiationneeded: (() => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: { track: FakeTrack; transceiver: Transceiver }) => void) | null = null;
  readonly transceivers: Transceiver[] = [];
  /** Candidates that were taken, in order. */
  readonly added: (RTCIceCandidateInit | undefined)[] = [];
  restarts = 0;
  rollbacks = 0;
  configured: RTCConfiguration | undefined;
  #packets = 0;
  closed = false;
  stats = new Map<string, object>();
  #offers = 0;
  /** Fails the next remote description. */
  refuse = false;

  constructor(config: RTCConfiguration) {
    this.config = config;
  }

  addTransceiver(what: FakeTrack | 'audio' | 'video', init: { direction: string }): Transceiver {
    const kind = typeof what === 'string' ? what : what.kind;
    const made = this.#transceiver(kind, init.direction, typeof what === 'string' ? null : what);
    if (this.signalingState === 'stable') this.onnegotiationneeded?.();
    return made;
  }

  /** An offer of the other side brings one more section. */
  meet(kind: 'audio' | 'video'): Transceiver {
    const made = this.#transceiver(kind, 'recvonly', null);
    this.ontrack?.({ track: made.receiver.track, transceiver: made });
    return made;
  }

  getTransceivers(): Transceiver[] {
    return this.transceivers;
  }

  getReceivers(): { track: FakeTrack; getSynchronizationSources(): object[] }[] {
    const heard = (track: FakeTrack): object[] => (track.kind === 'audio' && this.#packets > 0 ? [{ timestamp: this.#packets, audioLevel: 0.5 }] : []);
    return this.transceivers.map(({ receiver: { track } }) => ({ track, getSynchronizationSources: () => heard(track) }));
  }

  /** A packet of sound came in, by the browser's own clock. */
  packet(timestamp: number): void {
    this.#packets = timestamp;
  }

  setConfiguration(config: RTCConfiguration): void {
    this.configured = config;
  }

  async createOffer(): Promise<{ type: string; sdp: string }> {
    this.#offers += 1;
    return { type: 'offer', sdp: `offer ${this.#offers}` };
  }

  async createAnswer(): Promise<{ type: string; sdp: string }> {
    return { type: 'answer', sdp: `answer to ${this.remoteDescription?.sdp ?? ''}` };
  }

  async setLocalDescription(given?: { type: string; sdp?: string }): Promise<void> {
    if (given?.type === 'rollback') {
      this.rollbacks += 1;
      this.signalingState = 'stable';
      return;
    }
    const description = (given as { type: string; sdp: string } | undefined) ?? (this.signalingState === 'have-remote-offer' ? await this.createAnswer() : await this.createOffer());
    this.localDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
  }

  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    await Promise.resolve();
    if (this.refuse) throw new Error('not understood');
    if (description.type === 'answer' && this.signalingState !== 'have-local-offer') throw new Error('no offer to answer');
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
    if (description.type === 'offer' && this.transceivers.length === 0) {
      this.#transceiver('audio', 'recvonly', null);
      this.#transceiver('video', 'recvonly', null);
    }
    for (const one of this.transceivers) this.ontrack?.({ track: one.receiver.track, transceiver: one });
  }

  async addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void> {
    if (!this.remoteDescription) throw new Error('no description yet');
    if (candidate && ((candidate.sdpMid ?? '0') > '1' || candidate.usernameFragment === 'old')) throw new Error('unknown');
    if (candidate?.candidate?.includes('broken')) throw new Error('cannot be read');
    this.added.push(candidate);
  }

  restartIce(): void {
    this.restarts += 1;
    this.onnegotiationneeded?.();
  }

  async getStats(): Promise<Map<string, object>> {
    return this.stats;
  }

  close(): void {
    this.closed = true;
  }

  become(connectionState: string): void {
    this.connectionState = connectionState;
    this.iceConnectionState = connectionState;
    this.oniceconnectionstatechange?.();
    this.onconnectionstatechange?.();
  }

  find(candidate: string | null): void {
    this.onicecandidate?.({ candidate: candidate === null ? null : { candidate, sdpMid: '0', usernameFragment: 'u1' } });
  }

  #transceiver(kind: 'audio' | 'video', direction: string, track: FakeTrack | null): Transceiver {
    const sender = {
      track,
      async replaceTrack(next: FakeTrack | null): Promise<void> {
        sender.track = next;
      },
    };
    const made = { direction, receiver: { track: new FakeTrack(kind) }, sender };
    this.transceivers.push(made);
    return made;
  }
}
