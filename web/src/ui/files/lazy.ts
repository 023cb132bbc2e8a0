import { again } from '../../lib/again.ts';
import { words } from '../../lib/words.svelte.ts';

/** What is loaded with the first file, each with the words for it. */
function withWords<T>(load: () => Promise<T>): () => Promise<T> {
  return () =>
    again(async () => {
      const [part] = await Promise.all([load(), words.also('files')]);
      return part;
    });
}

export const tray = withWords(() => import('./Tray.svelte'));
export const pending = withWords(() => import('./PendingFiles.svelte'));
export const viewer = withWords(() => import('./Viewer.svelte'));
export const pictureDialog = withWords(() => import('./PictureDialog.svelte'));
