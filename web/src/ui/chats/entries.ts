import { connection, here, messenger, toasts } from '../../lib/app.svelte.ts';
import type { Change } from '../../lib/chat-list.svelte.ts';
import type { Chat } from '../../lib/chat.svelte.ts';
import { explain } from '../../lib/explain.ts';
import { t } from '../../lib/words.svelte.ts';
import type { Entry } from '../parts/Menu.svelte';
import { chatName } from './names.ts';

/** What one may set of a chat for oneself: on top, without sound, out of the way. `mute` asks for how long. */
export function ownEntries(chat: Chat, mute: () => void): Entry[] {
  const reason = connection.status === 'online' ? undefined : t('offline-reason');
  const { pinned, archived } = chat.own;
  return [
    pinned
      ? { label: t('unpin'), icon: 'pin-off', reason, run: () => void set(chat, { pinned: false }) }
      : { label: t('pin'), icon: 'pin', reason, run: () => void set(chat, { pinned: true }) },
    isMuted(chat)
      ? { label: t('unmute'), icon: 'bell', reason, run: () => void set(chat, { muted_until: 0 }) }
      : { label: t('mute'), icon: 'bell-off', reason, run: mute },
    archived
      ? { label: t('unarchive'), icon: 'archive-restore', reason, run: () => void archive(chat, false) }
      : { label: t('archive'), icon: 'archive', reason, run: () => void archive(chat, true) },
  ];
}

/** Whether a chat is without sound now. */
export function isMuted(chat: Chat): boolean {
  void here.now;
  return chat.muted(connection.clock.now());
}

/** Sets it; says why where it did not work. */
export async function set(chat: Chat, change: Change): Promise<boolean> {
  try {
    await messenger.list.set(chat, change);
    return true;
  } catch (thrown) {
    toasts.show(explain(thrown, here.tag));
    return false;
  }
}

async function archive(chat: Chat, archived: boolean): Promise<void> {
  if (!(await set(chat, { archived }))) return;
  const text = t(archived ? 'archived-toast' : 'unarchived-toast', { name: chatName(chat) });
  toasts.show(text, () => void set(chat, { archived: !archived }));
}
