/** Plays the sounds of Skein: rings in beats, the rest once. A browser that refuses before the first gesture is obeyed. */

import type { MessageSound } from '../settings.svelte.ts';

export type SoundName =
  | 'ring'
  | 'ringback'
  | 'waiting'
  | 'connected'
  | 'hang_up'
  | 'lost'
  | MessageSound
  | 'microphone_on'
  | 'microphone_off';

/** What sounds until something happens. */
type Loop = 'ring' | 'ringback' | 'waiting';

/** A sound that can be played again and again. */
export interface Playable {
  volume: number;
  play(): Promise<void>;
  stop(): void;
}

export interface SoundPorts {
  load: (name: SoundName) => Playable;
  /** Whether the person wants sounds. */
  wanted: () => boolean;
  /** Whether the person does not want to be disturbed now. */
  busy: () => boolean;
  now: () => number;
  every: (ms: number, run: () => void) => () => void;
}

/** One beat of a ring, in ms: the same as `--t-ring`. */
const BEAT = 2_400;
/** One soft beat while a second call waits, in ms. */
const WAITING_BEAT = 5_000;
/** The first beats are quieter: half of the full level is −6 dB. */
const BEATS = [0.5, 0.7, 1];
/** At most one message sound in so many ms. */
const MESSAGE_EVERY = 2_000;

export class Sounds {
  readonly #ports: SoundPorts;
  readonly #loaded = new Map<SoundName, Playable>();
  #loop: { name: Loop; cancel: () => void } | undefined;
  #messageAt = Number.NEGATIVE_INFINITY;

  constructor(ports: SoundPorts) {
    this.#ports = ports;
  }

  /** The sound that goes on; `undefined` is silence. */
  loop(name: Loop | undefined): void {
    if (this.#loop?.name === name) return;
    this.#loop?.cancel();
    if (this.#loop) this.#sound(this.#loop.name).stop();
    this.#loop = undefined;
    if (name === undefined) return;
    let beat = 0;
    const strike = (): void => {
      const volume = name === 'ring' ? (BEATS[beat] ?? 1) : 1;
      beat += 1;
      if (this.#ports.wanted()) this.#play(name, volume);
    };
    this.#loop = { name, cancel: this.#ports.every(name === 'waiting' ? WAITING_BEAT : BEAT, strike) };
    strike();
  }

  /** Once. */
  once(name: Exclude<SoundName, Loop | MessageSound>): void {
    if (this.#ports.wanted()) this.#play(name, 1);
  }

  /** A message came in a chat that is not looked at. */
  message(name: MessageSound = 'message'): void {
    const now = this.#ports.now();
    if (!this.#ports.wanted() || this.#ports.busy() || now - this.#messageAt < MESSAGE_EVERY) return;
    this.#messageAt = now;
    this.#play(name, 1);
  }

  /** To try the loudspeaker or a sound: plays whatever the settings say. Rejects if the browser refuses. */
  async test(name: 'ring' | MessageSound = 'ring'): Promise<void> {
    const sound = this.#sound(name);
    sound.volume = 1;
    await sound.play();
  }

  #play(name: SoundName, volume: number): void {
    const sound = this.#sound(name);
    sound.volume = volume;
    // No sound before the first gesture.
    void sound.play().catch(() => {});
  }

  #sound(name: SoundName): Playable {
    let sound = this.#loaded.get(name);
    if (!sound) {
      sound = this.#ports.load(name);
      this.#loaded.set(name, sound);
    }
    return sound;
  }
}
