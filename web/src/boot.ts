// The first script of the page, small and without imports: it starts `main.ts` and looks whether that arrives. In Chromium
// an address that comes or goes ends whatever is under way, and a module that did not arrive leaves nothing on the page.
//
// The build puts it into the page as a classic script, several times: the parser stops at each, and where one did not
// arrive the next asks anew. The first that runs does the work. It has no words: those are in `index.html`.
(() => {
  /** Before each new attempt, in ms. After the last one the page says what to do. */
  const PAUSES = [300, 1_000, 3_000];

  const main = (document.currentScript as HTMLScriptElement | null)?.dataset['main'];
  const page = document.documentElement;
  if (main === undefined || page.dataset['boot'] !== undefined) return;
  page.dataset['boot'] = '';

  // The count outlives a reload and nothing else.
  const kept = history.state as { boot?: unknown } | null;
  const tried = typeof kept?.boot === 'number' ? kept.boot : 0;

  function failed(): void {
    const pause = PAUSES[tried];
    if (pause === undefined) {
      document.getElementById('still')?.classList.add('now');
      return;
    }
    setTimeout(() => {
      history.replaceState({ ...kept, boot: tried + 1 }, '');
      location.reload();
    }, pause);
  }

  // From `main.ts`, where something that it needs did not arrive.
  window.addEventListener('skein:failed', failed, { once: true });
  const script = document.createElement('script');
  script.type = 'module';
  script.crossOrigin = '';
  script.src = main;
  script.addEventListener('error', failed, { once: true });
  document.head.append(script);
})();
