// What we use of a service worker's surroundings. The compiler knows those of a page only, and cannot know both.

export interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}

export interface Asked extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

export interface Clicked extends Extendable {
  readonly notification: Notification;
}

export interface WindowClient {
  readonly focused: boolean;
  readonly visibilityState: DocumentVisibilityState;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}

export interface Scope {
  readonly caches: CacheStorage;
  readonly location: Location;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly WindowClient[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(kind: 'install' | 'activate', handler: (event: Extendable) => void): void;
  addEventListener(kind: 'fetch', handler: (event: Asked) => void): void;
  addEventListener(kind: 'notificationclick', handler: (event: Clicked) => void): void;
}
