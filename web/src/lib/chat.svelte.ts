import { SvelteMap } from 'svelte/reactivity';

import type { AccountId } from './api/AccountId.ts';
import type { Conversation } from './api/Conversation.ts';
import type { ConversationKind } from './api/ConversationKind.ts';
import type { Group } from './api/Group.ts';
import type { Member } from './api/Member.ts';
import type { Message } from './api/Message.ts';
import type { MessageId } from './api/MessageId.ts';
import type { MessagePage } from './api/MessagePage.ts';
import type { ObjectId } from './api/ObjectId.ts';
import type { Own } from './api/Own.ts';
import type { Profile } from './api/Profile.ts';
import type { Unread } from './api/Unread.ts';
import type { Upto } from './api/Upto.ts';
import { Refused } from './refused.ts';

/** Messages asked for at once. */
const PAGE = 50;
/** Messages kept for drawing; what is further away is read again when it is looked at. */
export const WINDOW = 300;
/** So many unread messages do not fit below the last one read on a page. */
const FAR = 20;
/** The largest number of unread messages that is counted: the server's bound. */
const COUNTED = 1_000;

export type Loading = 'no' | 'newest' | 'earlier' | 'later';

/** A message that is to be shown: on its way, in the window, not there any more, or not reached. */
export type Aim = { message: MessageId; state: 'loading' | 'there' | 'gone' | 'failed' };

/** One conversation: a window on its messages, and the marks of its members. */
export class Chat {
  readonly id: string;
  kind = $state<ConversationKind>('cast');
  members = $state.raw<readonly Member[]>([]);
  /** Those of a large group who were read page by page. */
  more = $state.raw<readonly Member[]>([]);
  /** Counts what the server told of the conversation as a whole. */
  told = $state(0);
  /** What a named group has beyond that. */
  group = $state.raw<Group>();
  /** The picture of a group. */
  picture = $state<ObjectId>();
  /** The newest message, whether or not it is in the window. */
  last = $state.raw<Message>();
  unread = $state(0);
  /** How many of these name the reader, and the oldest of them. */
  mentions = $state(0);
  mentioned = $state<MessageId>();
  /** What the reader has set for themselves. */
  own = $state.raw<Own>({ pinned: false, archived: false });
  /** By stamp, oldest first; a part of the conversation without gaps. */
  messages = $state.raw<readonly Message[]>([]);
  /** Whether the window was ever filled. */
  loaded = $state(false);
  loading = $state<Loading>('no');
  /** What did not load. */
  failed = $state<Loading>('no');
  earlier = $state(false);
  later = $state(false);
  draft = $state('');
  /** The draft as it was when the chat came here. */
  readonly keptDraft: string;
  /** Own message that is being edited. */
  editing = $state<MessageId>();
  /** Where "new since" stands while the conversation is open: the stamp of the last message read before. */
  newSince = $state<number>();
  /** The message that is to be looked at; whoever draws it takes it away by `seen`. */
  aim = $state.raw<Aim>();
  readonly typing = new SvelteMap<AccountId, number>();

  /** What came by event while a page was on its way: the page may have been read before. */
  #come: readonly Message[] = [];
  /** The stamp of the newest message when that page was asked for. */
  #before = 0;
  /** Counts pages, so that one whose window is gone is not put into the next. */
  #turn = 0;
  readonly #get: <T>(path: string) => Promise<T>;
  readonly #know: (profiles: readonly Profile[]) => void;
  readonly #me: AccountId;

  constructor(
    conversation: Conversation,
    me: AccountId,
    get: <T>(path: string) => Promise<T>,
    know: (profiles: readonly Profile[]) => void = () => undefined,
  ) {
    this.id = conversation.id;
    this.#me = me;
    this.#get = get;
    this.#know = know;
    this.keptDraft = this.draft = conversation.own.draft ?? '';
    this.update(conversation);
  }

  /** Takes what the server says of the conversation as a whole. */
  update(conversation: Conversation): void {
    this.kind = conversation.kind;
    this.members = conversation.members;
    this.group = conversation.group;
    this.picture = conversation.picture;
    this.told += 1;
    this.own = conversation.own;
    this.#left({ messages: conversation.unread, ...conversation });
    if (conversation.last && conversation.last.stamp >= (this.last?.stamp ?? 0)) this.last = conversation.last;
  }

