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
