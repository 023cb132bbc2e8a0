/** The calls of this page, joined to its connection when this module is loaded. */
import type { Target } from '../api/Target.ts';
import { connection, messenger, settings } from '../app.svelte.ts';
import { browser } from './browser.ts';
import { Desk } from './desk.svelte.ts';
import { History } from './history.svelte.ts';

export const calls = new Desk(browser, settings);

calls.attach(connection, {
  profile: (account) => messenger.profiles.get(account),
  other: (target: Target) =>
    'account' in target ? target.account : messenger.conversations.get(target.conversation)?.peer,
  conversationWith: (account) => messenger.chatWith(account)?.id,
});
connection.onOnline(() => calls.reattached());
connection.onEnd(() => calls.clear());

/** Calls of the past. */
export const history = new History(connection);
