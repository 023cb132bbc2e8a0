/** The sounds of this page. */
import { messenger, settings } from '../app.svelte.ts';
import { type Playable, type SoundName, Sounds } from './sounds.ts';

const files = import.meta.glob<string>('./files/*.wav', { query: '?url', import: 'default', eager: true });

export const sounds = new Sounds({
  load,
  wanted: () => settings.sounds,
  busy: () => messenger.ownPresence === 'busy',
  now: () => Date.now(),
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
});

function load(name: SoundName): Playable {
  const audio = new Audio(files[`./files/${name}.wav`]);
  return {
    get volume() {
      return audio.volume;
    },
    set volume(volume) {
      audio.volume = volume;
    },
    async play() {
      await toSpeaker(audio, settings.speaker);
      audio.currentTime = 0;
      await audio.play();
    },
    stop() {
      audio.pause();
    },
  };
}

/** Sends an element's sound to the chosen device, where the browser can; a device that is gone leaves the default. */
export async function toSpeaker(element: HTMLMediaElement, speaker: string | undefined): Promise<void> {
  if (typeof element.setSinkId !== 'function' || element.sinkId === (speaker ?? '')) return;
  await element.setSinkId(speaker ?? '').catch(() => {});
}
