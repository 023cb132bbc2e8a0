/** *Before the call*, and the page of settings for sound and video: devices to choose from, a picture, a level. */
import type { Media } from '../api/Media.ts';
import { acquire, type Captured, release } from './capture.ts';
import { type Choice, choices } from './devices.svelte.ts';
import type { Choices, World } from './world.ts';

/** What the level has said so far. */
export type Hearing = 'waiting' | 'hears' | 'nothing';

/** A level above this is a voice, or at least something. */
const AUDIBLE = 0.25;
/** Silence for so long is worth a word, in ms. */
const SILENT_FOR = 5_000;

export class Look {
  microphones = $state.raw<readonly Choice[]>([]);
  cameras = $state.raw<readonly Choice[]>([]);
  speakers = $state.raw<readonly Choice[]>([]);
  /** What is open, as a stream to look at. */
  stream = $state.raw<MediaStream | undefined>();
  problems = $state.raw<Captured['problems']>({});
  /** Level of the microphone, 0 to 1. */
  level = $state.raw(0);
  hearing = $state.raw<Hearing>('waiting');
  /** What the person wants open. */
  wanted = $state.raw<Media>({ audio: true, video: false });
  /** Devices are being opened. */
  opening = $state(false);

  readonly #world: World;
  readonly #choices: Choices;
  #captured: Captured | undefined;
  #stopMeter: (() => void) | undefined;
  #stopSilence: (() => void) | undefined;
  #stopDevices: (() => void) | undefined;
  #over = false;
  /** Counts openings, so that a slow one does not overrule a later one. */
  #attempt = 0;

  constructor(world: World, choices: Choices) {
    this.#world = world;
    this.#choices = choices;
    this.#stopDevices = world.onDevices(() => void this.list());
  }

  /** Opens what is wanted, and lists what there is. */
  async open(wanted: Media): Promise<void> {
    this.wanted = wanted;
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#close();
    this.opening = true;
    const captured = await acquire(this.#world, this.#choices, wanted);
    if (this.#over || attempt !== this.#attempt) return release(captured);
    this.opening = false;
    this.#captured = captured;
    this.problems = captured.problems;
    const tracks = [captured.audio, captured.video].filter((track) => track !== undefined);
    this.stream = tracks.length > 0 ? this.#world.stream(tracks) : undefined;
    this.#listen(captured.audio);
    await this.list();
  }

  /** Opens or closes one of them. */
  async want(change: Partial<Media>): Promise<void> {
    await this.open({ ...this.wanted, ...change });
  }

  async list(): Promise<void> {
    let devices: MediaDeviceInfo[];
    try {
      devices = await this.#world.devices();
    } catch {
      devices = [];
    }
    if (this.#over) return;
    this.microphones = choices(devices, 'microphone');
    this.cameras = choices(devices, 'camera');
    this.speakers = choices(devices, 'speaker');
  }

  /** Hands what is open over to a call, and ends the look. */
  take(): Captured {
    const captured = this.#captured ?? { audio: undefined, video: undefined, problems: this.problems };
    this.#captured = undefined;
    this.end();
    return captured;
  }

  end(): void {
    this.#over = true;
    this.#stopDevices?.();
    this.#close();
  }

  #close(): void {
    this.#stopMeter?.();
    this.#stopSilence?.();
    this.#stopMeter = undefined;
    this.#stopSilence = undefined;
    release(this.#captured);
    this.#captured = undefined;
    this.stream = undefined;
    this.level = 0;
    this.hearing = 'waiting';
  }

  #listen(track: MediaStreamTrack | undefined): void {
    if (!track) return;
    this.#stopMeter = this.#world.meter(track, (level) => {
      this.level = level;
      // A browser that waits for a gesture measures nothing: silence is counted from the first level on.
      this.#stopSilence ??= this.#world.after(SILENT_FOR, () => {
        if (this.hearing === 'waiting') this.hearing = 'nothing';
      });
      if (level >= AUDIBLE && this.hearing !== 'hears') {
        this.hearing = 'hears';
        this.#stopSilence?.();
      }
    });
  }
}
