import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Conversation } from './api/Conversation.ts';
import { Messenger } from './messenger.svelte.ts';
import { MemoryStore, bruno, conversation, fakeLine, message, online, refusal, settle, snapshot, type FakeSocket, type Line } from './testing.ts';

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

const own = { pinned: false, archived: false };

/** A chat whose newest message stands at a time. */
function chat(id: string, stamp: number, more: Partial<Conversation> = {}): Conversation {
  return conversation({ id, last: message(`last-${id}`, 'bruno', stamp, { conversation: id }), ...more });
}

async function start(conversations: Conversation[], answers = {}, more = false): Promise<{ line: Line; socket: FakeSocket; messenger: Messenger }> {
  const line = fakeLine({ '/sync': { type: 'snapshot', snapshot: snapshot({ conversations, more_conversations: more }) }, ...answers });
  const messenger = new Messenger(line.connection, new MemoryStore(), () => 'id');
  const socket = await online(line);
  return { line, socket, messenger };
}

const ids = (chats: readonly { id: string }[]): string[] => chats.map(({ id }) => id);

describe('the list of chats', () => {
  it('keeps pinned ones on top and archived ones apart', async () => {
    const { messenger, line, socket } = await start([
      chat('a', 50), chat('b', 40, { own: { ...own, pinned: true } }), chat('c', 30, { own: { ...own, archived: true } }),
      chat('d', 20, { own: { ...own, pinned: true } }),
    ]);
    expect(ids(messenger.list.shown)).toEqual(['b', 'd', 'a']);
    expect(ids(messenger.list.archived)).toEqual(['c']);
    // From another device.
    socket.event({ type: 'own', conversation: 'c', own }, '60');
    socket.event({ type: 'own', conversation: 'd', own }, '61');
    expect(ids(messenger.list.shown)).toEqual(['b', 'a', 'c', 'd']);
    expect(messenger.list.archived).toEqual([]);
    // What comes moves a chat up, but not over those on top.
    socket.event({ type: 'message', message: message('9', 'bruno', 90, { conversation: 'd' }), author: bruno, profiles: [] }, '62');
    expect(ids(messenger.list.shown)).toEqual(['b', 'd', 'a', 'c']);
    line.connection.stop();
  });

  it('sets one thing at a time, once the server has it', async () => {
    const { messenger, line, socket } = await start([chat('a', 50, { own: { ...own, draft: 'half' } })]);
    const each = messenger.conversations.get('a');
    if (!each) throw new Error('no chat');
    const set = messenger.list.set(each, { pinned: true });
    const [command] = socket.commands('set_own');
    expect(command).toEqual({ type: 'set_own', conversation: 'a', pinned: true, frame: command?.['frame'] });
    expect(each.own.pinned).toBe(false);
    socket.say({ type: 'done', id: Number(command?.['frame']), done: { value: { type: 'none' } } });
    await set;
    expect(each.own).toEqual({ pinned: true, archived: false, draft: 'half' });
    const refused = messenger.list.set(each, { archived: true });
    const id = Number(socket.commands('set_own').at(-1)?.['frame']);
    socket.say({ type: 'error', id, error: { kind: 'too_many', code: 'too_many', message: '' } });
    await expect(refused).rejects.toMatchObject({ code: 'too_many' });
    expect(each.own.archived).toBe(false);
    line.connection.stop();
  });

  it('finds pinned chats that are older than those it begins with, page by page', async () => {
    const pages: Record<string, object> = {
      '': { conversations: [chat('a', 50), chat('b', 40)], profiles: [], next: '40.b' },
      '40.b': { conversations: [chat('c', 30), chat('d', 20, { own: { ...own, pinned: true } })], profiles: [bruno], next: '20.d' },
      '20.d': { conversations: [chat('e', 10, { own: { ...own, pinned: true } })], profiles: [] },
    };
    const { messenger, line } = await start([chat('a', 50)], {
      '/conversations?': (path: string) => pages[new URLSearchParams(path.split('?')[1]).get('after') ?? ''],
    }, true);
    await settle();
    expect(ids(messenger.list.shown)).toEqual(['d', 'e', 'a']);
    expect(messenger.name('bruno')).toBe('Bruno');
    // The rest comes when it is asked for.
    await messenger.list.loadMore();
    expect(ids(messenger.list.shown)).toEqual(['d', 'e', 'a', 'b']);
    line.connection.stop();
  });

  it('looks through a bounded number of pages, and leaves it when the server is busy', async () => {
    let asked = 0;
    const endless = await start([chat('a', 50)], { '/conversations?': () => ({ conversations: [], profiles: [], next: `${(asked += 1)}` }) }, true);
    await settle();
    await settle();
    expect(asked).toBe(10);
    endless.line.connection.stop();
    const busy = await start([chat('a', 50)], { '/conversations?': () => refusal(429, 'too_many') }, true);
    await settle();
    expect(ids(busy.messenger.chats)).toEqual(['a']);
    busy.line.connection.stop();
  });

  it('learns of a chat that was pinned elsewhere and is not here', async () => {
    const { messenger, line, socket } = await start([chat('a', 50)]);
    socket.event({ type: 'own', conversation: 'x', own: { ...own, archived: true } }, '60');
    expect(socket.commands('open_conversation')).toEqual([]);
    socket.event({ type: 'own', conversation: 'x', own: { ...own, pinned: true } }, '61');
    const [command] = socket.commands('open_conversation');
    const made = chat('x', 5, { own: { ...own, pinned: true } });
    socket.say({ type: 'done', id: Number(command?.['frame']), done: { value: { type: 'conversation', conversation: made } } });
    await settle();
    expect(ids(messenger.list.shown)).toEqual(['x', 'a']);
    line.connection.stop();
  });

  it('lets go of a pin that was taken away while it was not here', async () => {
    let pinned = true;
    const old = (): Conversation => chat('z', 5, { own: { ...own, pinned } });
    const { messenger, line, socket } = await start([chat('a', 50)], {
      '/conversations?': () => ({ conversations: [chat('a', 50), old()], profiles: [] }),
    }, true);
    await settle();
    expect(ids(messenger.list.shown)).toEqual(['z', 'a']);
    pinned = false;
    socket.say({ type: 'bye', why: 'shutting_down' } as never);
    await vi.advanceTimersByTimeAsync(3_000);
    await settle();
    expect(ids(messenger.list.shown)).toEqual(['a', 'z']);
    line.connection.stop();
  });
});
