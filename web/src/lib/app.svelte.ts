import { Connection } from './connection.svelte.ts';
import { device } from './device.ts';
import { Drafts } from './drafts.svelte.ts';
import { EmojiTaste } from './emoji-taste.svelte.ts';
import { FileDesk } from './files/desk.svelte.ts';
import { forgetKept } from './files/forget.ts';
import { Here } from './here.svelte.ts';
import { Http, PREFIX } from './http.ts';
import { KeptDrafts, forgetAccount, waiting } from './kept-drafts.ts';
import { Messenger } from './messenger.svelte.ts';
import { Missed } from './missed.svelte.ts';
import { newId } from './new-id.ts';
import { Reminders } from './reminder.svelte.ts';
import { Replies } from './replies.svelte.ts';
import { Route } from './route.svelte.ts';
import { Session } from './session.svelte.ts';
import { Settings } from './settings.svelte.ts';
import { Shortcuts, isApple } from './shortcuts.svelte.ts';
import { Announcer, Toasts } from './toasts.svelte.ts';
import { storeOrMemory } from './store.ts';
import { SUBPROTOCOL } from './subprotocol.ts';
import { Update } from './update.svelte.ts';
import { words } from './words.svelte.ts';

// Where the parts meet the browser: the only module of `lib/` that takes `window` as given. Everything else has its
// dependencies handed in.

const store = storeOrMemory(() => localStorage);
const http = new Http((input, init) => fetch(input, init));

export const settings = new Settings(store);
export const shortcuts = new Shortcuts(store, isApple(navigator.platform));
export const route = new Route(window);
export const toasts = new Toasts();
export const announcer = new Announcer();
export const reminders = new Reminders(store, () => Date.now());
export const here = new Here(words, () => navigator.languages, () => Date.now(), () => connection.clock.offset);

export const connection = new Connection({
  http,
  open: () => new WebSocket(`${location.origin.replace(/^http/, 'ws')}${PREFIX}/socket`, SUBPROTOCOL),
  now: () => Date.now(),
  random: () => Math.random(),
  abilities: () => {
    const able = typeof RTCPeerConnection === 'function';
    return { voice: able, video: able, waiting: able };
  },
});

export const messenger = new Messenger(connection, store, () => newId());

/** Its handlers come after those of the messenger: the chats are there. */
export const drafts = new Drafts(connection, (id) => messenger.conversations.get(id), () => Date.now(), new KeptDrafts(store, () => messenger.me));
/** What waits on this device. */
export const kept = (): ReturnType<typeof waiting> => waiting(store);
export const replies = new Replies();
export const taste = new EmojiTaste(store);

export const files = new FileDesk(
  async () => (await import('./files/make.svelte.ts')).make(),
  () => messenger.outbox,
);
connection.onOnline(() => files.begin());
export const update = new Update({
  fetch: (input, init) => fetch(input, init),
  build: document.documentElement.dataset['build'],
  now: () => Date.now(),
});
// A server that was away may have come back as another one.
connection.onOnline(() => void update.look());

export const missed = new Missed(connection, store);

export const session = new Session({
  http,
  connection,
  messenger: {
    get me() {
      return messenger.me;
    },
    clear: () => {
      messenger.clear();
      drafts.clear();
      replies.clear();
      files.clear();
      forgetKept();
    },
  },
  forget: (account) => forgetAccount(store, account),
  device: () => device(navigator.userAgent),
  language: () => words.language,
  codeMissing: (account) => reminders.now(account),
});

here.watch(document, window);
window.addEventListener('online', () => {
  connection.tryNow();
  if (session.phase === 'silent') void session.begin();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') drafts.flushAll();
  else {
    void update.look(true);
    if (session.phase === 'silent') void session.begin();
  }
});
window.addEventListener('storage', (event) => [settings, shortcuts, messenger.outbox].forEach((each) => each?.follow(event)));
window.addEventListener('offline', () => connection.lost());

export { http, store };
