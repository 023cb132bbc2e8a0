/** What this end sends: microphone and camera, opened, exchanged and closed without a new offer (`replaceTrack`), and the screen. */
import type { Media } from '../api/Media.ts';
import { acquire, type Captured, release } from './capture.ts';
import { Devices } from './devices.svelte.ts';
import { Screen } from './screen.svelte.ts';
import type { Choices, World } from './world.ts';

type Kind = 'audio' | 'video';

const KINDS = { microphone: 'audio', camera: 'video' } as const;
const ROLES = { audio: 'microphone', video: 'camera' } as const;

export class OwnMedia {
  /** What is open now. */
  media = $state.raw<Media>({ audio: false, video: false });
  /** To show ourselves. */
  stream = $state.raw<MediaStream | undefined>();
  /** Devices that gave out during the call. */
  trouble = $state.raw<Captured['problems']>({});
  readonly devices: Devices;
  readonly screen: Screen;

  readonly #world: World;
  readonly #choices: Choices;
  /** Tells the other side. */
  readonly #tell: () => void;
  /** What the person has open, or would have if there was a device. */
  #wish = { audio: false, video: false };
  #captured: Captured | undefined;
  #peer: RTCPeerConnection | undefined;
  /** We hold the other side: our devices are elsewhere. */
  #held = false;
  /** The other side holds us: nobody is there to hear. */
  #paused = false;
  #over = false;
  #switching = false;
  /** Counts openings, so that a slow one does not overrule a later one. */
  #attempts = { audio: 0, video: 0 };

