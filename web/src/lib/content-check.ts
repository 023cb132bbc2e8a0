import type { Block } from './api/Block.ts';
import type { Inline } from './api/Inline.ts';

/** Nothing the composer makes is nested deeper. */
const DEEPEST = 12;

/** Whether something that was kept is a tree: another version of the page may have written it. */
export function isTree(value: unknown): value is Block[] {
  return isBlocks(value, 0);
}

function isBlocks(value: unknown, depth: number): value is Block[] {
  return depth <= DEEPEST && Array.isArray(value) && value.every((each) => isBlock(each, depth));
}

function isBlock(value: unknown, depth: number): boolean {
  if (!isRecord(value)) return false;
  switch (value['type']) {
    case 'paragraph':
      return isInline(value['inline'], depth);
    case 'quote':
      return isOptionalText(value['author']) && isOptionalText(value['message']) && isBlocks(value['blocks'], depth + 1);
    case 'code':
      return typeof value['text'] === 'string';
    case 'list':
      return (
        typeof value['ordered'] === 'boolean' &&
        Array.isArray(value['items']) &&
        value['items'].every((item) => isBlocks(item, depth + 1))
      );
    default:
      return false;
  }
}

function isInline(value: unknown, depth: number): value is Inline[] {
  return depth <= DEEPEST && Array.isArray(value) && value.every((each) => isPart(each, depth));
}

function isPart(value: unknown, depth: number): boolean {
  if (!isRecord(value)) return false;
  switch (value['type']) {
    case 'text':
    case 'mono':
      return typeof value['text'] === 'string';
    case 'bold':
    case 'italic':
    case 'strike':
      return isInline(value['inline'], depth + 1);
    case 'link':
      return typeof value['href'] === 'string' && isInline(value['inline'], depth + 1);
    case 'mention':
      return isOptionalText(value['account']) && typeof value['name'] === 'string';
    case 'emoticon':
      return typeof value['name'] === 'string';
    case 'break':
      return true;
    default:
      return false;
  }
}

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
