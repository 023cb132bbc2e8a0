import { afterEach } from 'vitest';

// jsdom lays nothing out; what asks for sizes gets none.
class NoResizes {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver ??= NoResizes;

afterEach(() => {
  document.body.replaceChildren();
});

// jsdom knows no media queries: none of them holds.
window.matchMedia ??= (media) => Object.assign(new EventTarget(), { media, matches: false, onchange: null }) as unknown as MediaQueryList;
