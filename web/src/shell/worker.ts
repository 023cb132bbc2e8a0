// The service worker, `/sw.js`: the shell of the client for a start without a network, and where a click on a
// notification leads. The build names the files (`build/shell.ts`).
import { Keeper, type Shell } from './serve.ts';
import type { Scope, WindowClient } from './scope.ts';

const scope = globalThis as unknown as Scope & { skeinShell: Shell };
const keeper = new Keeper(scope.skeinShell, { caches: scope.caches, fetch: (request, init) => fetch(request, init) });

// It takes over at once, beside pages of the build before, whose files stay: nothing has to be reloaded for it.
scope.addEventListener('install', (event) => event.waitUntil(keeper.install().then(() => scope.skipWaiting())));
scope.addEventListener('activate', (event) => event.waitUntil(keeper.activate().then(() => scope.clients.claim())));
scope.addEventListener('fetch', (event) => {
  const answer = keeper.answer(event.request, scope.location.origin);
  if (answer) event.respondWith(answer);
});

scope.addEventListener('notificationclick', (event) => {
  const { notification } = event;
  notification.close();
  const { hash } = (notification.data ?? {}) as { hash?: unknown };
  event.waitUntil(lead(typeof hash === 'string' ? hash : '#/chats'));
});

/** Brings the reader there: in a page that is open, the one that is looked at first of all; else in a new one. */
async function lead(hash: string): Promise<void> {
  const pages = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const rank = (page: WindowClient): number => (page.focused ? 2 : 0) + (page.visibilityState === 'visible' ? 1 : 0);
  const [page] = [...pages].sort((a, b) => rank(b) - rank(a));
  if (!page) {
    await scope.clients.openWindow(`/${hash}`);
    return;
  }
  page.postMessage({ type: 'skein:go', hash });
  // A browser may refuse; the page went there all the same.
  await page.focus().catch(() => undefined);
}
