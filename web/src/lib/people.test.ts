import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Messenger } from './messenger.svelte.ts';
import { MemoryStore, ada, bruno, contact, fakeLine, online, settle, snapshot, type FakeSocket } from './testing.ts';

let messenger: Messenger;
let socket: FakeSocket;

async function start(more = {}): Promise<void> {
  const line = fakeLine({
    '/sync': { type: 'snapshot', snapshot: snapshot({ contacts: [contact(bruno), contact({ ...ada, id: 'zoe', name: 'zoe', display: 'Zoe' })], ...more }) },
  });
  messenger = new Messenger(line.connection, new MemoryStore(), () => 'new');
  socket = await online(line);
}

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

describe('a nickname', () => {
  it('is what everything calls them, and what they are found by and sorted by', async () => {
    await start();
    expect(messenger.standing('contact').map(({ profile }) => profile.id)).toEqual(['bruno', 'zoe']);
    socket.event({ type: 'contact', contact: { ...contact(bruno), nickname: 'Zz Top', favourite: true } }, '51');
    await settle();
    expect(messenger.name('bruno')).toBe('Zz Top');
    expect(messenger.names('bruno')).toContain('Zz Top');
    expect(messenger.names('bruno')).toContain('Bruno');
    expect(messenger.standing('contact').map(({ profile }) => profile.id)).toEqual(['zoe', 'bruno']);
    // What is sent carries the name that others know.
    expect(messenger.ownName('bruno')).toBe('Bruno');
  });
});

describe('not to be disturbed', () => {
  const until = (ms: number): object => ({ chosen: 'busy', chosen_until: 1_000_000 + ms });

  it('ends by itself', async () => {
    await start({ account: { ...snapshot().account, ...until(3_600_000) } });
    expect([messenger.quiet, messenger.ownPresence]).toEqual([true, 'busy']);
    await vi.advanceTimersByTimeAsync(3_600_001);
    expect([messenger.quiet, messenger.chosen]).toEqual([false, undefined]);
  });

  it('has ended where the page was away meanwhile, and lasts where it has no end', async () => {
    await start({ account: { ...snapshot().account, ...until(-1) } });
    expect(messenger.quiet).toBe(false);
    socket.event({ type: 'account', account: { ...snapshot().account, chosen: 'busy' } }, '51');
    await settle();
    expect(messenger.quiet).toBe(true);
  });
});
