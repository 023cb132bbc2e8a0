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
  const days = new Map<string, number>();
  // A day may come up again where clocks were set back: each line of it has a key of its own.
  const day = (stamp: number): void => {
    const name = new Date(stamp).toDateString();
    const times = (days.get(name) ?? 0) + 1;
    days.set(name, times);
    lines.push({ kind: 'day', key: times === 1 ? `day ${name}` : `day ${name} ${times}`, stamp });
  };
  let before: { stamp: number; author: string | undefined } | undefined;
  // Where the first message of the window is new already, the line stands further up.
  const [oldest] = messages;
  let marked = newSince === undefined || (earlier && oldest !== undefined && oldest.stamp > newSince);

  for (const message of messages) {
    const { stamp } = message;
    if (!before || !sameDay(before.stamp, stamp)) {
      day(stamp);
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
    const { written } = item;
    // It stands last whenever it was written: an earlier day does not begin anew below a later one.
    if (!before || (written > before.stamp && !sameDay(before.stamp, written))) day(written);
    const first = before?.author !== me || written - before.stamp > RUN;
    lines.push({ kind: 'pending', key: `out ${item.client}`, item, first });
    before = { stamp: Math.max(written, before?.stamp ?? written), author: me };
  }
  return lines;
}

/** The newest own message that all others have read: the one that says so in words. */
export function newestRead(messages: readonly Message[], me: string, readTo: number): string | undefined {
  return messages.findLast((message) => message.author === me && message.stamp <= readTo)?.id;
}
