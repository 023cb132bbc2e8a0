import type { Block } from './api/Block.ts';
import type { Inline } from './api/Inline.ts';
import { FENCE, KEPT, KEPT_NUMBER, blocksOf, byLength, hrefOf, mentionAt, parse, type Named } from './content-parse.ts';

/** Stands where a back-slash may be needed; no text holds it, as the server takes it out. */
const MAYBE = '\u0000';
const DEEPEST = 12;

/**
 * A tree as its author types it. `parse` makes the same tree of it, if `parse` can make it at all; of another tree it
 * makes one that reads alike.
 */
export function print(blocks: readonly Block[], people: readonly Named[] = []): string {
  const known = byLength([...people, ...namedIn(blocks)]);
  const text = printBlocks(blocks, known, 0);
  return resolve(text, (candidate) => same(parse(candidate, known), blocks));
}

export type Editable = {
  /** What the author sees in the field. */
  text: string;
  /** The tree of what the author made of it. */
  back: (text: string) => Block[];
};

/**
 * A tree to be edited as text. Words that were not touched keep the tree they had, also where it could not have been
 * typed.
 */
export function editable(blocks: readonly Block[], people: readonly Named[] = []): Editable {
  const known = [...people, ...namedIn(blocks)];
  const text = print(blocks, known);
  const typed = same(parse(text, known), blocks);
  return {
    text,
    back(changed) {
      if (changed.trim() === text.trim()) return [...blocks];
      const parsed = parse(changed, known);
      return typed ? parsed : restored(parsed, blocks, known);
    },
  };
}

/** Puts each block back that is as it was, in its order. */
function restored(parsed: readonly Block[], blocks: readonly Block[], people: readonly Named[]): Block[] {
  const left = blocks.map((block) => ({ block, text: print(parse(print([block], people), people), people) }));
  return parsed.map((block) => {
    const text = print([block], people);
    const at = left.findIndex((each) => each.text === text);
    if (at < 0) return block;
    const [found] = left.splice(0, at + 1).slice(-1);
    return found?.block ?? block;
  });
}

/** Everybody whom a tree names. */
export function namedIn(blocks: readonly Block[]): Named[] {
  const found: Named[] = [];
  const seeInline = (inline: readonly Inline[], depth: number): void => {
    for (const part of inline) {
      if (part.type === 'mention') {
        found.push({ ...(part.account === undefined ? {} : { account: part.account }), name: part.name });
      } else if ('inline' in part && depth < DEEPEST) seeInline(part.inline, depth + 1);
    }
  };
  const see = (all: readonly Block[], depth: number): void => {
    if (depth > DEEPEST) return;
    for (const block of all) {
      if (block.type === 'paragraph') seeInline(block.inline, depth);
      else if (block.type === 'quote') see(block.blocks, depth + 1);
      else if (block.type === 'list') for (const item of block.items) see(item, depth + 1);
    }
  };
  see(blocks, 0);
  return found;
}

function printBlocks(blocks: readonly Block[], people: readonly Named[], depth: number): string {
  if (depth > DEEPEST) return '';
  let text = '';
  let before: Block['type'] | undefined;
  for (const block of blocks) {
    if (before !== undefined) text += before === 'paragraph' && block.type === 'paragraph' ? '\n\n' : '\n';
    text += printBlock(block, people, depth);
    before = block.type;
  }
  return text;
}

