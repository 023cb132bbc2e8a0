import type { Block } from './api/Block.ts';
import type { Command } from './api/Command.ts';
import type { Forwarded } from './api/Forwarded.ts';
import type { Message } from './api/Message.ts';
import type { MessageId } from './api/MessageId.ts';
import type { Quoted } from './api/Quoted.ts';
import { isTree } from './content-check.ts';
import { paragraphs, plainOf } from './content.ts';

/** What somebody wrote, or passes on. */
export type Words = {
  blocks: Block[];
  /** The message that it answers, as it is shown above it. */
  quoted?: Quoted;
  /** The message whose words are passed on. */
  forwards?: MessageId;
  /** Who said these first. */
  forwarded?: Forwarded;
};

/** Words on their way: a new message, or the new words of an old one. */
export type Item = Words & {
  /** Made here; the server stores a message once under it, however often it is sent. */
  client: string;
  conversation: string;
  /** The words without marks: for lists, and for copying. */
  text: string;
  /** When it was written, in ms by the own clock. */
  written: number;
  /** The message whose words change; absent for a new one. */
  edits?: string;
  /** The code of the refusal, once the server refused it. */
  refused?: string;
  /** The limit that was reached, if the refusal names one. */
  limit?: number;
};

type Place = Pick<Item, 'client' | 'conversation' | 'written' | 'edits'>;

/** Words and where they go. */
export function item(words: Words, place: Place): Item {
  return { ...words, ...place, text: plainOf(words.blocks) };
}

/** What the server is asked for. */
export function command(each: Item): Command {
  const to = { conversation: each.conversation };
  if (each.forwards !== undefined) return { type: 'forward', message: each.forwards, to, client: each.client };
  const body = { type: 'text', blocks: each.blocks } as const;
  if (each.edits !== undefined) return { type: 'edit', message: each.edits, body };
  const reply = each.quoted === undefined ? {} : { reply_to: each.quoted.message };
  return { type: 'send', to, body, client: each.client, ...reply };
}

/** The message that it became, before the server's own word of it comes. */
export function asSent(each: Item, author: string, id: MessageId, stamp: number): Message {
  const { quoted, forwarded } = each;
  return {
    id,
    conversation: each.conversation,
    author,
    stamp,
    body: { type: 'text', blocks: each.blocks },
    deleted: false,
    reactions: [],
    names_reader: false,
    client: each.client,
    ...(quoted ? { reply_to: quoted.message, quoted } : {}),
    ...(forwarded ? { forwarded } : {}),
  };
}

/** An item as it was kept, or nothing if it is broken. */
export function revive(text: string | null): Item | undefined {
  try {
    const kept = JSON.parse(text ?? '') as Item;
    const whole =
      isText(kept.client) &&
      isText(kept.conversation) &&
      isText(kept.text) &&
      typeof kept.written === 'number' &&
      isOptional(kept.edits, isText) &&
      isOptional(kept.forwards, isText) &&
      isOptional(kept.quoted, isQuoted) &&
      isOptional(kept.forwarded, isForwarded) &&
      isOptional(kept.blocks, isTree);
    // An older page kept the words alone.
    return whole ? { ...kept, blocks: kept.blocks ?? paragraphs(kept.text) } : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isOptional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}

function isQuoted(value: unknown): boolean {
  const quoted = value as Quoted;
  return [quoted.message, quoted.author, quoted.name, quoted.words].every(isText) && typeof quoted.stamp === 'number';
}

function isForwarded(value: unknown): boolean {
  const forwarded = value as Forwarded;
  return isText(forwarded.author) && isText(forwarded.name) && typeof forwarded.stamp === 'number';
}
