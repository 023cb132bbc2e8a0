import { describe, expect, it } from 'vitest';

import { ChatsNotify } from './chats.svelte.ts';
import { Notifier } from './notifier.ts';

/** Locks as browsers have them, shared by the pages of one. */
function lockManager(): Pick<LockManager, 'request' | 'query'> {
  type Wish = { name: string; mode: LockMode; run: () => Promise<void>; signal: AbortSignal };
  const held: Wish[] = [];
  let waiting: Wish[] = [];
  const grant = (): void => {
    for (const wish of waiting) {
      const rivals = held.filter((other) => other.name === wish.name);
      if (rivals.length > 0 && (wish.mode === 'exclusive' || rivals.some((other) => other.mode === 'exclusive'))) continue;
      waiting = waiting.filter((other) => other !== wish);
      if (wish.signal.aborted) continue;
      held.push(wish);
      void wish.run().then(() => {
        held.splice(held.indexOf(wish), 1);
        grant();
      });
    }
  };
  return {
    request: (async (name: string, { mode, signal }: { mode: LockMode; signal: AbortSignal }, run: () => Promise<void>) => {
      waiting.push({ name, mode, run, signal });
      grant();
    }) as unknown as LockManager['request'],
    query: async () => ({ held: held.map(({ name, mode }) => ({ name, mode })), pending: [] }),
  };
}

function page(locks: Pick<LockManager, 'request' | 'query'> | undefined) {
  const shown: string[] = [];
  const closed: string[] = [];
  const state = { wanted: true, played: 0 };
  const notifier = new Notifier({
    locks,
    wanted: () => state.wanted,
    show: async ({ tag, title }) => void shown.push(`${tag} ${title}`),
    close: async (tag) => void closed.push(tag),
    play: () => void (state.played += 1),
  });
  const hears = (chat: string): Promise<void> => notifier.message(chat, { title: 'Ann', body: 'Hi', hash: `#/chats/${chat}` }, 'message');
  return { notifier, hears, shown, closed, state };
}

/** What was let go is free after the promises have had their turn. */
const settled = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve));

describe('the pages of one browser', () => {
  it('tell of a message once, and sound once', async () => {
    const locks = lockManager();
    const pages = [page(locks), page(locks), page(locks)];
    for (const each of pages) each.notifier.touched();
    for (const each of pages) await each.hears('12');
    expect(pages.flatMap((each) => each.shown)).toEqual(['skein.chat.12 Ann']);
    expect(pages.map((each) => each.state.played)).toEqual([1, 0, 0]);
  });

  it('say nothing while somebody looks at the chat in any of them, and take back what they said', async () => {
    const locks = lockManager();
    const [speaker, reader] = [page(locks), page(locks)];
    speaker.notifier.touched();
    reader.notifier.looks(true, '12');
    await speaker.hears('12');
    await speaker.hears('13');
    expect(speaker.shown).toEqual(['skein.chat.13 Ann']);
    expect(reader.closed).toEqual(['skein.chat.12']);
    reader.notifier.looks(true, '13');
    expect(reader.closed).toEqual(['skein.chat.12', 'skein.chat.13']);
    reader.notifier.looks(false, '13');
    await settled();
    await speaker.hears('13');
    expect(speaker.shown).toHaveLength(2);
    expect(speaker.state.played).toBe(2);
  });

  it('tell of a ring where nobody looks at any of them', async () => {
    const locks = lockManager();
    const [speaker, reader] = [page(locks), page(locks)];
    const ring = { tag: 'ring', title: 'Ann calls', body: '', hash: '#/chats' };
    reader.notifier.looks(true, undefined);
    await speaker.notifier.ring(ring);
    expect(speaker.shown).toEqual([]);
    reader.notifier.looks(false, undefined);
    await settled();
    await speaker.notifier.ring(ring);
    expect(speaker.shown).toEqual(['ring Ann calls']);
  });

  it('sound only where somebody has touched one, and tell nothing where nobody wants it', async () => {
    const untouched = page(lockManager());
    untouched.state.wanted = false;
    await untouched.hears('12');
    expect([untouched.shown, untouched.state.played]).toEqual([[], 0]);
  });

  it('speak for themselves where the browser has no locks', async () => {
    const alone = page(undefined);
    await alone.hears('12');
    expect([alone.shown.length, alone.state.played]).toEqual([1, 1]);
  });
});

describe('a chat', () => {
  const store = (): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> => {
    const map = new Map<string, string>();
    return { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value), removeItem: (key) => void map.delete(key) };
  };
  const chat = (id: string, muted: boolean) => ({ id, muted: () => muted });

  it('is loud, heard when it names the reader, or silent on this device; the account’s muting decides first', () => {
    const chats = new ChatsNotify(store());
    expect(chats.loudness(chat('1', false), 0)).toBe('all');
    expect(chats.loudness(chat('1', true), 0)).toBe('mentions');
    chats.silence('1', true);
    expect(chats.loudness(chat('1', true), 0)).toBe('none');
    expect(chats.loudness(chat('1', false), 0)).toBe('all');
  });

  it('keeps its own sound over a reload, and the store does not grow for ever', () => {
    const kept = store();
    const chats = new ChatsNotify(kept);
    for (let id = 0; id < 600; id += 1) chats.choose(`${id}`, 'message_drop');
    chats.choose('599', undefined);
    const again = new ChatsNotify(kept);
    expect(again.sound('598')).toBe('message_drop');
    expect(again.sound('599')).toBeUndefined();
    expect(again.sound('50')).toBeUndefined();
    kept.setItem('skein.chats-notify', '[["1",{"sound":"boom","silent":"yes"}],7,null]');
    expect(new ChatsNotify(kept).loudness(chat('1', true), 0)).toBe('mentions');
  });
});
