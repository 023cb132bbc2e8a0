import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Command } from './api/Command.ts';
import type { Event } from './api/Event.ts';
import { Chat } from './chat.svelte.ts';
import { Drafts } from './drafts.svelte.ts';
import { Refused } from './refused.ts';
import { conversation, settle } from './testing.ts';

beforeEach(() => vi.useFakeTimers({ now: 100_000 }));
afterEach(() => vi.useRealTimers());

type Draft = Extract<Command, { type: 'set_own' }>;

/** One device of a person; `tell` is the server. */
function device(answer: () => Promise<never> | undefined = () => undefined, left = new Map<string, string>()) {
  const sent: (string | undefined)[] = [];
  const handlers: ((placed: { event: Event }) => void)[] = [];
  let online: () => void = () => undefined;
  const chat = new Chat(conversation({ own: { pinned: false, archived: false, draft: 'kept' } }), 'ada', () => Promise.reject(new Error('no')));
  const line = {
    status: 'online' as 'online' | 'offline',
    command: (command: Command) => {
      sent.push((command as Draft).draft);
      return answer() ?? Promise.resolve({ value: { type: 'none' } as const });
    },
    onEvent: (handler: (placed: { event: Event }) => void) => (handlers.push(handler), () => undefined),
    onOnline: (handler: () => void) => ((online = handler), () => undefined),
    onSnapshot: () => () => undefined,
  };
  const drafts = new Drafts(line, (id) => (id === 'c' ? chat : undefined), () => Date.now(), {
    read: (id) => left.get(id), keep: (id, text) => void left.set(id, text), drop: (id) => void left.delete(id),
  });
  const tell = (draft: string): void => {
    for (const handler of handlers) handler({ event: { type: 'own', conversation: 'c', own: { pinned: false, archived: false, draft } } });
  };
  const type = (text: string): void => {
    chat.draft = text;
    drafts.typed(chat);
  };
  return { chat, drafts, line, sent, tell, type, online: () => online() };
}

describe('drafts', () => {
  it('are there from the beginning, and kept once the writer rests', async () => {
    const { chat, sent, type } = device();
    expect(chat.draft).toBe('kept');
    type('a');
    await vi.advanceTimersByTimeAsync(900);
    type('ab');
    await vi.advanceTimersByTimeAsync(900);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(sent).toEqual(['ab']);
  });

  it('that an earlier page could not tell are there again, go out, and are kept no longer', async () => {
    const left = new Map([['c', 'typed without a network']]);
    const { chat, drafts, sent, tell } = device(undefined, left);
    tell('kept');
    expect(chat.draft).toBe('typed without a network');
    drafts.flushAll();
    expect(sent).toEqual(['typed without a network']);
    await settle();
    expect(left.size).toBe(0);
    // Once: what comes from elsewhere later is shown.
    chat.draft = '';
    tell('typed without a network');
    tell('from elsewhere');
    expect(chat.draft).toBe('from elsewhere');
  });

  it('stay on the device while the server cannot be told', async () => {
    const left = new Map<string, string>();
    const { drafts, line, online, type } = device(undefined, left);
    line.status = 'offline';
    type('without a network');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(left.get('c')).toBe('without a network');
    line.status = 'online';
    online();
    await settle();
    expect(left.size).toBe(0);
    drafts.clear();
  });

  it('are kept now and then while somebody writes on', async () => {
    const { sent, type } = device();
    for (let letters = 1; letters <= 12; letters += 1) {
      type('x'.repeat(letters));
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(sent).toHaveLength(1);
  });

  it('are kept at once when the reader leaves, and gone when they are sent', () => {
    const { chat, drafts, sent, type } = device();
    type('half a');
    drafts.flush(chat);
    drafts.flush(chat);
    type('');
    drafts.flush(chat);
    expect(sent).toEqual(['half a', '']);
  });

  it('appear from elsewhere, but not over what is typed here', async () => {
    const { chat, drafts, sent, tell, type } = device();
    tell('from the telephone');
    expect(chat.draft).toBe('from the telephone');
    type('from here');
    tell('from the telephone still');
    expect(chat.draft).toBe('from here');
    drafts.flush(chat);
    expect(sent).toEqual(['from here']);
    tell('from the telephone again');
    expect(chat.draft).toBe('from here');
    // Who no longer writes here sees what is written elsewhere.
    await vi.advanceTimersByTimeAsync(20_000);
    tell('and again');
    expect(chat.draft).toBe('and again');
  });

  it('take what came meanwhile when the reader leaves, and do not undo it', () => {
    const { chat, drafts, sent, tell, type } = device();
    type('here');
    drafts.flush(chat);
    tell('here');
    tell('there');
    expect(chat.draft).toBe('here');
    drafts.flush(chat);
    expect(chat.draft).toBe('there');
    expect(sent).toEqual(['here']);
  });

  it('are nobody\'s once the reader has left: what is sent elsewhere is gone here', () => {
    const { chat, drafts, tell, type } = device();
    type('sent elsewhere');
    drafts.leave(chat);
    tell('sent elsewhere');
    tell('');
    expect(chat.draft).toBe('');
  });

  it('know their own words when these come back late', () => {
    const { chat, drafts, tell, type } = device();
    for (const words of ['a', 'ab', 'abc', '']) {
      type(words);
      drafts.flush(chat);
    }
    // The message was sent; what the server says of the way there is not shown again.
    for (const words of ['a', 'ab', 'abc', '']) {
      tell(words);
      expect(chat.draft).toBe('');
    }
    tell('from elsewhere');
    expect(chat.draft).toBe('from elsewhere');
  });

  it('wait for the connection', async () => {
    const { chat, drafts, line, online, sent, tell, type } = device();
    line.status = 'offline';
    type('offline words');
    drafts.flush(chat);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toEqual([]);
    // Nobody has typed here for a minute, but nobody has these words either.
    tell('from elsewhere');
    expect(chat.draft).toBe('offline words');
    line.status = 'online';
    online();
    expect(sent).toEqual(['offline words']);
  });

  it('are sent again when the answer was lost', async () => {
    let lost = true;
    const { chat, drafts, online, sent, type } = device(() => (lost ? Promise.reject(Refused.offline()) : undefined));
    type('words');
    drafts.flush(chat);
    await settle();
    lost = false;
    online();
    expect(sent).toEqual(['words', 'words']);
  });

  it('stay here when they are longer than the server takes', () => {
    const { chat, drafts, sent, type } = device();
    type('é'.repeat(4_097));
    drafts.flush(chat);
    expect(sent).toEqual([]);
    type('é'.repeat(4_096));
    drafts.flush(chat);
    expect(sent).toHaveLength(1);
  });
});
