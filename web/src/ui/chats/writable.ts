import { messenger } from '../../lib/app.svelte.ts';
import type { Chat } from '../../lib/chat.svelte.ts';
import type { Person } from '../../lib/complete.ts';
import { t } from '../../lib/words.svelte.ts';

/** What "everybody" is called in the languages of this client: whoever writes, all readers know it. */
const EVERYBODY = ['all', 'todos'];

/** Why nothing can be written into a chat; absent where one can. */
export function closedTo(chat: Chat): 'blocked' | 'stranger' | 'deleted' | 'gone' | 'listening' | undefined {
  const { group } = chat;
  if (group && group.role === undefined) return 'gone';
  if (group?.rules.post === 'admins' && group.role === 'member') return 'listening';
  const { peer } = chat;
  if (peer === undefined || peer === messenger.me || messenger.profile(peer)?.kind === 'service') return undefined;
  const contact = messenger.contacts.get(peer);
  if (messenger.profile(peer)?.deleted) return 'deleted';
  if (contact?.blocked) return 'blocked';
  return contact?.state === 'contact' ? undefined : 'stranger';
}

/** Whom one can name in a chat: its people, and in a group everybody. */
export function nameable(chat: Chat): Person[] {
  const others = chat.everybody
    .filter(({ account }) => account !== messenger.me)
    .map(({ account }): Person => {
      const profile = messenger.profile(account);
      const nickname = messenger.contacts.get(account)?.nickname;
      // What is written is read by others: their own name, never the reader's name for them.
      return {
        account,
        name: profile ? messenger.ownName(account) : '',
        ...(profile ? { handle: profile.name } : {}),
        ...(nickname === undefined ? {} : { nickname }),
      };
    })
    .filter(({ name }) => name !== '');
  return chat.members.length > 2 ? [...others, { name: t('mention-all') }] : others;
}

/** The same, by every word that is understood when it is typed. */
export function understood(chat: Chat): Person[] {
  const all = nameable(chat);
  const handles = all.flatMap(({ account, handle }) => (account && handle ? [{ account, name: handle }] : []));
  return [...all, ...handles, ...(chat.members.length > 2 ? EVERYBODY.map((name) => ({ name })) : [])];
}
