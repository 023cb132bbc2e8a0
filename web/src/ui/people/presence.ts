import { here, messenger } from '../../lib/app.svelte.ts';
import { dayAndTime } from '../../lib/when.ts';
import { t } from '../../lib/words.svelte.ts';

/** Somebody's presence in words, with its time where one is known. */
export function presenceWords(account: string): string {
  const shown = messenger.presenceOf(account);
  const since = messenger.presence.get(account)?.since;
  if (since !== undefined) {
    const time = dayAndTime(since, here.now, here.tag);
    if (shown === 'away') return capital(t('presence-away-since', { time }));
    if (shown === 'offline') return capital(t('presence-last-seen', { time }));
  }
  return capital(t(`presence-${shown}`));
}

/** Sentences begin with a capital letter; the words alone do not. */
export function capital(text: string): string {
  const [first, ...rest] = [...text];
  return first === undefined ? '' : first.toLocaleUpperCase() + rest.join('');
}
