import type { Membership } from '../../lib/api/Membership.ts';
import { connection } from '../../lib/app.svelte.ts';
import type { Chat } from '../../lib/chat.svelte.ts';

/** Makes people something in a group. Rejects with `Refused`. */
export async function make(chat: Chat, people: readonly string[], to: Membership): Promise<void> {
  await connection.command({ type: 'set_members', conversation: chat.id, people: [...people], to });
}
