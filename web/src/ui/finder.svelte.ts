import { route, shortcuts } from '../lib/app.svelte.ts';

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

  /** One key searches everything, one the open conversation; a second `Ctrl F` is the browser's own. */
  onkeydown(event: KeyboardEvent): boolean {
    const action = shortcuts.which(['search', 'find'], event);
    if (action === undefined || document.querySelector('dialog[open]')) return false;
    const chat = route.section === 'chats' ? route.id : undefined;
    if (action === 'find' && chat === undefined) return false;
    event.preventDefault();
    this.show(action === 'find' ? chat : undefined);
    return true;
  }
}

export const finder = new Finder();
