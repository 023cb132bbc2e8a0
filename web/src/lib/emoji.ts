import { again } from './again.ts';
import type { Language } from './languages.ts';

/** A picture that stands in a text as a letter does. */
export type Emoji = {
  picture: string;
  /** Its names between colons, without these. */
  names: readonly string[];
  /** Where it stands in the picker: a number of Unicode's groups. */
  group: number;
  /** From light to dark; empty where it has no skin. */
  tones: readonly string[];
  /** What it is called in the reader's language. */
  label: string;
  /** What it is found by: words without accents, in small letters. */
  found: readonly string[];
};

/** A skin tone: 0 is the yellow one, 1 to 5 go from light to dark. */
export type Tone = 0 | 1 | 2 | 3 | 4 | 5;

/** Groups of Unicode in their order; the second, parts of pictures, is left out. */
export const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9] as const;

const PLAIN = /\ufe0f/gu;

/** Every picture, with its words in one language. */
export class Emojis {
  readonly all: readonly Emoji[];
  readonly #byName = new Map<string, Emoji>();
  readonly #byPicture = new Map<string, Emoji>();

  constructor(
    pictures: readonly (readonly [string, string, number, string?])[],
    words: readonly (readonly [string, string])[],
  ) {
    this.all = pictures.map(([picture, names, group, tones = ''], index) => {
      const [label = '', tags = ''] = words[index] ?? [];
      const found = [...new Set(folded(`${label} ${tags}`).split(/[^\p{L}\p{N}]+/u).filter((word) => word !== ''))];
      return { picture, names: split(names), group, tones: split(tones), label, found };
    });
    for (const emoji of this.all) {
      for (const name of emoji.names) if (!this.#byName.has(name)) this.#byName.set(name, emoji);
      for (const picture of [emoji.picture, ...emoji.tones]) this.#byPicture.set(picture.replace(PLAIN, ''), emoji);
    }
  }

  /** The one that is called so between colons. */
  named(name: string): Emoji | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The one that is drawn so, in any skin tone. */
  drawn(picture: string): Emoji | undefined {
    return this.#byPicture.get(picture.replace(PLAIN, ''));
  }

  /** Those that are called or found so, the best first. */
  search(text: string, most: number): Emoji[] {
    const wanted = folded(text).split(/[^\p{L}\p{N}+-]+/u).filter((word) => word !== '');
    if (wanted.length === 0) return [];
    const scored: { emoji: Emoji; score: number }[] = [];
    for (const emoji of this.all) {
      const score = wanted.reduce((worst, word) => Math.max(worst, rank(emoji, word)), 0);
      if (score < NONE) scored.push({ emoji, score });
    }
    // The sort is stable: of equals, those that stand first in the picker.
    return scored.toSorted((a, b) => a.score - b.score).slice(0, most).map(({ emoji }) => emoji);
  }
}

const NONE = 6;

/** 0 is the best, `NONE` is no match. */
function rank(emoji: Emoji, word: string): number {
  const label = folded(emoji.label);
  if (emoji.names.includes(word) || label === word) return 0;
  if (label.startsWith(word)) return 1;
  if (emoji.names.some((name) => name.startsWith(word))) return 2;
  if (label.split(/[^\p{L}\p{N}]+/u).some((each) => each.startsWith(word))) return 3;
  if (emoji.found.some((each) => each.startsWith(word))) return 4;
  return emoji.names.some((name) => name.includes(word)) ? 5 : NONE;
}

/** In small letters and without accents. */
function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function split(words: string): string[] {
  return words === '' ? [] : words.split(' ');
}

/** The picture in a skin tone, where it has one. */
export function toned(emoji: Emoji, tone: Tone): string {
  return emoji.tones[tone - 1] ?? emoji.picture;
}

const loaded = new Map<string, Promise<Emojis>>();

/** Loads the pictures with the words of a language; once. The library has one Portuguese, that of Brazil. */
export function loadEmoji(language: Language): Promise<Emojis> {
  const key = language === 'en' ? 'en' : 'pt';
  const known = loaded.get(key);
  if (known) return known;
  const words = key === 'en' ? () => import('virtual:emoji/en') : () => import('virtual:emoji/pt');
  const made = Promise.all([again(() => import('virtual:emoji/all')), again(words)]).then(
    ([pictures, called]) => new Emojis(pictures.default, called.default),
  );
  loaded.set(key, made);
  // What did not load is asked for again the next time.
  made.catch(() => loaded.delete(key));
  return made;
}
