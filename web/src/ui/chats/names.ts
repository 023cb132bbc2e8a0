import { messenger } from '../../lib/app.svelte.ts';
import type { Chat } from '../../lib/chat.svelte.ts';
import { t } from '../../lib/words.svelte.ts';

/** What a chat is called: its title, the other one, or all others. */
export function chatName(chat: Chat): string {
  if (chat.group) return chat.group.title;
  if (chat.peer === messenger.me) return t('writing-to-yourself');
  if (chat.peer !== undefined) return messenger.name(chat.peer);
  const others = chat.members.filter((member) => member.account !== messenger.me);
  return others.map((member) => messenger.name(member.account)).join(', ');
}
