/** Makes a grid of buttons one Tab stop: arrows walk by what is seen, Home and End go to the ends. */
export function gridRoving(grid: HTMLElement): { destroy: () => void } {
  const buttons = (): HTMLElement[] => [...grid.querySelectorAll<HTMLElement>('button')];

  function settle(): void {
    const all = buttons();
    const start = all.find((button) => button === document.activeElement) ?? all[0];
    for (const button of all) {
      const index = button === start ? 0 : -1;
      if (button.tabIndex !== index) button.tabIndex = index;
    }
  }

  function onkeydown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = buttons();
    const at = all.findIndex((button) => button === document.activeElement);
    if (at < 0) return;
    const side = getComputedStyle(grid).direction === 'rtl' ? -1 : 1;
    // As many as stand beside the first.
    const top = all[0]?.offsetTop;
    const columns = Math.max(1, all.findIndex((button) => button.offsetTop !== top));
    const steps: Record<string, number> = {
      ArrowRight: side, ArrowLeft: -side, ArrowDown: columns, ArrowUp: -columns, Home: -at, End: all.length - 1 - at,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    all[Math.max(0, Math.min(at + step, all.length - 1))]?.focus();
  }

  const watcher = new MutationObserver(settle);
  watcher.observe(grid, { childList: true });
  grid.addEventListener('keydown', onkeydown);
  grid.addEventListener('focusin', settle);
  settle();
  return {
    destroy() {
      watcher.disconnect();
      grid.removeEventListener('keydown', onkeydown);
      grid.removeEventListener('focusin', settle);
    },
  };
}
