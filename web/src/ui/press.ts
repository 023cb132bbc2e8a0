/** A finger that stays so long means the menu, in ms. */
const LONG = 500;
/** It may tremble so far, in px. */
const STILL = 10;

/**
 * Opens the menu of a thing: by the right button, by the menu key (`Shift F10`), and by a finger that stays, in browsers
 * too that tell of no such press.
 */
export function pressed(node: HTMLElement, open: () => void): { update: (open: () => void) => void; destroy: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let from: { x: number; y: number } | undefined;
  /** The finger is still down after the menu opened: what it lets go of is no click. */
  let swallow = false;

  function show(): void {
    cancel();
    open();
  }

  function cancel(): void {
    clearTimeout(timer);
    timer = undefined;
    from = undefined;
  }

  const listeners = {
    contextmenu(event: MouseEvent): void {
      // The browser's own menu stays for words that are chosen, and inside the menu.
      if (event.target instanceof Element && event.target.closest('[role="menu"], dialog')) return;
      event.preventDefault();
      if (swallow) return;
      swallow = timer !== undefined;
      show();
    },
    pointerdown(event: PointerEvent): void {
      swallow = false;
      if (event.pointerType !== 'touch' || !event.isPrimary) return;
      from = { x: event.clientX, y: event.clientY };
      timer = setTimeout(() => {
        swallow = true;
        show();
      }, LONG);
    },
    pointermove(event: PointerEvent): void {
      if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL) cancel();
    },
    pointerup: cancel,
    pointercancel: cancel,
    click(event: MouseEvent): void {
      if (!swallow) return;
      swallow = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };

  const all = Object.entries(listeners) as [string, EventListener][];
  for (const [name, listener] of all) node.addEventListener(name, listener, { capture: name === 'click' });
  return {
    update(next) {
      open = next;
    },
    destroy() {
      cancel();
      for (const [name, listener] of all) node.removeEventListener(name, listener, { capture: name === 'click' });
    },
  };
}
