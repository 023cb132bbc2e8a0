import type { AccountId } from './api/AccountId.ts';
import type { Member } from './api/Member.ts';
import type { MemberPage } from './api/MemberPage.ts';
import type { Profile } from './api/Profile.ts';
import type { Chat } from './chat.svelte.ts';

/** Members of a page: the server's most. */
const PAGE = 200;
/** Pages that are read at most: 5,000 people, the largest group, and those who come meanwhile. */
const MOST_PAGES = 30;

type Ports = { get: <T>(path: string) => Promise<T>; know: (profiles: readonly Profile[]) => void };

/**
 * The people of a group beyond those whom a conversation names: read page by page, into the chat, where their marks move
 * on. Of a group that is no larger than what a conversation names there is nothing to read.
 */
export class Roster {
  busy = $state(false);
  failed = $state(false);

  readonly #chat: Chat;
  readonly #ports: Ports;
  /** Where the next page begins; empty before the first. */
  #next = '';
  #running: Promise<void> | undefined;
  #stale = false;

  constructor(chat: Chat, ports: Ports) {
    this.#chat = chat;
    this.#ports = ports;
  }

  /** Reads one page more, if there is one. */
  more(): Promise<void> {
    return this.#run(1);
  }

  /** Reads until everybody is known. */
  all(): Promise<void> {
    return this.#run(MOST_PAGES);
  }

  /** Reads everybody as they are now: of very large groups nobody is told what moves. */
  async anew(): Promise<void> {
    await this.#running;
    this.#next = '';
    this.#chat.more = [];
    await this.all();
  }

  /** What was read may have changed. A page is read again at once; many are read when somebody looks. */
  async again(): Promise<void> {
    if (this.#running) {
      this.#stale = true;
      return;
    }
    const { more } = this.#chat;
    if (more.length === 0) return;
    this.#next = '';
    if (more.length > PAGE) this.#chat.more = [];
    else await this.#run(1, new Set(more.map(({ account }) => account)));
  }

  /** `old`: those who are replaced by what comes. */
  #run(pages: number, old?: ReadonlySet<AccountId>): Promise<void> {
    if (this.#running) return this.#running.then(() => (pages > 1 ? this.#run(pages) : undefined));
    if (old === undefined && this.#chat.whole) return Promise.resolve();
    this.#running = this.#read(pages, old).finally(() => {
      this.#running = undefined;
      if (this.#stale) {
        this.#stale = false;
        void this.again();
      }
    });
    return this.#running;
  }

  async #read(pages: number, old?: ReadonlySet<AccountId>): Promise<void> {
    this.busy = true;
    this.failed = false;
    const chat = this.#chat;
    let drop = old;
    try {
      for (let page = 0; page < pages && (drop !== undefined || !chat.whole); page += 1) {
        const after = this.#next === '' ? '' : `&after=${encodeURIComponent(this.#next)}`;
        const path = `/conversations/${encodeURIComponent(chat.id)}/members?limit=${PAGE}${after}`;
        const answer = await this.#ports.get<MemberPage>(path);
        this.#ports.know(answer.profiles);
        chat.more = joined(chat.more.filter(({ account }) => drop?.has(account) !== true), answer.members);
        drop = undefined;
        // At the end it begins anew: people come and go while one reads.
        this.#next = answer.next ?? '';
        if (answer.next === undefined) return;
      }
    } catch {
      this.failed = true;
    } finally {
      this.busy = false;
    }
  }
}

/** Each once; the latter counts. */
function joined(known: readonly Member[], read: readonly Member[]): Member[] {
  const fresh = new Set(read.map(({ account }) => account));
  return [...known.filter(({ account }) => !fresh.has(account)), ...read];
}
