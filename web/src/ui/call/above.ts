/**
 * Keeps an element above everything, an open modal dialog included: such a dialog makes the rest of the page inert
 * (HTML, "blocked by a modal dialog"), so what must stay usable moves into it, and back when it closes. The element has
 * to be the only child of its parent in the component: what is moved is no place to count siblings from.
 */
import type { Attachment } from 'svelte/attachments';

export const above: Attachment<HTMLElement> = (element) => {
  const place = (): void => {
    const modals = [...document.querySelectorAll<HTMLElement>('dialog[open]')].filter((dialog) => !element.contains(dialog));
    const host = modals.at(-1) ?? document.body;
    if (element.parentElement !== host) host.append(element);
  };
  place();
  const watcher = new MutationObserver(place);
  watcher.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['open'] });
  return () => {
    watcher.disconnect();
    element.remove();
  };
};
