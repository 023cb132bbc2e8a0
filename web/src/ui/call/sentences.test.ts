import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Call } from '../../lib/call/call.svelte.ts';
import type { Standing as Runs } from '../../lib/call/return.svelte.ts';
import { words } from '../../lib/words.svelte.ts';
import CallBar from './CallBar.svelte';
import FarAudio from './FarAudio.svelte';
import Standing from './Standing.svelte';

beforeEach(async () => {
  await words.use('en');
  await words.also('call');
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe('a browser that plays nothing before a gesture', () => {
  const call = { peer: undefined, state: { at: 'dialing' }, own: { media: { audio: true } } } as unknown as Call;

  it('is asked for one where the call is small, and only then', async () => {
    const onhear = vi.fn();
    const { rerender } = render(CallBar, { call, now: 0, soundBlocked: false, onhear, onback: vi.fn() });
    expect(screen.queryByRole('button', { name: 'Tap to hear' })).toBeNull();
    await rerender({ soundBlocked: true });
    await fireEvent.click(screen.getByRole('button', { name: 'Tap to hear' }));
    expect(onhear).toHaveBeenCalledOnce();
  });

  it('is known by what it answers to play, and whatever else ends a play is no refusal', async () => {
    const stream = {} as MediaStream;
    Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', { configurable: true, writable: true, value: null });
    const heard: boolean[] = [];
    const answers = [new DOMException('a gesture first', 'NotAllowedError'), new DOMException('another stream', 'AbortError'), undefined];
    for (const answer of answers) {
      vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(() => (answer ? Promise.reject(answer) : Promise.resolve()));
      render(FarAudio, { stream, speaker: undefined, onrefused: (refused: boolean) => heard.push(refused) });
      await Promise.resolve();
      await new Promise((resolve) => setTimeout(resolve));
      cleanup();
    }
    expect(heard).toEqual([true, false]);
  });
});

describe('a call that runs elsewhere and cannot be taken', () => {
  const standing = { key: 'k', peer: 'p', since: 0, until: undefined } as unknown as Runs;

  it('says why, loudly, and offers it again', async () => {
    const onback = vi.fn();
    const { rerender } = render(Standing, { standing, problem: undefined, onback, onleave: vi.fn() });
    expect(screen.queryByRole('alert')).toBeNull();
    const said = new Set<string>();
    for (const problem of ['blocked', 'none', 'busy', 'insecure'] as const) {
      await rerender({ problem });
      said.add(screen.getByRole('alert').textContent);
    }
    expect(said.size).toBe(4);
    expect([...said].filter((text) => text.startsWith('call-problem'))).toEqual([]);
    await fireEvent.click(screen.getByRole('button'));
    expect(onback).toHaveBeenCalledOnce();
  });
});