  constructor(world: World, choices: Choices, tell: () => void) {
    this.#world = world;
    this.#choices = choices;
    this.#tell = tell;
    this.screen = new Screen(world, () => this.#changed());
    this.devices = new Devices(world, choices, {
      track: (role) => this.#captured?.[KINDS[role]],
      // A muted microphone is followed too: it is the right one when it is heard again.
      wants: (role) => !this.#held && (this.#wish[KINDS[role]] || this.#captured?.[KINDS[role]] !== undefined),
      renew: (role) => this.#renew(KINDS[role]),
    });
  }

  /** These devices are open and belong to the call from now on. */
  take(captured: Captured): void {
    if (this.#over) return release(captured);
    this.#captured = captured;
    this.#wish = { audio: captured.audio?.enabled ?? false, video: captured.video !== undefined };
    this.#guard('audio');
    this.#guard('video');
    this.media = this.#now();
    this.#show();
    this.devices.start();
  }

  /** The caller: one section for each kind from the first offer on, with or without something in it. */
  offerOn(peer: RTCPeerConnection): void {
    this.#peer = peer;
    const streams = this.stream ? [this.stream] : [];
    peer.addTransceiver(this.#sent('audio') ?? 'audio', { direction: 'sendrecv', streams });
    peer.addTransceiver(this.#sent('video') ?? 'video', { direction: 'sendrecv', streams });
    this.screen.on(peer);
  }

  /** The callee: into the sections that were offered. */
  async answerOn(peer: RTCPeerConnection): Promise<void> {
    this.#peer = peer;
    const streams = this.stream ? [this.stream] : [];
    for (const kind of ['audio', 'video'] as const) {
      const transceiver = this.#transceiver(kind);
      if (!transceiver) continue;
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(...streams);
      await transceiver.sender.replaceTrack(this.#sent(kind));
    }
    this.screen.on(peer);
  }

  /** Opens or closes the microphone. */
  async setAudio(open: boolean): Promise<void> {
    if (this.#over || open === this.media.audio) return;
    this.#wish.audio = open;
    if (open && !this.#held && !this.#captured?.audio) await this.#renew('audio');
    const track = this.#captured?.audio;
    if (track) track.enabled = this.#wish.audio;
    this.#changed();
  }

  /** Opens or closes the camera; closed, its light goes out. */
  async setVideo(open: boolean): Promise<void> {
    if (this.#over || open === this.media.video || this.#switching) return;
    this.#switching = true;
    this.#wish.video = open;
    try {
      if (this.#held) return;
      if (open) await this.#renew('video');
      else await this.#close('video');
    } finally {
      this.#switching = false;
      this.#changed();
    }
  }

  /** Another microphone or camera was chosen. */
  async switchDevice(kind: Kind): Promise<void> {
    if (this.#over || this.#held || !this.#captured?.[kind]) return;
    await this.#renew(kind);
    this.#changed();
  }

  /** Puts the other side on hold: nothing goes out, and the devices go to whoever takes them. */
  async hold(): Promise<Captured | undefined> {
    if (this.#over || this.#held) return undefined;
    this.#held = true;
    this.screen.stop();
    const captured = this.surrender();
    const silent = this.#send();
    this.#changed();
    await silent;
    return captured;
  }

  /** Takes the other side back, with these devices. */
  async resume(captured: Captured): Promise<void> {
    if (this.#over || !this.#held) return release(captured);
    this.#held = false;
    this.#captured = captured;
    this.trouble = captured.problems;
    this.#wish.video = captured.video !== undefined;
    if (captured.audio) captured.audio.enabled = this.#wish.audio;
    this.#guard('audio');
    this.#guard('video');
    await this.#send();
    this.#changed();
    this.devices.start();
  }

  /** The other side put us on hold, or is back: what nobody is to hear is not sent. */
  async pause(paused: boolean): Promise<void> {
    if (paused === this.#paused || this.#over) return;
    this.#paused = paused;
    await Promise.all([this.#send(), this.screen.pause(paused)]);
  }

  /** Hands the devices on to another call. */
  surrender(): Captured | undefined {
    const captured = this.#captured;
    this.#captured = undefined;
    this.#attempts.audio += 1;
    this.#attempts.video += 1;
    for (const track of [captured?.audio, captured?.video]) if (track) track.onended = null;
    return captured;
  }

  /** The call is over: everything is closed. */
  end(): void {
    this.#over = true;
    this.devices.stop();
    this.screen.end();
    release(this.#captured);
    this.#captured = undefined;
    this.#peer = undefined;
    this.stream = undefined;
  }

  /** Opens the device that is to be used now; the old one gives way once the new one is there. Whether there is one. */
  async #renew(kind: Kind): Promise<boolean> {
    this.#attempts[kind] += 1;
    const attempt = this.#attempts[kind];
    const old = this.#captured?.[kind];
    // Two cameras at once are too much for some machines, and one cannot be opened twice in other ways.
    if (kind === 'video') old?.stop();
    const got = await acquire(this.#world, this.#choices, { audio: kind === 'audio', video: kind === 'video' });
    if (this.#over || this.#held || attempt !== this.#attempts[kind]) {
      release(got);
      return false;
    }
    const track = got[kind];
    const { [ROLES[kind]]: _, ...others } = this.trouble;
    this.trouble = { ...others, ...got.problems };
    if (!track && kind === 'audio' && old?.readyState === 'live') return false; // better the old one than none
    if (track && kind === 'audio') track.enabled = this.#wish.audio;
    this.#captured = { ...(this.#captured ?? { audio: undefined, video: undefined }), [kind]: track, problems: this.trouble };
    if (kind === 'video' && !track) this.#wish.video = false;
    old?.stop();
    this.#guard(kind);
    await this.#send(kind);
    this.devices.opened(ROLES[kind]);
    this.#changed();
    return track !== undefined;
  }

  async #close(kind: Kind): Promise<void> {
    this.#attempts[kind] += 1;
    this.#captured?.[kind]?.stop();
    if (this.#captured) this.#captured = { ...this.#captured, [kind]: undefined };
    await this.#send(kind);
  }

  /** A device that is pulled out: another takes its place, and the person is told. */
  #guard(kind: Kind): void {
    const track = this.#captured?.[kind];
    if (!track) return;
    const ended = (): void => {
      if (this.#over || this.#captured?.[kind] !== track) return;
      this.#captured = { ...this.#captured, [kind]: undefined };
      void this.devices.ended(ROLES[kind]);
    };
    track.onended = ended;
    if (track.readyState === 'ended') ended(); // nobody listened yet when it did
  }

  /** What goes out of a kind now. */
  #sent(kind: Kind): MediaStreamTrack | null {
    return this.#held || this.#paused ? null : (this.#captured?.[kind] ?? null);
  }

  async #send(...kinds: Kind[]): Promise<void> {
    for (const kind of kinds.length > 0 ? kinds : (['audio', 'video'] as const)) {
      await this.#transceiver(kind)?.sender.replaceTrack(this.#sent(kind)).catch(() => {}); // closed meanwhile
    }
  }

  /** The first of a kind is the voice, or the camera; what comes after it belongs to the screen. */
  #transceiver(kind: Kind): RTCRtpTransceiver | undefined {
    return this.#peer?.getTransceivers().find((one) => one.receiver.track.kind === kind);
  }

  #now(): Media {
    const open = (kind: Kind): boolean => this.#wish[kind] && (this.#held || this.#captured?.[kind] !== undefined);
    const deaf = !this.#held && !this.#captured?.audio && this.#captured?.problems.microphone !== undefined;
    return {
      audio: open('audio'),
      video: open('video'),
      ...(this.screen.stream ? { screen: true } : {}),
      ...(this.#held ? { held: true } : {}),
      ...(deaf ? { no_microphone: true } : {}),
    };
  }

  #changed(): void {
    if (this.#over) return;
    this.#show();
    const now = this.#now();
    if (JSON.stringify(now) === JSON.stringify(this.media)) return;
    this.media = now;
    this.#tell();
  }

  #show(): void {
    const tracks = [this.#captured?.audio, this.#captured?.video].filter((track) => track !== undefined);
    this.stream = tracks.length > 0 ? this.#world.stream(tracks) : undefined;
  }
}
