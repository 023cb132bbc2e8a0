/** A finger that stays so long means the menu, in ms. */
const LONG = 500;
/** It may tremble so far, in px. */
const STILL = 10;

/**
 * Opens the menu of a thing: by the right button, by the menu key (`Shift F10`), and by a finger that stays, in browsers
 * too that tell of no such press. The thing carries `data-held` while a finger has stayed; the menu opens as it lets go,
 * since a browser closes menus on that.
 */
export function pressed(node: HTMLElement, open: () => void): { update: (open: () => void) => void; destroy: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let from: { x: number; y: number } | undefined;
  /** What the finger lets go of is no click. */
  let swallow = false;

  function hold(): void {
    clearTimeout(timer);
    if (from) node.dataset['held'] = '';
  }

  function leave(): void {
    clearTimeout(timer);
    from = undefined;
    delete node.dataset['held'];
  }

  const listeners = {
    contextmenu(event: MouseEvent): void {
      // The browser's own menu stays inside ours.
      if (event.target instanceof Element && event.target.closest('[role="menu"]')) return;
      event.preventDefault();
      if (from) hold();
      else if (!swallow) open();
    },
    pointerdown(event: PointerEvent): void {
      leave();
      swallow = false;
      const inside = event.target instanceof Element && event.target.closest('[role="menu"], [data-menu]');
      if (event.pointerType !== 'touch' || !event.isPrimary || inside) return;
      from = { x: event.clientX, y: event.clientY };
      timer = setTimeout(hold, LONG);
    },
    pointermove(event: PointerEvent): void {
      if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL) leave();
    },
    pointerup(): void {
      swallow = node.dataset['held'] !== undefined;
      leave();
      // Once the browser has closed what this closes.
      if (swallow) setTimeout(() => open());
    },
    pointercancel: leave,
    click(event: MouseEvent): void {
      // A script's own click opens the menu.
      if (!swallow || !event.isTrusted) return;
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
      leave();
      for (const [name, listener] of all) node.removeEventListener(name, listener, { capture: name === 'click' });
    },
  };
}
