/** Where the service worker is; the server's operator may have it end itself. */
const WORKER = '/sw.js';
/** Addresses that a notification leads to. */
const OURS = /^#\/(?:chats|calls|people)[^\s]{0,300}$/;

/** Has the browser keep the client's own files. It takes over by itself; the page stays as it is. */
export function keepShell(browser: Navigator, go: (hash: string) => void): void {
  // Absent on plain pages of other machines, and where the reader forbids it.
  const workers = browser.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return;
  workers.addEventListener('message', ({ data }: MessageEvent<{ type?: unknown; hash?: unknown } | null>) => {
    if (data?.type === 'skein:go' && typeof data.hash === 'string' && OURS.test(data.hash)) go(data.hash);
  });
  workers.startMessages();
  // Without it everything works that needs a network.
  workers.register(WORKER).catch(() => undefined);
}
