import { MESSAGE_SOUNDS, type MessageSound, type Store } from '../settings.svelte.ts';

/** What a chat may do to be noticed. Whether it is muted is the account's own; the rest is this device's. */
export type Loudness = 'all' | 'mentions' | 'none';

type Kept = { silent?: true; sound?: MessageSound };

const KEY = 'skein.chats-notify';
/** Chats that are kept; the one that was changed longest ago goes first. */
const MOST = 500;

type Chat = { id: string; muted: (now: number) => boolean };

/** How loud each chat is on this device. */
export class ChatsNotify {
  #chats = $state.raw<ReadonlyMap<string, Kept>>(new Map());
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.#chats = read(store);
  }

  /** A muted chat is heard when it names the reader, unless it is silent here. */
  loudness(chat: Chat, now: number): Loudness {
    if (!chat.muted(now)) return 'all';
    return this.#chats.get(chat.id)?.silent ? 'none' : 'mentions';
  }

  /** The chat's own sound; absent: that of all. */
  sound(chat: string): MessageSound | undefined {
    return this.#chats.get(chat)?.sound;
  }

  silence(chat: string, silent: boolean): void {
    const { silent: _, ...rest } = this.#chats.get(chat) ?? {};
    this.#keep(chat, silent ? { ...rest, silent } : rest);
  }

  choose(chat: string, sound: MessageSound | undefined): void {
    const { sound: _, ...rest } = this.#chats.get(chat) ?? {};
    this.#keep(chat, sound === undefined ? rest : { ...rest, sound });
  }

  /** Another page of this browser has changed them. */
  follow(event: Pick<StorageEvent, 'key'>): void {
    if (event.key === KEY) this.#chats = read(this.#store);
  }

  #keep(chat: string, kept: Kept): void {
    const others = [...this.#chats].filter(([id]) => id !== chat);
    const all = Object.keys(kept).length === 0 ? others : [...others, [chat, kept] as const];
    this.#chats = new Map(all.slice(-MOST));
    try {
      this.#store.setItem(KEY, JSON.stringify([...this.#chats]));
    } catch {
      // Storage is full or forbidden: it holds until the page closes.
    }
  }
}

function read(store: Store): Map<string, Kept> {
  const chats = new Map<string, Kept>();
  let kept: unknown;
  try {
    kept = JSON.parse(store.getItem(KEY) ?? '[]');
  } catch {
    return chats;
  }
  for (const entry of Array.isArray(kept) ? kept.slice(-MOST) : []) {
    const [id, value] = (Array.isArray(entry) ? entry : []) as [unknown, { silent?: unknown; sound?: unknown } | null | undefined];
    const sound = MESSAGE_SOUNDS.find((each) => each === value?.sound);
    if (typeof id !== 'string') continue;
    chats.set(id, { ...(value?.silent === true ? { silent: true } : {}), ...(sound ? { sound } : {}) });
  }
  return chats;
}