  /** The other one of two; oneself in the notes to oneself; nobody in a group. */
  get peer(): AccountId | undefined {
    if (this.kind !== 'cast' || this.members.length > 2) return undefined;
    return this.members.find((member) => member.account !== this.#me)?.account ?? this.#me;
  }

  /** Everybody who is known to be in it. */
  readonly everybody = $derived.by((): readonly Member[] => {
    if (this.more.length === 0) return this.members;
    const first = new Set(this.members.map(({ account }) => account));
    return [...this.members, ...this.more.filter(({ account }) => !first.has(account))];
  });

  /** Whether that is all of them. */
  get whole(): boolean {
    return !this.group || this.everybody.length >= this.group.people;
  }

  /** Own read mark. */
  get read(): Upto | undefined {
    return this.members.find((member) => member.account === this.#me)?.read;
  }

  /** Everything up to this stamp was read by all others; 0 if not told. */
  get readByOthers(): number {
    return this.whole ? Math.min(...this.#others.map((member) => member.read?.stamp ?? 0)) : 0;
  }

  /** Everything up to this stamp has reached all others. */
  get deliveredToOthers(): number {
    if (!this.whole) return 0;
    return Math.min(...this.#others.map((member) => Math.max(member.delivered?.stamp ?? 0, member.read?.stamp ?? 0)));
  }

  get #others(): readonly Member[] {
    const others = this.everybody.filter((member) => member.account !== this.#me);
    return others.length > 0 ? others : this.members;
  }

  /** Takes a message, new or changed. Says whether it is one that was not there before. */
  apply(message: Message): boolean {
    const { stamp } = message;
    const isNewest = stamp > (this.last?.stamp ?? 0);
    if (isNewest || message.id === this.last?.id) this.last = newest(this.last, message);
    const change = (known: Message): Message => (known.id === message.id ? newest(known, message) : known);
    this.#come = this.#come.map(change);
    if (this.loading !== 'no' && stamp > this.#before && !this.#come.some(({ id }) => id === message.id)) this.#come = [...this.#come, message];
    // What the server told of the conversation may have named it as the newest already, and counted it.
    const isNext = !this.later && this.loaded && stamp > (this.messages.at(-1)?.stamp ?? 0);
    if (this.#has(message.id)) this.messages = this.messages.map(change);
    else if (isNext) this.messages = [...this.messages, message];
    if (isNewest || isNext) this.typing.delete(message.author);
    if (isNewest && message.author === this.#me) this.#ownReadTo(message);
    else if (isNewest && stamp > (this.read?.stamp ?? 0)) this.#unreadToo(message);
    return isNewest || isNext;
  }

  /** Takes a read mark; marks only move forward. `left`: what the server counts above one's own. */
  markRead(account: AccountId, upto: Upto, left?: Unread): void {
    if (!this.#move(account, 'read', upto)) return;
    if (account !== this.#me) return;
    if (upto.stamp >= (this.last?.stamp ?? 0)) this.#left({ messages: 0, mentions: 0 });
    else if (this.loaded && !this.later) this.#left(this.#countAfter(upto.stamp));
    else if (left) this.#left(left);
  }

  /** Takes a mark of what has reached somebody. */
  markDelivered(account: AccountId, upto: Upto): void {
    this.#move(account, 'delivered', upto);
  }

  /** The newest message of somebody else that is not marked as read. */
  get toRead(): Message | undefined {
    const read = this.read?.stamp ?? 0;
    if (this.later) return undefined;
    const message = this.messages.findLast((each) => each.author !== this.#me);
    return message && message.stamp > read ? message : undefined;
  }

  /** Whether there is no sound of it at a time, in ms. */
  muted(now: number): boolean {
    return (this.own.muted_until ?? 0) > now;
  }

  /** Fills the window with the newest messages. */
  async loadNewest(): Promise<void> {
    await this.#page('newest', `limit=${PAGE}`, (page) => this.#fill(page));
  }

  /** Fills the window with what stands around a message, or around the oldest one that is `unread`. */
  async loadAround(id: MessageId | 'unread'): Promise<void> {
    await this.#page('newest', `around=${encodeURIComponent(id)}&limit=${PAGE}`, (page) => this.#fill(page));
  }

  /**
   * Shows a message of this conversation: reads what stands around it if it is not in the window, then it is looked at
   * and marked for a moment. Whoever calls this need not wait, nor ask how it went: a message that is gone is said so.
   */
  async show(message: MessageId): Promise<void> {
    const aim = (state: Aim['state']): void => void (this.aim = { message, state });
    if (this.#has(message)) return aim('there');
    aim('loading');
    const end = await this.#page('newest', `around=${encodeURIComponent(message)}&limit=${PAGE}`, (page) => this.#fill(page));
    // The reader wants something else meanwhile.
    if (end === 'dropped' || this.aim?.message !== message) return;
    if (end === 'taken') return aim(this.#has(message) ? 'there' : 'gone');
    // What was in the window is there still.
    if (this.loaded) this.failed = 'no';
    aim(end.kind === 'not_found' || end.kind === 'invalid' ? 'gone' : 'failed');
  }

  /** What was to be shown was, or the reader knows why not. */
  seen(): void {
    this.aim = undefined;
  }

  /** Fills the window where the reader goes on: at the first unread message if it is far up, else at the newest. */
  async begin(): Promise<void> {
    const read = this.read?.stamp ?? 0;
    const [oldest] = this.messages;
    const reaches = this.unread === 0 || !this.earlier || (oldest !== undefined && oldest.stamp <= read);
    if (this.loaded && !this.later && reaches) return;
    // More unread than one page shows: begin where the reader stopped.
    if (this.unread > FAR) await this.loadAround('unread');
    else await this.loadNewest();
  }

  async loadEarlier(): Promise<void> {
    const [first] = this.messages;
    if (!first || !this.earlier || this.loading !== 'no') return;
    await this.#page('earlier', `before=${encodeURIComponent(first.id)}&limit=${PAGE}`, (page) => {
      const joined = merge(page.messages, this.messages);
      this.messages = joined.slice(0, WINDOW);
      this.earlier = page.earlier && page.messages.length > 0;
      if (joined.length > WINDOW) this.later = true;
    });
  }

  async loadLater(): Promise<void> {
    const end = this.messages.at(-1);
    if (!end || !this.later || this.loading !== 'no') return;
    await this.#page('later', `after=${encodeURIComponent(end.id)}&limit=${PAGE}`, (page) => {
      const joined = merge(this.messages, page.messages);
      this.messages = joined.slice(-WINDOW);
      this.later = page.later && page.messages.length > 0;
      if (joined.length > WINDOW) this.earlier = true;
    });
  }

  /** Leaves the window to be read again: what it showed may have gaps. */
  forget(): void {
    this.#turn += 1;
    this.loading = 'no';
    this.messages = [];
    this.loaded = false;
    this.earlier = false;
    this.later = false;
    this.typing.clear();
  }

  /** Keeps the window small where nobody looks. */
  trim(): void {
    if (this.later || this.messages.length <= WINDOW) return;
    this.messages = this.messages.slice(-WINDOW);
    this.earlier = true;
  }

  /** A window anew. */
  #fill(page: MessagePage): void {
    this.messages = page.messages;
    this.earlier = page.earlier;
    this.later = page.later;
    this.loaded = true;
  }

  /** Reads a page. A window anew does not wait for a page of the old one, which is dropped. */
  async #page(what: Loading, query: string, take: (page: MessagePage) => void): Promise<'taken' | 'dropped' | Refused> {
    this.#turn += 1;
    const turn = this.#turn;
    this.loading = what;
    this.failed = 'no';
    this.#come = [];
    this.#before = this.last?.stamp ?? 0;
    try {
      const page = await this.#get<MessagePage>(`/conversations/${encodeURIComponent(this.id)}/messages?${query}`);
      if (turn !== this.#turn) return 'dropped';
      this.#know(page.profiles);
      take(page);
      // A window that reaches the end has no gap before what came meanwhile.
      if (!this.later) this.messages = merge(this.messages, this.#come);
    } catch (thrown) {
      if (turn !== this.#turn) return 'dropped';
      this.failed = what;
      return Refused.from(thrown);
    } finally {
      if (turn === this.#turn) this.loading = 'no';
    }
    return 'taken';
  }

  #has(id: MessageId): boolean {
    return this.messages.some((message) => message.id === id);
  }

  #ownReadTo(message: Message): void {
    this.#move(this.#me, 'read', { message: message.id, stamp: message.stamp });
    this.#left({ messages: 0, mentions: 0 });
  }

  #unreadToo(message: Message): void {
    this.unread = Math.min(this.unread + 1, COUNTED);
    if (!message.names_reader) return;
    this.mentions += 1;
    this.mentioned ??= message.id;
  }

  #countAfter(stamp: number): Unread {
    const left = this.messages.filter((message) => message.stamp > stamp && message.author !== this.#me);
    const [mentioned, ...more] = left.filter((message) => message.names_reader);
    return { messages: left.length, mentions: mentioned ? more.length + 1 : 0, ...(mentioned ? { mentioned: mentioned.id } : {}) };
  }

  /** What is unread from now on. */
  #left({ messages, mentions, mentioned }: Unread): void {
    this.unread = messages;
    this.mentions = mentions;
    this.mentioned = mentioned;
  }

  #move(account: AccountId, mark: 'read' | 'delivered', upto: Upto): boolean {
    const member = this.everybody.find((each) => each.account === account);
    if (!member || upto.stamp <= (member[mark]?.stamp ?? 0)) return false;
    const moved = (all: readonly Member[]): readonly Member[] =>
      all.map((each) => (each.account === account ? { ...each, [mark]: upto } : each));
    this.members = moved(this.members);
    if (this.more.length > 0) this.more = moved(this.more);
    return true;
  }
}

/** Of two states of one message, the later one; removing is final. */
function newest(known: Message | undefined, message: Message): Message {
  if (!known || known.id !== message.id) return message;
  if (known.deleted && !message.deleted) return known;
  return (message.edited ?? 0) >= (known.edited ?? 0) || message.deleted ? message : known;
}

/** Joins two runs of messages by stamp; where both have one, the latter counts. */
function merge(first: readonly Message[], second: readonly Message[]): Message[] {
  const byId = new Map([...first, ...second].map((message) => [message.id, message]));
  return [...byId.values()].sort((a, b) => a.stamp - b.stamp);
}
