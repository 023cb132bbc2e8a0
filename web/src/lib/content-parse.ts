import type { Block } from './api/Block.ts';
import type { Inline } from './api/Inline.ts';
import { clean } from './content.ts';

/** Somebody who can be named: without an account, everybody. */
export type Named = { account?: string; name: string };

/** Quotes and lists in each other; what is deeper is words. Marks go three deep, and the server takes eight in all. */
const DEEPEST = 4;
/** Bytes of a link's address that the server takes. */
const LONGEST_LINK = 2_048;

const MARKS = { '*': 'bold', _: 'italic', '~': 'strike' } as const;
type Mark = keyof typeof MARKS;

export const FENCE = /^(`{3,})(?!`)(.*)$/u;
const LANGUAGE = /^[\w+#.-]{0,20}$/u;
const QUOTED = /^>(?: |$)/u;
const BULLET = /^[-*•] (?=\S)/u;
const NUMBER = /^(\d{1,9})[.)] (?=\S)/u;
/** A back-slash that keeps a line from beginning a quote or a list. */
export const KEPT = /^\\+(?=>(?: |$)|[-•] \S)/u;
export const KEPT_NUMBER = /^(\d{1,9})(\\+)(?=[.)] \S)/u;

const WORD_BEFORE = /[\p{L}\p{N}\p{M}]$/u;
const WORD = /[\p{L}\p{N}\p{M}]/uy;
const ADDRESS = /(?:https?:\/\/[^\s/?#<>"`\\]|www\.[^\s./?#<>"`\\]+\.[^\s./?#<>"`\\])[^\s<>"`\\]*/iuy;

/**
 * What was typed as a tree: `*bold*`, `_italic_`, `~struck~`, `` `code` ``, fenced code, `> quote`, lists, bare addresses,
 * and `@name` of the people given. A back-slash keeps a mark from being one. Every text has a tree; nothing is refused.
 */
export function parse(text: string, people: readonly Named[] = []): Block[] {
  const lines = clean(text.replace(/\r\n?/gu, '\n')).trim().split('\n');
  return lines.length === 1 && lines[0] === '' ? [] : blocksOf(lines, byLength(people), 0);
}

/** The longest names first: who is called "Ann" does not hide "Ann Sample". */
export function byLength(people: readonly Named[]): Named[] {
  return people.filter(({ name }) => name !== '').toSorted((a, b) => b.name.length - a.name.length);
}

export function blocksOf(lines: readonly string[], people: readonly Named[], depth: number): Block[] {
  const blocks: Block[] = [];
  let region: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const found = blockAt(lines, at, people, depth);
    if (found) {
      blocks.push(...paragraphsOf(region, people), found.block);
      region = [];
      at = found.next;
    } else {
      region.push(lines[at] ?? '');
      at += 1;
    }
  }
  blocks.push(...paragraphsOf(region, people));
  return blocks;
}

type Found = { block: Block; next: number } | undefined;

function blockAt(lines: readonly string[], at: number, people: readonly Named[], depth: number): Found {
  const line = lines[at] ?? '';
  if (line.startsWith('```')) return codeAt(lines, at);
  if (depth >= DEEPEST) return undefined;
  if (QUOTED.test(line)) return quoteAt(lines, at, people, depth);
  if (BULLET.test(line)) return listAt(lines, at, people, depth, false);
  if (NUMBER.exec(line)?.[1] === '1') return listAt(lines, at, people, depth, true);
  return undefined;
}

function codeAt(lines: readonly string[], at: number): Found {
  const [, fence = '', rest = ''] = FENCE.exec(lines[at] ?? '') ?? [];
  const closes = new RegExp(`(?<!\`)${fence}$`, 'u');
  let end = at;
  while (end < lines.length && !closes.test(end === at ? rest : (lines[end] ?? ''))) end += 1;
  if (end === lines.length) return undefined;
  const before = (end === at ? rest : (lines[end] ?? '')).slice(0, -fence.length);
  let content: string[];
  if (end === at) content = [before];
  else {
    const inside = lines.slice(at + 1, end);
    // The name of a language has no place in the tree.
    const named = before === '' && LANGUAGE.test(rest);
    content = [...(named ? [] : [rest]), ...inside, ...(before === '' ? [] : [before])];
  }
  const text = content.join('\n');
  return text.trim() === '' ? undefined : { block: { type: 'code', text }, next: end + 1 };
}

function quoteAt(lines: readonly string[], at: number, people: readonly Named[], depth: number): Found {
  let end = at;
  while (end < lines.length && QUOTED.test(lines[end] ?? '')) end += 1;
  const inside = lines.slice(at, end).map((line) => line.replace(/^> ?/u, ''));
  if (inside.every((line) => line.trim() === '')) return undefined;
  return { block: { type: 'quote', blocks: blocksOf(inside, people, depth + 1) }, next: end };
}

function listAt(lines: readonly string[], at: number, people: readonly Named[], depth: number, ordered: boolean): Found {
  const items: Block[][] = [];
  let next = at;
  while (next < lines.length) {
    const line = lines[next] ?? '';
    const begin = ordered ? NUMBER.exec(line) : BULLET.exec(line);
    // A list counts from one; another number is the reader's own.
    if (!begin || (ordered && Number(begin[1]) !== items.length + 1)) break;
    const item = [line.slice(begin[0].length)];
    next += 1;
    while (next < lines.length && lines[next]?.startsWith('  ')) {
      item.push(lines[next]?.slice(2) ?? '');
      next += 1;
    }
    items.push(blocksOf(item, people, depth + 1));
  }
  return { block: { type: 'list', ordered, items }, next };
}

/** Lines between other blocks. A blank line ends a paragraph; every further one is kept. */
function paragraphsOf(lines: readonly string[], people: readonly Named[]): Block[] {
  if (lines.length === 0) return [];
  const all = lines.join('\n').split(/(?<=[^\n])\n\n(?=\n*[^\n])/u);
  return all.map((text) => {
    const inline: Inline[] = [];
    for (const [index, line] of text.split('\n').entries()) {
      if (index > 0) inline.push({ type: 'break' });
      inline.push(...inlineOf(unkept(line), people));
    }
    return { type: 'paragraph', inline };
  });
}

function unkept(line: string): string {
  if (KEPT.test(line)) return line.slice(1);
  return line.replace(KEPT_NUMBER, (_, digits: string, slashes: string) => digits + slashes.slice(1));
}

type Token =
  | { kind: 'text'; text: string }
  | { kind: 'part'; part: Inline }
  | { kind: 'mark'; mark: Mark; opens: boolean; closes: boolean };

/** The parts of one line. */
export function inlineOf(line: string, people: readonly Named[]): Inline[] {
  const tokens = tokensOf(line, people);
  return build(tokens, 0, tokens.length);
}

function build(tokens: readonly Token[], from: number, to: number): Inline[] {
  const parts: Inline[] = [];
  const say = (text: string): void => {
    const last = parts.at(-1);
    if (last?.type === 'text') last.text += text;
    else parts.push({ type: 'text', text });
  };
  /** Marks that nothing closes any more. */
  const dead = new Set<Mark>();
  for (let at = from; at < to; at += 1) {
    const token = tokens[at];
    if (token?.kind === 'part') parts.push(token.part);
    else if (token?.kind === 'text') say(token.text);
    else if (token) {
      const end = token.opens && !dead.has(token.mark) ? closer(tokens, at, to, token.mark) : -1;
      if (end < 0) {
        if (token.opens) dead.add(token.mark);
        say(token.mark);
      } else {
        parts.push({ type: MARKS[token.mark], inline: build(tokens, at + 1, end) });
        at = end;
      }
    }
  }
  return parts;
}

function closer(tokens: readonly Token[], from: number, to: number, mark: Mark): number {
  for (let at = from + 1; at < to; at += 1) {
    const token = tokens[at];
    if (token?.kind === 'mark' && token.mark === mark && token.closes) return at;
  }
  return -1;
}

function tokensOf(line: string, people: readonly Named[]): Token[] {
  const tokens: Token[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') tokens.push({ kind: 'text', text: plain });
    plain = '';
  };
  for (let at = 0; at < line.length; ) {
    const letter = line[at] ?? '';
    if (letter === '\\' && isEscape(line, at, plain, people)) {
      plain += line[at + 1] ?? '';
      at += 2;
      continue;
    }
    const found = partAt(line, at, people);
    if (found) {
      flush();
      tokens.push({ kind: 'part', part: found.part });
      at += found.length;
    } else if (isMark(letter)) {
      flush();
      tokens.push({ kind: 'mark', mark: letter, ...sides(line, at, letter) });
      at += 1;
    } else {
      plain += letter;
      at += 1;
    }
  }
  flush();
  return tokens;
}

function isMark(letter: string): letter is Mark {
  return letter in MARKS;
}

/** A mark opens before a word and closes after one, so that `snake_case` and `2 * 3` are words. */
function sides(line: string, at: number, mark: Mark): { opens: boolean; closes: boolean } {
  const before = line[at - 1];
  const after = line[at + 1];
  return {
    opens: after !== undefined && after !== mark && !/\s/u.test(after) && !wordBefore(line, at),
    closes: before !== undefined && !/\s/u.test(before) && !wordAt(line, at + 1),
  };
}

/** Before a mark always; before what else would be a name or an address, after the letters that begin it. */
function isEscape(line: string, at: number, before: string, people: readonly Named[]): boolean {
  const next = line[at + 1] ?? '';
  if (isMark(next) || next === '`') return true;
  if (next === '@') return mentionAt(line, at + 1, people) !== undefined;
  if (next === ':') return line.startsWith('://', at + 1) && /https?$/iu.test(before);
  return next === '.' && /www$/iu.test(before);
}

type Part = { part: Inline; length: number } | undefined;

function partAt(line: string, at: number, people: readonly Named[]): Part {
  switch (line[at]) {
    case '`': {
      const end = line.indexOf('`', at + 1);
      return end > at + 1 ? { part: { type: 'mono', text: line.slice(at + 1, end) }, length: end + 1 - at } : undefined;
    }
    case '@':
      return wordBefore(line, at) ? undefined : mentionAt(line, at, people);
    case 'h':
    case 'H':
    case 'w':
    case 'W':
      return wordBefore(line, at) ? undefined : linkAt(line, at);
    default:
      return undefined;
  }
}

/** Whose name follows an `@`. */
export function mentionAt(line: string, at: number, people: readonly Named[]): Part {
  const who = people.find(({ name }) => line.startsWith(name, at + 1) && !wordAt(line, at + 1 + name.length));
  return who && { part: { type: 'mention', ...who }, length: who.name.length + 1 };
}

function linkAt(line: string, at: number): Part {
  ADDRESS.lastIndex = at;
  const found = ADDRESS.exec(line)?.[0];
  if (found === undefined) return undefined;
  const text = withoutEnd(found);
  ADDRESS.lastIndex = 0;
  const href = hrefOf(text);
  if (ADDRESS.exec(text)?.[0] !== text || new TextEncoder().encode(href).length > LONGEST_LINK) return undefined;
  return { part: { type: 'link', href, inline: [{ type: 'text', text }] }, length: text.length };
}

/** Where an address that was typed leads. */
export function hrefOf(text: string): string {
  return /^www\./iu.test(text) ? `https://${text}` : text;
}

/** Without what ends the sentence, not the address; a bracket that was opened inside belongs to it. */
function withoutEnd(address: string): string {
  let end = address.length;
  while (end > 0) {
    const letter = address[end - 1] ?? '';
    if (letter === ')') {
      const inside = address.slice(0, end);
      if (inside.split('(').length >= inside.split(')').length) break;
    } else if (!".,;:!?'*_~]}…".includes(letter)) break;
    end -= 1;
  }
  return address.slice(0, end);
}

function wordBefore(line: string, at: number): boolean {
  return WORD_BEFORE.test(line.slice(Math.max(0, at - 2), at));
}

function wordAt(line: string, at: number): boolean {
  WORD.lastIndex = at;
  return WORD.test(line);
}
