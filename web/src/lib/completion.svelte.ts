import { apart, closedAt, people, wantedAt, type Person, type Wanted } from './complete.ts';
import { toned, type Emojis, type Tone } from './emoji.ts';

/** Entries of the list. */
const MOST = 8;

/** One way to go on. */
export type Option = {
  key: string;
  /** What is put in the place of what was typed. */
  insert: string;
  label: string;
  /** More words beside the label: an account name, a name between colons. */
  detail?: string;
  /** The picture, if it is an emoji. */
  picture?: string;
  person?: Person;
};

type Ports = {
  people: () => readonly Person[];
  emoji: () => Promise<Emojis>;
  tone: () => Tone;
  /** An emoji was taken. */
  used: (picture: string) => void;
};

/** What the composer offers while somebody types a name or an emoji. */
export class Completion {
  options = $state.raw<readonly Option[]>([]);
  /** The option that is chosen by Enter. */
  at = $state(0);
  #wanted: Wanted | undefined;
  /** Where the reader did not want help. */
  #refused: number | undefined;
  #turn = 0;
  readonly #ports: Ports;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  get open(): boolean {
    return this.options.length > 0;
  }

  get kind(): Wanted['kind'] {
    return this.#wanted?.kind ?? 'mention';
  }

  /** Looks at the letters before the caret. */
  async look(text: string, caret: number): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const wanted = wantedAt(text, caret);
    if (!wanted || wanted.from === this.#refused) {
      if (!wanted) this.#refused = undefined;
      this.#show(undefined, []);
      return;
    }
    if (wanted.kind === 'mention') {
      this.#show(wanted, this.#people(wanted.query));
      return;
    }
    try {
      const emoji = await this.#ports.emoji();
      if (turn === this.#turn) this.#show(wanted, this.#emoji(emoji, wanted.query));
    } catch {
      // It did not load: the letters stay letters.
      if (turn === this.#turn) this.#show(undefined, []);
    }
  }

  /** The next or the one before; the list goes round. */
  move(step: number): void {
    this.at = (this.at + step + this.options.length) % this.options.length;
  }

  /** Puts the list away until something else is typed. */
  close(): void {
    this.#refused = this.#wanted?.from;
    this.forget();
  }

  /** Nothing is being completed. */
  forget(): void {
    this.#turn += 1;
    this.#show(undefined, []);
  }

  /** What to put where, for an option. */
  take(option: Option): { insert: string; from: number } | undefined {
    const wanted = this.#wanted;
    if (!wanted) return undefined;
    if (option.picture !== undefined) this.#ports.used(option.picture);
    this.forget();
    return { insert: `${option.insert} `, from: wanted.from };
  }

  /** The picture for a whole `:name:` before the caret, if there is one. */
  async closed(text: string, caret: number): Promise<{ insert: string; from: number } | undefined> {
    const found = closedAt(text, caret);
    if (!found) return undefined;
    try {
      const emoji = (await this.#ports.emoji()).named(found.name);
      if (!emoji) return undefined;
      const picture = toned(emoji, this.#ports.tone());
      this.#ports.used(picture);
      return { insert: picture, from: found.from };
    } catch {
      return undefined;
    }
  }

  #show(wanted: Wanted | undefined, options: readonly Option[]): void {
    this.#wanted = wanted;
    this.options = options;
    this.at = 0;
  }

  #people(query: string): Option[] {
    const all = apart(this.#ports.people());
    // A name that stands there whole needs no help.
    if (all.some(({ name }) => query.startsWith(`${name} `))) return [];
    return people(all, query).slice(0, MOST).map((person) => ({
      key: person.account ?? 'all',
      insert: `@${person.name}`,
      label: person.nickname ?? person.name,
      person,
      ...detailOf(person),
    }));
  }

  #emoji(emoji: Emojis, query: string): Option[] {
    return emoji.search(query.replaceAll('_', ' '), MOST).map((each) => {
      const picture = toned(each, this.#ports.tone());
      const [name] = each.names;
      return {
        key: each.picture, insert: picture, label: each.label, picture,
        ...(name === undefined ? {} : { detail: `:${name}:` }),
      };
    });
  }
}

/** What stands beside the name: the name that will be written, else the account name if it says more. */
function detailOf({ name, handle, nickname }: Person): { detail?: string } {
  if (nickname !== undefined) return { detail: name };
  return handle === undefined || handle === name ? {} : { detail: handle };
}
