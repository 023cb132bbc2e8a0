import type { ConversationId } from './api/ConversationId.ts';
import type { Message } from './api/Message.ts';
import type { Profile } from './api/Profile.ts';
import type { SearchPage } from './api/SearchPage.ts';
import { asked } from './found.ts';
import { Refused, pauseAfter } from './refused.ts';

/** After the last letter, in ms, the server is asked. */
const PAUSE = 250;
/** Messages of a page. */
const PAGE = 20;
/** Messages that are kept; who wants more asks a narrower question. */
const MOST = 500;
/** Pages without a hit that are turned one after another: the server looks at a bounded number of messages for each. */
const EMPTY_PAGES = 5;

export type Searching = 'nothing' | 'asking' | 'more' | 'there' | 'failed';

export type Ports = {
  get: <T>(path: string) => Promise<T>;
  /** Takes who wrote what was found. */
  know: (profiles: readonly Profile[]) => void;
};

/** A search for messages: the question, what was found and what is the matter. It outlives the window that shows it. */
export class Search {
  question = $state('');
  /** The conversation that is looked through; all of them if absent. */
  within = $state<ConversationId>();
  state = $state<Searching>('nothing');
  /** Newest first. */
  messages = $state.raw<readonly Message[]>([]);
  /** The words that these were found by. */
  words = $state.raw<readonly string[]>([]);
  /** Whether everything was looked at; else the newest may be missing still. */
  whole = $state(true);
  /** There are older ones. */
  more = $state(false);
  /** Why it failed. */
  refused = $state.raw<Refused>();
  /** The message that was gone to last. */
  chosen = $state<string>();

  readonly #ports: Ports;
  #next: string | undefined;
  /** Counts questions, so that an answer to an older one is dropped. */
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Whether more was found than is kept. */
  get full(): boolean {
    return this.messages.length >= MOST;
  }

  /** The reader typed, or looks elsewhere: asks once the typing pauses. */
  ask(question: string, within: ConversationId | undefined): void {
    if (question === this.question && within === this.within) return;
    this.question = question;
    this.within = within;
    this.#begin();
    this.words = asked(question);
    if (this.words.length === 0) return;
    this.state = 'asking';
    this.#timer = setTimeout(() => void this.#ask(), PAUSE);
  }

  /** Asks the same anew, at once. */
  again(): void {
    const { chosen } = this;
    this.#begin();
    this.chosen = chosen;
    if (this.words.length > 0) void this.#ask();
  }

  /** Reads what is older. */
  async older(): Promise<void> {
    if (!this.more || this.full || this.state === 'more') return;
    await this.#pages('more');
  }

  clear(): void {
    this.#begin();
    this.question = '';
    this.within = undefined;
    this.words = [];
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#next = undefined;
    this.state = 'nothing';
    this.messages = [];
    this.more = false;
    this.whole = true;
    this.refused = undefined;
    this.chosen = undefined;
  }

  #ask(): Promise<void> {
    return this.#pages('asking');
  }

  async #pages(state: 'asking' | 'more'): Promise<void> {
    clearTimeout(this.#timer);
    const turn = this.#turn;
    this.state = state;
    this.refused = undefined;
    try {
      for (let page = 0; page < EMPTY_PAGES; page += 1) {
        const answer = await this.#ports.get<SearchPage>(this.#path());
        if (turn !== this.#turn) return;
        if (this.#take(answer)) break;
      }
      this.state = 'there';
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.refused = Refused.from(thrown);
      this.state = 'failed';
      // Too many at once: it goes on by itself.
      const pause = pauseAfter(thrown);
      if (pause !== undefined) this.#timer = setTimeout(() => void this.#pages(state), pause);
    }
  }

  /** Takes a page. Says whether the reader has something to look at, or there is no more. */
  #take(page: SearchPage): boolean {
    this.#ports.know(page.profiles);
    const known = new Set(this.messages.map(({ id }) => id));
    const fresh = page.messages.filter(({ id }) => !known.has(id));
    this.messages = [...this.messages, ...fresh].slice(0, MOST);
    this.whole &&= page.whole;
    // A cursor that stands still would be followed for ever.
    this.more = page.next !== undefined && page.next !== this.#next;
    this.#next = page.next;
    return fresh.length > 0 || !this.more;
  }

  #path(): string {
    const within = this.within === undefined ? '' : `&conversation=${encodeURIComponent(this.within)}`;
    const after = this.#next === undefined ? '' : `&after=${encodeURIComponent(this.#next)}`;
    return `/search?question=${encodeURIComponent(this.question.trim())}&limit=${PAGE}${within}${after}`;
  }
}
