// What is told of what comes in while the reader looks elsewhere: loaded when the chats are there.
import { connection, here, messenger, route, session, settings } from '../lib/app.svelte.ts';
import type { Message } from '../lib/api/Message.ts';
import { calls } from '../lib/call/calls.svelte.ts';
import type { Chat } from '../lib/chat.svelte.ts';
import { firstWords } from '../lib/content.ts';
import { chatsNotify } from '../lib/notify/app.ts';
import { close, permission, show } from '../lib/notify/browser.ts';
import { isNews } from '../lib/notify/news.ts';
import { Notifier } from '../lib/notify/notifier.ts';
import { offer } from '../lib/notify/offer.svelte.ts';
import { address } from '../lib/route.svelte.ts';
import { sounds } from '../lib/sound/player.ts';
import { plainText, words } from '../lib/words.svelte.ts';
import { chatName } from './chats/names.ts';

/** Letters of a message that a notice shows. */
const LETTERS = 200;
const RING = 'skein.ring';

const notifier = new Notifier({
  locks: navigator.locks as LockManager | undefined,
  wanted: () => settings.notify && permission() === 'granted',
  show: (notice) => show(notice, words.language, (hash) => route.go(hash)),
  close,
  play: (sound) => sounds.message(sound),
});

/** A message came in a chat that is not looked at on this page; `live`: as it was said, not in what was caught up with. */
export async function heard(message: Message, chat: Chat, live: boolean): Promise<void> {
  const now = connection.clock.now();
  const loudness = chatsNotify.loudness(chat, now);
  // A muted chat is silent, unless somebody calls the reader by name.
  if (loudness === 'none' || (loudness === 'mentions' && !message.names_reader)) return;
  if (messenger.ownPresence === 'busy' || !isNews(message.stamp, now, live)) return;
  if (permission() === 'default' && settings.notify && !settings.notifyOffered && !here.seen) offer.due = true;
  const author = messenger.name(message.author);
  const name = chatName(chat);
  await notifier.message(chat.id, {
    title: name === author ? author : plainText('notice-in', { name: author, chat: name }),
    body: settings.notifyWords ? firstWords(message.body).slice(0, LETTERS) : plainText('notice-message'),
    hash: address('chats', chat.id, 'at', message.id),
  }, chatsNotify.sound(chat.id) ?? settings.messageSound);
}

/** Follows what is looked at and who calls. The answer ends it. */
export function watch(): () => void {
  for (const kind of ['pointerdown', 'keydown']) {
    document.addEventListener(kind, () => notifier.touched(), { once: true, capture: true, passive: true });
  }
  if ((navigator.userActivation as UserActivation | undefined)?.hasBeenActive) notifier.touched();
  return $effect.root(() => {
    $effect(() => {
      notifier.looks(here.seen && session.phase === 'in', messenger.openChat);
      return () => notifier.looks(false, undefined);
    });
    $effect(() => {
      const { ring } = calls;
      if (ring?.peer === undefined) return;
      const title = plainText('call-incoming', { name: messenger.name(ring.peer) });
      const to = chatOf(ring.peer);
      let over = false;
      const end = (): void => void close(RING).catch(() => undefined);
      // A ring may end while its notice is on its way.
      void notifier
        .ring({ tag: RING, title, body: plainText(ring.video ? 'call-video' : 'call-voice'), hash: to, stays: true })
        .then(() => over && end(), () => undefined);
      return () => {
        over = true;
        end();
      };
    });
  });
}

function chatOf(peer: string): string {
  const chat = messenger.chatWith(peer);
  return chat ? address('chats', chat.id) : address('chats');
}
