import { again } from '../lib/again.ts';
import { announcer, connection, here, messenger } from '../lib/app.svelte.ts';
import { firstWords } from '../lib/content.ts';
import { t } from '../lib/words.svelte.ts';

/** Says and sounds what comes in: the open chat is read aloud, any other one is told by a sound and by the system. */
export function hearMessages(): () => void {
  const telling = again(() => import('./heard.svelte.ts'));
  let over = false;
  let end: (() => void) | undefined;
  telling.then(
    ({ watch }) => {
      if (!over) end = watch();
    },
    // Everything is on the page all the same.
    () => undefined,
  );
  const unheard = messenger.onMessage((message, chat) => {
    if (message.body.type === 'call') return;
    if (chat.id === messenger.openChat && here.seen) {
      announcer.say(t('new-message-from', { name: messenger.name(message.author), text: firstWords(message.body) }));
      return;
    }
    const live = connection.status === 'online';
    void telling.then(({ heard }) => heard(message, chat, live)).catch(() => undefined);
  });
  return () => {
    over = true;
    unheard();
    end?.();
  };
}
