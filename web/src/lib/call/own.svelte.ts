/** What this end sends: microphone and camera, opened and closed without a new offer (`replaceTrack`). */
import type { Media } from '../api/Media.ts';
import { acquire, type Captured, release } from './capture.ts';
import type { Choices, World } from './world.ts';

type Kind = 'audio' | 'video';

export class OwnMedia {
  /** What is open now. */
  media = $state.raw<Media>({ audio: false, video: false });
  /** To show ourselves. */
  stream = $state.raw<MediaStream | undefined>();
  /** Devices that gave out during the call. */
  trouble = $state.raw<Captured['problems']>({});

  readonly #world: World;
  readonly #choices: Choices;
  /** Tells the other side. */
  readonly #tell: () => void;
  #captured: Captured | undefined;
  #peer: RTCPeerConnection | undefined;
  #over = false;
  #switching = false;

  constructor(world: World, choices: Choices, tell: () => void) {
    this.#world = world;
    this.#choices = choices;
    this.#tell = tell;
  }

  /** These devices are open and belong to the call from now on. */
  take(captured: Captured): void {
    if (this.#over) return release(captured);
    this.#captured = captured;
    this.media = { audio: captured.audio?.enabled ?? false, video: captured.video !== undefined };
    this.#guard('audio');
    this.#guard('video');
    this.#show();
  }

  /** The caller: one section for each kind from the first offer on, with or without something in it. */
  offerOn(peer: RTCPeerConnection): void {
    this.#peer = peer;
    const streams = this.stream ? [this.stream] : [];
    peer.addTransceiver(this.#captured?.audio ?? 'audio', { direction: 'sendrecv', streams });
    peer.addTransceiver(this.#captured?.video ?? 'video', { direction: 'sendrecv', streams });
  }

  /** The callee: into the sections that were offered. */
  async answerOn(peer: RTCPeerConnection): Promise<void> {
    this.#peer = peer;
    const streams = this.stream ? [this.stream] : [];
    for (const transceiver of peer.getTransceivers()) {
      const kind = transceiver.receiver.track.kind === 'video' ? 'video' : 'audio';
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(...streams);
      await transceiver.sender.replaceTrack(this.#captured?.[kind] ?? null);
    }
  }

  /** Opens or closes the microphone. */
  async setAudio(open: boolean): Promise<void> {
    if (this.#over || open === this.media.audio) return;
    if (open && !this.#captured?.audio) await this.#open('audio');
    const track = this.#captured?.audio;
    if (open && !track) return;
    if (track) track.enabled = open;
    this.media = { ...this.media, audio: open };
    this.#tell();
  }

  /** Opens or closes the camera; closed, its light goes out. */
  async setVideo(open: boolean): Promise<void> {
    if (this.#over || open === this.media.video || this.#switching) return;
    this.#switching = true;
    try {
      if (open) await this.#open('video');
      else await this.#close('video');
    } finally {
      this.#switching = false;
    }
    if (this.#over || (open && !this.#captured?.video)) return;
    this.media = { ...this.media, video: open };
    this.#show();
    this.#tell();
  }

  /** Another microphone or camera was chosen. */
  async switchDevice(kind: Kind): Promise<void> {
    if (this.#over || !this.media[kind]) return;
    this.#captured?.[kind]?.stop();
    await this.#open(kind);
    this.#show();
  }

  /** Hands the devices on to another call. */
  surrender(): Captured | undefined {
    const captured = this.#captured;
    this.#captured = undefined;
    for (const track of [captured?.audio, captured?.video]) if (track) track.onended = null;
    return captured;
  }

  /** The call is over: everything is closed. */
  end(): void {
    this.#over = true;
    release(this.#captured);
    this.#captured = undefined;
    this.#peer = undefined;
    this.stream = undefined;
  }

  async #open(kind: Kind): Promise<void> {
    const got = await acquire(this.#world, this.#choices, { audio: kind === 'audio', video: kind === 'video' });
    if (this.#over) return release(got);
    this.trouble = got.problems;
    this.#captured = { ...(this.#captured ?? { audio: undefined, video: undefined, problems: {} }), [kind]: got[kind] };
    this.#guard(kind);
    if (got[kind]) await this.#sender(kind)?.replaceTrack(got[kind]);
  }

  async #close(kind: Kind): Promise<void> {
    this.#captured?.[kind]?.stop();
    if (this.#captured) this.#captured = { ...this.#captured, [kind]: undefined };
    await this.#sender(kind)?.replaceTrack(null);
  }

  /** A device that is pulled out: the default one takes its place, and the person is told if there is none. */
  #guard(kind: Kind): void {
    const track = this.#captured?.[kind];
    if (!track) return;
    track.onended = () => {
      if (this.#over || this.#captured?.[kind] !== track) return;
      void this.#open(kind).then(() => {
        if (this.#over) return;
        this.media = { ...this.media, [kind]: this.#captured?.[kind] !== undefined && this.media[kind] };
        this.#show();
        this.#tell();
      });
    };
  }

  #sender(kind: Kind): RTCRtpSender | undefined {
    return this.#peer?.getTransceivers().find((one) => one.receiver.track.kind === kind)?.sender;
  }

  #show(): void {
    const tracks = [this.#captured?.audio, this.#captured?.video].filter((track) => track !== undefined);
    this.stream = tracks.length > 0 ? this.#world.stream(tracks) : undefined;
  }
}
