// `/sw-off.js`: what the server gives as `/sw.js` where its operator wants no service worker. Browsers ask for that file
// at every visit, so whoever has one loses it, and what it kept, at the next. It shares nothing with the other: a classic
// script imports nothing.
import type { Scope } from './scope.ts';

const scope = globalThis as unknown as Scope;

scope.addEventListener('install', (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener('activate', (event) => event.waitUntil(end()));

async function end(): Promise<void> {
  for (const name of await scope.caches.keys()) if (name.startsWith('skein-shell-')) await scope.caches.delete(name);
  await scope.registration.unregister();
}
