import { again } from '../../lib/again.ts';
import { words } from '../../lib/words.svelte.ts';

/** Loads a part of what groups show, with their words. */
export async function loadGroups<T>(load: () => Promise<T>): Promise<T> {
  const [part] = await Promise.all([again(load), again(() => words.also('groups'))]);
  return part;
}
