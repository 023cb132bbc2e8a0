import type { CallRecord } from './api/CallRecord.ts';
import type { Message } from './api/Message.ts';
import type { Item } from './outbox.svelte.ts';
import { sameDay } from './when.ts';

/** What a conversation shows, top to bottom. */
export type Line =
  | { kind: 'day'; key: string; stamp: number }
  | { kind: 'new'; key: string; stamp: number }
  | { kind: 'system'; key: string; message: Message }
  | { kind: 'call'; key: string; message: Message; record: CallRecord | undefined }
  | { kind: 'message'; key: string; message: Message; mine: boolean; first: boolean; edit: Item | undefined }
  | { kind: 'pending'; key: string; item: Item; first: boolean };

/** A run of one author's bubbles ends after so long a silence, in ms. */
const RUN = 5 * 60_000;

type Input = {
  messages: readonly Message[];
  /** What waits to be sent, oldest first. */
  items: readonly Item[];
  me: string;
  /** The stamp after which "new since" stands. */
  newSince: number | undefined;
  /** More messages stand above the window: where new ones begin may be among those. */
  earlier: boolean;
  /** More messages stand below the window: what waits does not follow on it. */
  later: boolean;
};

/** Sets days, runs and the "new since" line between the messages. */
export function timeline({ messages, items, me, newSince, earlier, later }: Input): Line[] {
  const lines: Line[] = [];
  const edits = new Map(items.filter((item) => item.edits !== undefined).map((item) => [item.edits, item]));
  let before: { stamp: number; author: string | undefined } | undefined;
  // Where the first message of the window is new already, the line stands further up.
  const [oldest] = messages;
  let marked = newSince === undefined || (earlier && oldest !== undefined && oldest.stamp > newSince);

  for (const message of messages) {
    const { stamp } = message;
    if (!before || !sameDay(before.stamp, stamp)) {
      lines.push({ kind: 'day', key: `day ${new Date(stamp).toDateString()}`, stamp });
      before = undefined;
    }
    const since = newSince ?? 0;
    if (!marked && stamp > since && message.author !== me && message.body.type !== 'system') {
      marked = true;
      lines.push({ kind: 'new', key: 'new', stamp: since });
      before = undefined;
    }
    if (message.body.type === 'system') {
      lines.push({ kind: 'system', key: message.id, message });
      before = { stamp, author: undefined };
    } else if (message.body.type === 'call') {
      lines.push({ kind: 'call', key: message.id, message, record: message.body.record });
      before = { stamp, author: undefined };
    } else {
      const first = before?.author !== message.author || stamp - before.stamp > RUN;
      const mine = message.author === me;
      lines.push({ kind: 'message', key: message.id, message, mine, first, edit: edits.get(message.id) });
      before = { stamp, author: message.author };
    }
  }

  if (later) return lines;
  for (const item of items) {
    if (item.edits !== undefined) continue;
    if (!before || !sameDay(before.stamp, item.written)) {
      lines.push({ kind: 'day', key: `day ${new Date(item.written).toDateString()}`, stamp: item.written });
    }
    const first = before?.author !== me || item.written - before.stamp > RUN;
    lines.push({ kind: 'pending', key: `out ${item.client}`, item, first });
    before = { stamp: item.written, author: me };
  }
  return lines;
}

/** The newest own message that all others have read: the one that says so in words. */
export function newestRead(messages: readonly Message[], me: string, readTo: number): string | undefined {
  return messages.findLast((message) => message.author === me && message.stamp <= readTo)?.id;
}
