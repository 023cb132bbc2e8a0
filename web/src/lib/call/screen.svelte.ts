/**
 * The screen beside the camera: sections of its own, added by a later offer when it is shown first and used again after
 * that. However a share ends (our button, the browser's own, the window that is closed, the call, another share), it
 * ends in `stop` (case B7).
 */
import type { World } from './world.ts';

export class Screen {
  /** What is shown to the other side. */
  stream = $state.raw<MediaStream | undefined>();
  /** The system keeps the browser from seeing the screen. */
  blocked = $state.raw(false);

  readonly #world: World;
  /** What is sent has changed. */
  readonly #changed: () => void;
  #peer: RTCPeerConnection | undefined;
  #video: RTCRtpTransceiver | undefined;
  #audio: RTCRtpTransceiver | undefined;
  #asking = false;
  /** Sections are filled one after another. */
  #tail: Promise<void> = Promise.resolve();
  #paused = false;
  #over = false;

  constructor(world: World, changed: () => void) {
    this.#world = world;
    this.#changed = changed;
  }

  /** Whether this browser can show a screen at all. */
  get possible(): boolean {
    return this.#world.display !== undefined;
  }

  /** The connection it is sent on: another one is given what is shown now. */
  on(peer: RTCPeerConnection): void {
    this.#peer = peer;
    this.#video = undefined;
    this.#audio = undefined;
    void this.#put();
  }

  /** The browser asks which screen, anew each time. A share that runs goes on until the new one is there. */
  async start(): Promise<void> {
    if (!this.#world.display || !this.#peer || this.#asking || this.#over) return;
    this.#asking = true;
    this.blocked = false;
    try {
      await this.#begin(await this.#world.display());
    } catch (error) {
      this.blocked = isBlocked(error);
    } finally {
      this.#asking = false;
    }
  }

  /** Nobody sees or hears it any more; the camera is as it was. */
  stop(): void {
    if (!this.stream) return;
    release(this.stream);
    this.stream = undefined;
    void this.#put();
    if (!this.#over) this.#changed();
  }

  /** Paused, it stays open but is not sent: the other side is not there to see it. */
  async pause(paused: boolean): Promise<void> {
    this.#paused = paused;
    await this.#put();
  }

  end(): void {
    this.#over = true;
    this.stop();
    this.#peer = undefined;
  }

  async #begin(stream: MediaStream): Promise<void> {
    const [video] = stream.getVideoTracks();
    // It may have ended while the browser handed it out: no event says so any more.
    if (this.#over || !video || video.readyState === 'ended') return release(stream);
    if (this.stream) release(this.stream);
    if ('contentHint' in video) video.contentHint = 'detail'; // text has to be sharp more than smooth
    video.onended = () => {
      if (this.stream === stream) this.stop();
    };
    this.stream = stream;
    await this.#put();
    this.#changed();
  }

  #put(): Promise<void> {
    // A connection that is closed meanwhile takes nothing more.
    this.#tail = this.#tail.then(() => this.#fill()).catch(() => {});
    return this.#tail;
  }

  async #fill(): Promise<void> {
    const { stream } = this;
    const [video] = stream?.getVideoTracks() ?? [];
    const [audio] = stream?.getAudioTracks() ?? [];
    this.#video = await this.#place(this.#video, 'video', video, stream);
    this.#audio = await this.#place(this.#audio, 'audio', audio, stream);
  }

  /** Sends a track in a section of its own: the one that was used before, one that the other side made, else a new one. */
  async #place(
    known: RTCRtpTransceiver | undefined,
    kind: 'audio' | 'video',
    track: MediaStreamTrack | undefined,
    stream: MediaStream | undefined,
  ): Promise<RTCRtpTransceiver | undefined> {
    const peer = this.#peer;
    if (!peer || (!known && !track)) return known;
    const one = known ?? peer.getTransceivers().filter((each) => each.receiver.track.kind === kind && each.direction !== 'stopped')[1];
    const sent = this.#paused ? null : (track ?? null);
    if (!one) {
      if (!track) return undefined;
      const made = peer.addTransceiver(track, { direction: 'sendrecv', streams: stream ? [stream] : [] });
      if (kind === 'video') limitCodecs(made, this.#world);
      if (this.#paused) await made.sender.replaceTrack(null);
      return made;
    }
    if (stream) one.sender.setStreams?.(stream);
    if (track && one.direction !== 'sendrecv') one.direction = 'sendrecv';
    await one.sender.replaceTrack(sent);
    return one;
  }
}

/** Few codecs, so that an offer with two pictures still fits into a signal. */
export function limitCodecs(transceiver: RTCRtpTransceiver, world: World): void {
  const codecs = world.screenCodecs();
  try {
    if (codecs.length > 0) transceiver.setCodecPreferences?.(codecs);
  } catch {
    // The browser knows them by other names: the offer is longer, that is all.
  }
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
  }
}

/** Who closes the browser's question wants no words; who is kept from the screen by the system does. */
function isBlocked(error: unknown): boolean {
  const { name, message } = error as Partial<DOMException>;
  return name === 'NotReadableError' || (name === 'NotAllowedError' && /system/i.test(message ?? ''));
}
