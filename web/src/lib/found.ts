/**
 * Where the words of a question stand in a text, so that they can be shown: the rules are those by which the server finds
 * (`hub::search`), so that what is found is what is marked. Case and accents do not count, a word is found by how it
 * begins, letters of scripts without spaces are a word each.
 */

/** A piece of a text: one of the words asked for, or what stands between. */
export type Piece = { text: string; hit: boolean };

/** Words of a question that count: the server's bound. */
const MOST_ASKED = 8;
/** Bytes of a question: the server's bound. */
export const MOST_BYTES = 400;
/** Letters of a cut text, and of what stands before its first hit. */
const ROOM = 140;
const BEFORE = 32;

/** A letter as it is found, and where it stood. */
type Letter = { folded: string; start: number; end: number };

/** Letters that no decomposition takes apart, as people type them who have no such key. */
const PLAIN: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ø: 'o', đ: 'd', ð: 'd', ł: 'l', ħ: 'h', ı: 'i', ς: 'σ' };
/** Ideographs, kana, Thai, Lao, Khmer and Burmese letters. */
const ALONE = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{323af}]/u;

/** The words of a question; none if it asks for nothing that could be found. */
export function asked(question: string): string[] {
  const found = new Set(wordsIn(question).map((word) => word.map(({ folded }) => folded).join('')));
  return [...found].sort((a, b) => b.length - a.length).slice(0, MOST_ASKED);
}

/** Whether a text has, for each word of a question, a word that begins so: for names, which are looked through here. */
export function hasAll(text: string, question: readonly string[]): boolean {
  const words = wordsIn(text).map((word) => word.map(({ folded }) => folded).join(''));
  return question.every((begin) => words.some((word) => word.startsWith(begin)));
}

/** A text in pieces, with the words of a question marked. */
export function pieces(text: string, question: readonly string[]): Piece[] {
  return cut(text, hits(text, question), 0, text.length);
}

/**
 * The same of a long text, on one line and cut to at most 140 letters, so that the first hit stays in sight: "…" stands
 * where something is left out.
 */
export function excerpt(text: string, question: readonly string[]): Piece[] {
  const line = text.replace(/\s+/gu, ' ').trim();
  const all = hits(line, question);
  const first = all[0]?.start ?? 0;
  let start = 0;
  if (line.length > ROOM && first > BEFORE) {
    // From a word on, if one begins nearby.
    const space = line.indexOf(' ', first - BEFORE);
    start = whole(line, space >= 0 && space < first ? space + 1 : first - BEFORE);
  }
  const end = whole(line, Math.min(line.length, start + ROOM));
  const result = cut(line, all, start, end);
  if (start > 0) result.unshift({ text: '…', hit: false });
  if (end < line.length) result.push({ text: '…', hit: false });
  return result;
}

type Range = { start: number; end: number };

/** Where words begin as those of a question, in order. */
function hits(text: string, question: readonly string[]): Range[] {
  const found: Range[] = [];
  for (const word of wordsIn(text)) {
    const folded = word.map((letter) => letter.folded).join('');
    const begins = question.filter((each) => folded.startsWith(each));
    const [first] = word;
    if (begins.length === 0 || !first) continue;
    const length = Math.max(...begins.map((each) => each.length));
    let end = first.end;
    let seen = 0;
    for (const letter of word) {
      if (seen >= length) break;
      seen += letter.folded.length;
      end = letter.end;
    }
    found.push({ start: first.start, end });
  }
  return found;
}

function cut(text: string, all: readonly Range[], start: number, end: number): Piece[] {
  const result: Piece[] = [];
  let at = start;
  for (const range of all) {
    if (range.end <= at || range.start >= end) continue;
    const from = Math.max(range.start, at);
    if (from > at) result.push({ text: text.slice(at, from), hit: false });
    at = Math.min(range.end, end);
    result.push({ text: text.slice(from, at), hit: true });
  }
  if (at < end) result.push({ text: text.slice(at, end), hit: false });
  return result;
}

/** The words of a text, letter by letter. A mark that combines belongs to the letter before it. */
function wordsIn(text: string): Letter[][] {
  const words: Letter[][] = [];
  let word: Letter[] = [];
  const finish = (): void => {
    if (word.length > 0) words.push(word);
    word = [];
  };
  let start = 0;
  for (const char of text) {
    const end = start + char.length;
    const before = word.at(-1) ?? words.at(-1)?.at(-1);
    if (/\p{M}/u.test(char)) {
      if (before?.end === start) before.end = end;
    } else {
      const folded = fold(char);
      if (!/[\p{L}\p{N}]/u.test(folded)) finish();
      else if (ALONE.test(char)) {
        finish();
        word = [{ folded, start, end }];
        finish();
      } else word.push({ folded, start, end });
    }
    start = end;
  }
  finish();
  return words;
}

function fold(char: string): string {
  const bare = char.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  return [...bare].map((each) => PLAIN[each] ?? each).join('');
}

/** An end that leaves no half letter. */
function whole(text: string, at: number): number {
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at + 1 : at;
}
