import { route } from '../lib/app.svelte.ts';

/** The window of the search: whether it is open, and what it begins with. */
class Finder {
  /** Open; `within`: the conversation that is looked through first. */
  opened = $state.raw<{ within: string | undefined }>();

  /** Opens it, for everything or for one conversation. What was asked last is still there. */
  show(within?: string): void {
    this.opened = { within };
  }

  close(): void {
    this.opened = undefined;
  }

  /** How its key is written. */
  get key(): string {
    return isApple() ? '⌘ K' : 'Ctrl K';
  }

  /** `Ctrl K` searches everything, `Ctrl F` the open conversation; a second `Ctrl F` is the browser's own. */
  onkeydown(event: KeyboardEvent): boolean {
    const control = isApple() ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    const key = event.key.toLowerCase();
    if (!control || event.altKey || event.shiftKey || (key !== 'k' && key !== 'f')) return false;
    if (document.querySelector('dialog[open]')) return false;
    const chat = route.section === 'chats' ? route.id : undefined;
    if (key === 'f' && chat === undefined) return false;
    event.preventDefault();
    this.show(key === 'f' ? chat : undefined);
    return true;
  }
}

export const finder = new Finder();

function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}
