import type { Message } from '../../lib/api/Message.ts';
import { connection, here, taste, toasts } from '../../lib/app.svelte.ts';
import { explain } from '../../lib/explain.ts';

/** Reactions that are one step away, with the end of their name's key. */
export const QUICK = [
  ['👍', 'thumbs'],
  ['❤️', 'heart'],
  ['😂', 'joy'],
  ['😮', 'wow'],
  ['😢', 'sad'],
  ['🙏', 'thanks'],
] as const;

/** Reacts to a message, or takes it back; the chips follow when the server has it. */
export async function react(message: Message, key: string, on: boolean): Promise<void> {
  try {
    await connection.command({ type: 'react', message: message.id, key, on });
    if (on) taste.used(key);
  } catch (thrown) {
    toasts.show(explain(thrown, here.tag));
  }
}
