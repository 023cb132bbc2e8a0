import { announcer, connection, here, messenger } from '../lib/app.svelte.ts';
import { firstWords } from '../lib/content.ts';
import { t } from '../lib/words.svelte.ts';

/** Says and sounds what comes in: the open chat is read aloud, any other one makes the message sound. */
export function hearMessages(): () => void {
  return messenger.onMessage((message, chat) => {
    if (message.body.type === 'call') return;
    if (chat.id === messenger.openChat && here.seen) {
      announcer.say(t('new-message-from', { name: messenger.name(message.author), text: firstWords(message.body) }));
      return;
    }
    // A muted chat is silent, unless somebody calls the reader by name.
    if (chat.muted(connection.clock.now()) && !message.names_reader) return;
    void import('../lib/sound/player.ts').then(({ sounds }) => sounds.message()).catch(() => undefined);
  });
}
