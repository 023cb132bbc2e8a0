import type { Named } from './content-parse.ts';

/** What is being written before the caret that can be completed. */
export type Wanted = { kind: 'mention' | 'emoji'; query: string; /** Where it begins, its sign included. */ from: number };

const MENTION = /(?<![\p{L}\p{N}\p{M}\\])@((?:[^\s@]+(?: [^\s@]*){0,3})?)$/u;
const EMOJI = /(?<![\p{L}\p{N}\p{M}:\\]):([\p{L}\p{N}_+-]{2,32})$/u;
const CLOSED = /(?<![\p{L}\p{N}\p{M}:\\]):([\w+-]{1,32}):$/u;
/** Letters before the caret that are looked at. */
const BACK = 120;

/** Somebody who can be named in a chat. */
export type Person = Named & {
  /** The account name; absent for everybody. */
  handle?: string;
  /** The reader's own name for them: found by it, never written. */
  nickname?: string;
};

/** What the letters before the caret begin, if it is a name or an emoji. */
export function wantedAt(text: string, caret: number): Wanted | undefined {
  if (inCode(text, caret)) return undefined;
  const before = text.slice(Math.max(0, caret - BACK), caret);
  for (const [kind, pattern] of [['emoji', EMOJI], ['mention', MENTION]] as const) {
    const found = pattern.exec(before);
    if (found) return { kind, query: found[1] ?? '', from: caret - found[0].length };
  }
  return undefined;
}

/** A whole `:name:` that ends at the caret. */
export function closedAt(text: string, caret: number): { name: string; from: number } | undefined {
  if (inCode(text, caret)) return undefined;
  const found = CLOSED.exec(text.slice(Math.max(0, caret - BACK), caret));
  return found ? { name: found[1] ?? '', from: caret - found[0].length } : undefined;
}

/** Those whose name, or a word of it, begins so. */
export function people(all: readonly Person[], query: string): Person[] {
  const wanted = folded(query);
  const fits = ({ name, handle, nickname }: Person): boolean =>
    (nickname !== undefined && folded(nickname).startsWith(wanted)) ||
    folded(name).startsWith(wanted) ||
    folded(handle ?? '').startsWith(wanted) ||
    folded(name).split(/\s+/u).some((word) => word.startsWith(wanted));
  return all.filter(fits);
}

/** Each under a name of its own: of two who are called alike, the account names tell who is meant. */
export function apart(all: readonly Person[]): Person[] {
  const count = new Map<string, number>();
  for (const { name } of all) count.set(name, (count.get(name) ?? 0) + 1);
  return all.map((person) =>
    (count.get(person.name) ?? 0) > 1 && person.handle !== undefined ? { ...person, name: person.handle } : person,
  );
}

/** Code is words as they are. */
function inCode(text: string, caret: number): boolean {
  const lines = text.slice(0, caret).split('\n');
  const line = lines.pop() ?? '';
  if (lines.filter((each) => each.startsWith('```')).length % 2 === 1) return true;
  return line.split('`').length % 2 === 0;
}

function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
