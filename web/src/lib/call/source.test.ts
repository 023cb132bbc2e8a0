import { describe, expect, it } from 'vitest';

import { sourceOf } from './source.ts';

describe('what a page tells of its microphone', () => {
  it('says nothing of one that is open and a microphone', () => {
    for (const label of ['', 'Built-in Audio Analog Stereo', 'Headset Microphone (USB)', 'Monitor headset', 'Scarlett Solo']) {
      expect(sourceOf({ label, muted: false }, true)).toBeUndefined();
    }
    expect(sourceOf(undefined, false)).toBeUndefined();
  });

  it('says that it is muted, by whomever', () => {
    const muted = { type: 'source', muted: true, monitor: false, one_sided: false };
    expect(sourceOf({ label: 'Headset', muted: true }, true)).toEqual(muted);
    expect(sourceOf({ label: 'Headset', muted: false }, false)).toEqual(muted);
  });

  it('knows what a machine plays by its names', () => {
    for (const label of ['Monitor of Built-in Audio', 'Stereo Mix (Realtek)', 'BlackHole 2ch', 'CABLE Output (VB-Audio Virtual Cable)', 'Mistura estéreo']) {
      expect(sourceOf({ label, muted: false }, true)).toMatchObject({ monitor: true, muted: false });
    }
  });
});
