import { connection, messenger } from '../../lib/app.svelte.ts';
import type { Chat } from '../../lib/chat.svelte.ts';
import { Roster } from '../../lib/groups-roster.svelte.ts';

const rosters = new WeakMap<Chat, Roster>();

/** The people of a group, as far as they were read. */
export function rosterOf(chat: Chat): Roster {
  let roster = rosters.get(chat);
  if (!roster) {
    roster = new Roster(chat, { get: (path) => connection.get(path), know: (profiles) => messenger.know(profiles) });
    rosters.set(chat, roster);
  }
  return roster;
}
