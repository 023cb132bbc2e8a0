import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';

import { choose, type Language } from './languages.ts';

export type Arguments = Record<string, FluentVariable>;

/** A file of words: what every page needs, and what comes with the calls, dialogs, emoji, rarer errors, files, groups, people, the search and the settings. */
export type Part = 'main' | 'call' | 'dialogs' | 'door' | 'emoji' | 'errors' | 'files' | 'groups' | 'people' | 'search' | 'settings';

/** Gives one Fluent source of a language. */
export type Load = (language: Language, part: Part) => Promise<string>;

/** Every word the reader sees, in one language at a time. */
export class Words {
  language = $state<Language>('en');
  #bundle = $state.raw<FluentBundle>(new FluentBundle('en'));
  readonly #load: Load;
  readonly #parts: Part[] = ['main'];
  /** Parts that are on their way. */
  readonly #coming = new Map<Part, Promise<void>>();
  /** Counts what is asked for; what was asked for before has fewer parts, or another language. */
  #asked = 0;
  #got = 0;
  #wanted: Language = 'en';

  constructor(load: Load) {
    this.#load = load;
  }

  /** Loads a language, then switches to it at once. */
  async use(language: Language): Promise<void> {
    this.#asked += 1;
    const turn = this.#asked;
    this.#wanted = language;
    const bundle = new FluentBundle(language);
    try {
      for (const source of await Promise.all(this.#parts.map((part) => this.#load(language, part)))) {
        bundle.addResource(new FluentResource(source));
      }
    } catch (thrown) {
      if (turn === this.#asked) this.#wanted = this.language;
      throw thrown;
    }
    if (turn < this.#got) return;
    this.#got = turn;
    this.#bundle = bundle;
    this.language = language;
  }

  /** Loads one more part, now and for every language to come. Whoever asks meanwhile waits for the same. */
  also(part: Part): Promise<void> {
    if (this.#parts.includes(part)) return this.#coming.get(part) ?? Promise.resolve();
    this.#parts.push(part);
    const coming = this.#add(part).finally(() => this.#coming.delete(part));
    this.#coming.set(part, coming);
    return coming;
  }

  async #add(part: Part): Promise<void> {
    try {
      await this.use(this.#wanted);
    } catch (thrown) {
      this.#parts.splice(this.#parts.indexOf(part), 1);
      throw thrown;
    }
  }

  /** The best language for the wishes of the browser. */
  static best(wanted: readonly string[]): Language {
    return choose(wanted);
  }

  /** Whether there is a text for the key. */
  has(key: string): boolean {
    return this.#bundle.getMessage(key)?.value != null;
  }

  /** The text for a key. A missing one shows its key: a test compares the languages, so that readers never see it. */
  t(key: string, args?: Arguments): string {
    const bundle = this.#bundle;
    const pattern = bundle.getMessage(key)?.value;
    if (pattern == null) return key;
    const errors: Error[] = [];
    return bundle.formatPattern(pattern, args ?? null, errors);
  }
}

const sources = import.meta.glob<string>('../../../locales/*/*.ftl', { query: '?raw', import: 'default' });

/** Loads the files of `locales/`, as the build has them. */
export const fromLocales: Load = async (language, part) => {
  const read = sources[`../../../locales/${language}/${part}.ftl`];
  return read ? read() : '';
};

/** The words of this page. */
export const words = new Words(fromLocales);

/** The text for a key in the reader's language. */
export function t(key: string, args?: Arguments): string {
  return words.t(key, args);
}

/** The same for where no mark-up reaches: a title, a file. Without the marks that keep a name's direction apart. */
export function plainText(key: string, args?: Arguments): string {
  return words.t(key, args).replace(/[\u2068\u2069]/g, '');
}