function printBlock(block: Block, people: readonly Named[], depth: number): string {
  switch (block.type) {
    case 'paragraph':
      return linesOf(block.inline).map((line) => printLine(line, people)).join('\n');
    case 'code': {
      const longest = Math.max(2, ...[...block.text.matchAll(/`+/gu)].map(([run]) => run.length));
      const fence = '`'.repeat(longest + 1);
      return `${fence}\n${block.text}\n${fence}`;
    }
    case 'quote':
      return prefixed(printBlocks(block.blocks, people, depth + 1), '> ', '> ');
    case 'list':
      return block.items
        .map((item, index) => prefixed(printBlocks(item, people, depth + 1), block.ordered ? `${index + 1}. ` : '- ', '  '))
        .join('\n');
  }
}

function prefixed(text: string, first: string, others: string): string {
  return text.split('\n').map((line, index) => (index === 0 ? first : others) + line).join('\n');
}

function linesOf(inline: readonly Inline[]): Inline[][] {
  const lines: Inline[][] = [[]];
  for (const part of inline) {
    if (part.type === 'break') lines.push([]);
    else lines.at(-1)?.push(part);
  }
  return lines;
}

function printLine(parts: readonly Inline[], people: readonly Named[]): string {
  if (parts.length === 0) return '';
  const wanted: Block[] = [{ type: 'paragraph', inline: [...parts] }];
  const template = keepLine(printInline(parts, people, 0));
  const line = resolve(template, (candidate) => same(blocksOf([candidate], people, 0), wanted));
  // What begins a block only together with the lines around it.
  if (FENCE.test(line)) return MAYBE + line;
  return line.replace(/^(\d{1,9})(?=[.)] \S)/u, `$1${MAYBE}`);
}

/** Keeps a line of words from beginning a quote or a list. */
function keepLine(line: string): string {
  if (KEPT.test(line)) return `\\${line}`;
  if (KEPT_NUMBER.test(line)) return line.replace(/^\d+/u, '$&\\');
  return line.replace(/^(?=>(?: |$)|[-•] \S)/u, MAYBE).replace(/^\d{1,9}(?=[.)] \S)/u, `$&${MAYBE}`);
}

function printInline(inline: readonly Inline[], people: readonly Named[], depth: number): string {
  if (depth > DEEPEST) return '';
  return inline
    .map((part) => {
      switch (part.type) {
        case 'text':
          return escaped(part.text, people);
        case 'bold':
          return `*${printInline(part.inline, people, depth + 1)}*`;
        case 'italic':
          return `_${printInline(part.inline, people, depth + 1)}_`;
        case 'strike':
          return `~${printInline(part.inline, people, depth + 1)}~`;
        case 'mono':
          return `\`${part.text}\``;
        case 'mention':
          return `@${part.name}`;
        case 'emoticon':
          return `:${part.name}:`;
        case 'break':
          return '\n';
        case 'link': {
          const [only, ...more] = part.inline;
          const bare = more.length === 0 && only?.type === 'text' ? only.text : undefined;
          if (bare !== undefined && hrefOf(bare) === part.href) return bare;
          const words = printInline(part.inline, people, depth + 1);
          return words === '' ? part.href : `${words} (${part.href})`;
        }
      }
    })
    .join('');
}

function escaped(text: string, people: readonly Named[]): string {
  return text
    .replace(/[*_~`]/gu, `${MAYBE}$&`)
    .replace(/(https?)(?=:\/\/)|(www)(?=\.)/giu, `$&${MAYBE}`)
    .replace(/@/gu, (at, index: number, whole: string) => (mentionAt(whole, index, people) ? MAYBE + at : at));
}

/** Leaves out every back-slash that is not needed; of one mark all stay, or none. */
function resolve(template: string, fits: (text: string) => boolean): string {
  const pieces = template.split(MAYBE);
  if (pieces.length === 1) return template;
  const kept = new Set(pieces.slice(1).map((piece) => piece.slice(0, 1)));
  const text = (): string =>
    pieces.reduce((sum, piece, index) => sum + (index > 0 && kept.has(piece.slice(0, 1)) ? '\\' : '') + piece);
  const whole = text();
  if (fits(pieces.join(''))) return pieces.join('');
  if (!fits(whole)) return whole;
  for (const mark of Array.from(kept)) {
    kept.delete(mark);
    if (!fits(text())) kept.add(mark);
  }
  return text();
}

/** Whether two trees are one; a field that is absent is like one that says nothing. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, index) => same(each, b[index]));
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
