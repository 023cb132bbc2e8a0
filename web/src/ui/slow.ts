import { mount, unmount } from 'svelte';

import { words } from '../lib/words.svelte.ts';
import Slow from './Slow.svelte';

/** How many answers are waited for. */
let waiting = 0;
let drawn: Record<string, unknown> | undefined;

/** Tells the reader that what was asked for is still being done, until its answer is there. Rejects where the words do not come. */
export async function slow(answer: Promise<unknown>): Promise<void> {
  await words.also('errors');
  waiting += 1;
  drawn ??= mount(Slow, { target: document.body });
  await answer.catch(() => undefined);
  waiting -= 1;
  if (waiting > 0) return;
  void unmount(drawn);
  drawn = undefined;
}
