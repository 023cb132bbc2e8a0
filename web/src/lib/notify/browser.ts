import type { Notice } from './notifier.ts';

/** Whether this browser tells of anything: it may not know how, or not here. */
export function permission(): NotificationPermission | 'absent' {
  return typeof Notification === 'function' ? Notification.permission : 'absent';
}

/** Asks for it; only after the reader has pressed something. */
export async function askPermission(): Promise<NotificationPermission | 'absent'> {
  return typeof Notification === 'function' ? Notification.requestPermission() : 'absent';
}

async function worker(): Promise<ServiceWorkerRegistration | undefined> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const registration = await workers?.getRegistration();
  return registration?.active ? registration : undefined;
}

const open = new Map<string, Notification>();

/** Shows it: by the service worker where there is one, as telephones know no other way. Its sound is our own. */
export async function show({ tag, title, body, hash, stays = false }: Notice, lang: string, go: (hash: string) => void): Promise<void> {
  const options = { tag, body, lang, dir: 'auto', icon: '/icon-192.png', renotify: true, silent: true, requireInteraction: stays, data: { hash } } as NotificationOptions;
  const registration = await worker();
  if (registration) return registration.showNotification(title, options);
  const notice = new Notification(title, options);
  open.set(tag, notice);
  notice.addEventListener('close', () => {
    if (open.get(tag) === notice) open.delete(tag);
  });
  notice.addEventListener('click', () => {
    window.focus();
    go(hash);
    notice.close();
  });
}

export async function close(tag: string): Promise<void> {
  open.get(tag)?.close();
  for (const notice of (await (await worker())?.getNotifications({ tag })) ?? []) notice.close();
}
