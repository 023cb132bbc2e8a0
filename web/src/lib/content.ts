import type { Block } from './api/Block.ts';
import type { Body } from './api/Body.ts';
import type { Inline } from './api/Inline.ts';

/** Nothing a person writes is nested deeper; what is, shows as plain words. */
const DEEPEST = 12;
/** Lines and letters beyond which a text is folded. */
const FOLD_LINES = 30;
const FOLD_LETTERS = 3_000;

/** Without the letters that the server takes out of a text. */
export function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are meant
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '');
}

/** The words of a tree, with line feeds between its blocks. */
export function plainOf(blocks: readonly Block[], depth = 0): string {
  if (depth > DEEPEST) return '';
  return blocks.map((block) => plainBlock(block, depth)).join('\n');
}

function plainBlock(block: Block, depth: number): string {
  switch (block.type) {
    case 'paragraph':
      return plainInline(block.inline, depth);
    case 'quote':
      return plainOf(block.blocks, depth + 1);
    case 'code':
      return block.text;
    case 'list':
      return block.items.map((item) => plainOf(item, depth + 1)).join('\n');
  }
}

function plainInline(inline: readonly Inline[], depth: number): string {
  if (depth > DEEPEST) return '';
  return inline
    .map((part) => {
      switch (part.type) {
        case 'text':
        case 'mono':
          return part.text;
        case 'bold':
        case 'italic':
        case 'strike':
        case 'link':
          return plainInline(part.inline, depth + 1);
        case 'mention':
          return `@${part.name}`;
        case 'emoticon':
          return `:${part.name}:`;
        case 'break':
          return '\n';
      }
    })
    .join('');
}

/** The words of a message's body; a call or a line of the system has none of its own. */
export function wordsOf(body: Body): string {
  return body.type === 'text' || body.type === 'card' || body.type === 'objects' ? plainOf(body.blocks) : '';
}

/** The first words of a body on one line, at most 200 letters: for lists and announcements. */
export function firstWords(body: Body): string {
  const line = calm(wordsOf(body)).replace(/\s+/gu, ' ').trim();
  const letters = Array.from(line.slice(0, 400));
  return letters.length > 200 ? `${letters.slice(0, 199).join('')}…` : letters.join('');
}

/**
 * A text as it is drawn: of marks piled upon one letter the first eight. No script needs more, and thousands of them
 * hold up the page for a second; the words themselves stay as they are.
 */
export function calm(text: string): string {
  return text.length < 9 ? text : text.replace(/(\p{M}{8})\p{M}+/gu, '$1');
}

/** Whether a text is so long that it is folded at first. */
export function isLong(text: string): boolean {
  if (text.split('\n', FOLD_LINES + 1).length > FOLD_LINES) return true;
  // Marks upon a letter take no room of their own.
  return text.length > FOLD_LETTERS && text.replace(/\p{M}+/gu, '').length > FOLD_LETTERS;
}

/**
 * The beginning of a long text, so that a folded bubble costs no more than it shows: whole blocks while they fit, then
 * the first words of the one that does not.
 */
export function beginning(blocks: readonly Block[]): Block[] {
  const kept: Block[] = [];
  let lines = FOLD_LINES;
  let letters = FOLD_LETTERS;
  for (const block of blocks) {
    const text = plainOf([block]);
    const rows = text.split('\n', lines + 1).length;
    if (text.length > letters || rows > lines) {
      kept.push(...paragraphs(whole(text.split('\n', lines).join('\n').slice(0, letters))));
      return kept;
    }
    kept.push(block);
    lines -= rows;
    letters -= text.length;
    if (lines <= 0 || letters <= 0) return kept;
  }
  return kept;
}

/** Without half a letter at its end. */
function whole(text: string): string {
  return text.replace(/[\uD800-\uDBFF]$/, '');
}

/** Plain words as the tree that the server will make of them, but for its links. */
export function paragraphs(text: string): Block[] {
  return text.split('\n').map((line) => ({ type: 'paragraph', inline: [{ type: 'text', text: line }] }));
}
