/** How loud each chat is on this device. */
import { store } from '../app.svelte.ts';
import { ChatsNotify } from './chats.svelte.ts';

export const chatsNotify = new ChatsNotify(store);
window.addEventListener('storage', (event) => chatsNotify.follow(event));
