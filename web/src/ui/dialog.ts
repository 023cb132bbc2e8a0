import { again } from '../lib/again.ts';
import { words } from '../lib/words.svelte.ts';

/** Loads a question that stands above everything, with its words. */
export async function loadDialog<T>(load: () => Promise<T>): Promise<T> {
  const [dialog] = await Promise.all([again(load), again(() => words.also('dialogs'))]);
  return dialog;
}
