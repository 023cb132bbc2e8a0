/**
 * Makes a list one Tab stop: arrows, Home and End walk its items, letters jump to the next item that begins so. Items
 * carry `data-item`; the one with `aria-current` or the first can be reached by Tab. Those of a list inside, such as a
 * menu's, are its own.
 */
export function roving(list: HTMLElement): { destroy: () => void } {
  let typed = '';
  let typedAt = 0;

  list.dataset['roving'] = '';
  const items = (): HTMLElement[] =>
    [...list.querySelectorAll<HTMLElement>('[data-item]')].filter((item) => item.closest('[data-roving]') === list);

  function settle(): void {
    const all = items();
    const focused = all.find((item) => item === document.activeElement);
    const start = focused ?? all.find((item) => item.matches('[aria-current]:not([aria-current="false"])')) ?? all[0];
    for (const item of all) item.tabIndex = item === start ? 0 : -1;
  }

  function onkeydown(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    let to: number;
    if (event.key === 'ArrowDown') to = Math.min(at + 1, all.length - 1);
    else if (event.key === 'ArrowUp') to = Math.max(at - 1, 0);
    else if (event.key === 'Home') to = 0;
    else if (event.key === 'End') to = all.length - 1;
    else if (event.key.length === 1 && event.key !== ' ') to = jump(event.key, all, at, event.timeStamp);
    else return;
    event.preventDefault();
    all[to]?.focus();
  }

  function jump(letter: string, all: HTMLElement[], at: number, now: number): number {
    typed = now - typedAt < 800 ? typed + letter.toLowerCase() : letter.toLowerCase();
    typedAt = now;
    const from = typed.length > 1 ? at : at + 1;
    for (let step = 0; step < all.length; step += 1) {
      const index = (from + step) % all.length;
      const name = all[index]?.dataset['item']?.toLowerCase() ?? '';
      if (name.startsWith(typed)) return index;
    }
    return at;
  }

  const watcher = new MutationObserver(settle);
  watcher.observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ['aria-current', 'data-item'] });
  list.addEventListener('keydown', onkeydown);
  list.addEventListener('focusin', settle);
  settle();
  return {
    destroy() {
      watcher.disconnect();
      list.removeEventListener('keydown', onkeydown);
      list.removeEventListener('focusin', settle);
    },
  };
}
