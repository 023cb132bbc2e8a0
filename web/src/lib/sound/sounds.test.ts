import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { RATE, RECIPES, wav } from './recipe.mjs';
import { type SoundName, Sounds } from './sounds.ts';

const names = Object.keys(RECIPES) as SoundName[];
const file = (name: string): Buffer => readFileSync(`src/lib/sound/files/${name}.wav`);

describe('the sound files', () => {
  it.each(names)('%s is what the recipe makes', (name) => {
    const made = wav(RECIPES[name]());
    const kept = file(name);
    expect(kept.subarray(0, 44)).toEqual(made.subarray(0, 44));
    let off = 0;
    for (let at = 44; at < made.length; at += 2) off = Math.max(off, Math.abs(made.readInt16LE(at) - kept.readInt16LE(at)));
    // Sines differ in their last bit from one machine to another.
    expect(off).toBeLessThanOrEqual(1);
  });

  it.each(names)('%s begins and ends without a click, and is no louder than −18 dBFS', (name) => {
    const samples = RECIPES[name]();
    const most = samples.reduce((max: number, sample: number) => Math.max(max, Math.abs(sample)), 0);
    expect(20 * Math.log10(most)).toBeLessThanOrEqual(-18 + 1e-9);
    expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.001);
    expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(0.002);
  });

  it('have the lengths of the design', () => {
    const ms = (name: SoundName): number => Math.round((RECIPES[name]().length / RATE) * 1000);
    expect(names.map((name) => [name, ms(name)])).toEqual([
      ['ring', 1300],
      ['ringback', 300],
      ['waiting', 400],
      ['connected', 160],
      ['hang_up', 220],
      ['lost', 220],
      ['message', 90],
      ['message_drop', 140],
      ['message_reed', 200],
      ['message_pair', 240],
      ['microphone_on', 30],
      ['microphone_off', 30],
    ]);
  });
});

function player(): { sounds: Sounds; played: [string, number][]; stopped: string[]; pass: (ms: number) => void; wants: { wanted: boolean; busy: boolean } } {
  const played: [string, number][] = [];
  const stopped: string[] = [];
  const wants = { wanted: true, busy: false };
  let now = 0;
  let timers: { every: number; next: number; run: () => void }[] = [];
  const sounds = new Sounds({
    load: (name) => {
      const sound = { volume: 1, play: async () => void played.push([name, sound.volume]), stop: () => void stopped.push(name) };
      return sound;
    },
    wanted: () => wants.wanted,
    busy: () => wants.busy,
    now: () => now,
    every: (every, run) => {
      const timer = { every, next: now + every, run };
      timers.push(timer);
      return () => (timers = timers.filter((other) => other !== timer));
    },
  });
  const pass = (ms: number): void => {
    for (const end = now + ms; now < end; now += 100) for (const timer of timers) if (timer.next <= now) {
      timer.next += timer.every;
      timer.run();
    }
  };
  return { sounds, played, stopped, pass, wants };
}

describe('playing', () => {
  it('rings in beats, the first ones quieter, until it stops', () => {
    const { sounds, played, stopped, pass } = player();
    sounds.loop('ring');
    sounds.loop('ring');
    pass(10_000);
    expect(played).toEqual([['ring', 0.5], ['ring', 0.7], ['ring', 1], ['ring', 1], ['ring', 1]]);
    sounds.loop(undefined);
    pass(10_000);
    expect(played).toHaveLength(5);
    expect(stopped).toEqual(['ring']);
  });

  it('goes over from one to the other', () => {
    const { sounds, played, stopped } = player();
    sounds.loop('ring');
    sounds.loop('ringback');
    expect(played.map(([name]) => name)).toEqual(['ring', 'ringback']);
    expect(stopped).toEqual(['ring']);
  });

  it('is silent when nobody wants sounds, but for the test', async () => {
    const { sounds, played, wants, pass } = player();
    wants.wanted = false;
    sounds.loop('ring');
    sounds.once('connected');
    sounds.message();
    pass(5_000);
    expect(played).toEqual([]);
    await sounds.test();
    expect(played).toEqual([['ring', 1]]);
  });

  it('tells of messages at most every two seconds, and not while busy', () => {
    const { sounds, played, wants, pass } = player();
    sounds.message();
    sounds.message();
    pass(1_900);
    sounds.message();
    pass(200);
    sounds.message();
    wants.busy = true;
    pass(5_000);
    sounds.message();
    expect(played).toHaveLength(2);
  });
});
