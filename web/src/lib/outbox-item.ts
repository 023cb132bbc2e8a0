import type { Block } from './api/Block.ts';
import type { Body } from './api/Body.ts';
import type { Command } from './api/Command.ts';
import type { Forwarded } from './api/Forwarded.ts';
import type { Message } from './api/Message.ts';
import type { MessageId } from './api/MessageId.ts';
import type { ObjectId } from './api/ObjectId.ts';
import type { ObjectInfo } from './api/ObjectInfo.ts';
import type { Quoted } from './api/Quoted.ts';
import type { SendBody } from './api/SendBody.ts';
import { isTree } from './content-check.ts';
import { paragraphs, plainOf } from './content.ts';

/** A file of a message that is on its way. */
export type Attached = {
  /** Made here; the server keeps one upload under it, however often it is begun. */
  client: string;
  name: string;
  size: number;
  /** Once it is whole on the server. */
  object?: ObjectInfo;
};

/** What somebody wrote, or passes on. */
export type Words = {
  blocks: Block[];
  /** Files that go with the words; it is sent when all are whole. */
  files?: Attached[];
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
  /** When it was written, in ms by the server's clock. */
  written: number;
  /** Its place among those that wait, as a clock may be set back; absent in what an older page kept. */
  turn?: number;
  /** The message whose words change; absent for a new one. */
  edits?: string;
  /** The files of that message, which stay. */
  carries?: ObjectId[];
  /** The code of the refusal, once the server refused it. */
  refused?: string;
  /** Which of its files was refused. */
  at?: string;
  /** The limit that was reached, if the refusal names one. */
  limit?: number;
};

type Place = Pick<Item, 'client' | 'conversation' | 'written' | 'edits' | 'carries'>;

/** Words and where they go. */
export function item(words: Words, place: Place): Item {
  return { ...words, ...place, text: plainOf(words.blocks) };
}

/** What the server is asked for. */
export function command(each: Item): Command {
  const to = { conversation: each.conversation };
  if (each.forwards !== undefined) return { type: 'forward', message: each.forwards, to, client: each.client };
  const ids = each.carries ?? each.files?.flatMap(({ object }) => (object ? [object.id] : []));
  const { blocks } = each;
  const body: SendBody = ids ? { type: 'objects', ids, blocks } : { type: 'text', blocks };
  if (each.edits !== undefined) return { type: 'edit', message: each.edits, body };
  const reply = each.quoted === undefined ? {} : { reply_to: each.quoted.message };
  return { type: 'send', to, body, client: each.client, ...reply };
}

/** Whether a file of it is not whole yet. */
export function isLoading(each: Item): boolean {
  return each.files?.some(({ object }) => object === undefined) ?? false;
}

/** What it says, once it is said. */
export function bodyOf({ blocks, files }: Item): Body {
  const objects = files?.flatMap(({ object }) => (object ? [object] : []));
  return objects ? { type: 'objects', ids: objects.map(({ id }) => id), objects, blocks } : { type: 'text', blocks };
}

/** The message that it became, before the server's own word of it comes. */
export function asSent(each: Item, author: string, id: MessageId, stamp: number): Message {
  const { quoted, forwarded } = each;
  return {
    id,
    conversation: each.conversation,
    author,
    stamp,
    body: bodyOf(each),
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
      isOptional(kept.turn, (turn) => typeof turn === 'number') &&
      isOptional(kept.edits, isText) &&
      isOptional(kept.forwards, isText) &&
      isOptional(kept.quoted, isQuoted) &&
      isOptional(kept.forwarded, isForwarded) &&
      isOptional(kept.carries, (all) => Array.isArray(all) && all.every(isText)) &&
      isOptional(kept.files, (all) => Array.isArray(all) && all.length > 0 && all.every(isAttached)) &&
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

function isAttached(value: unknown): boolean {
  const file = value as Attached;
  return isText(file.client) && isText(file.name) && typeof file.size === 'number' && isOptional(file.object, (known) => isText((known as ObjectInfo).id));
}
