import { describe, expect, it } from 'vitest';

import type { MessagePage } from './api/MessagePage.ts';
import { Chat, WINDOW } from './chat.svelte.ts';
import { conversation, message } from './testing.ts';

type Page = (path: string) => MessagePage | Promise<MessagePage>;

function chat(page: Page = () => ({ messages: [], earlier: false, later: false }), more = {}): Chat {
  return new Chat(conversation(more), 'ada', async <T>(path: string) => (await page(path)) as T);
}

const ids = (each: Chat): string[] => each.messages.map(({ id }) => id);
const run = (from: number, to: number): ReturnType<typeof message>[] =>
  Array.from({ length: to - from }, (_, index) => message(`m${from + index}`, 'bruno', from + index));

describe('a chat', () => {
  it('tells new messages from changed ones by their stamp', async () => {
    const each = chat(() => ({ messages: [message('1', 'bruno', 10)], earlier: false, later: false }));
    await each.loadNewest();
    expect(each.apply(message('2', 'bruno', 20))).toBe(true);
    expect(each.apply(message('2', 'bruno', 20, { edited: 30 }))).toBe(false);
    expect(each.apply(message('old', 'bruno', 5, { edited: 40 }))).toBe(false);
    expect(ids(each)).toEqual(['1', '2']);
    expect(each.unread).toBe(1);
  });

  it('takes the same event twice without a second bubble', async () => {
    const each = chat();
    await each.loadNewest();
    each.apply(message('1', 'bruno', 10));
    each.apply(message('1', 'bruno', 10));
    expect(ids(each)).toEqual(['1']);
    expect(each.unread).toBe(1);
  });

  it('keeps the later of two states of a message', async () => {
    const each = chat();
    await each.loadNewest();
    each.apply(message('1', 'bruno', 10));
    each.apply(message('1', 'bruno', 10, { edited: 30 }));
    each.apply(message('1', 'bruno', 10, { edited: 20 }));
    expect(each.messages[0]?.edited).toBe(30);
    each.apply(message('1', 'bruno', 10, { deleted: true }));
    each.apply(message('1', 'bruno', 10, { edited: 50 }));
    expect(each.messages[0]?.deleted).toBe(true);
    expect(each.last?.deleted).toBe(true);
  });

  it('counts as read what one wrote after, and what was read elsewhere', async () => {
    const each = chat();
    await each.loadNewest();
    each.apply(message('1', 'bruno', 10));
    each.apply(message('2', 'bruno', 20));
    expect(each.toRead?.id).toBe('2');
    each.markRead('ada', { message: '1', stamp: 10 });
    expect(each.unread).toBe(1);
    each.markRead('ada', { message: '0', stamp: 5 });
    expect(each.unread).toBe(1);
    each.apply(message('3', 'ada', 30));
    expect(each.unread).toBe(0);
    expect(each.toRead).toBeUndefined();
  });

  it('does not count what was read elsewhere before it came', async () => {
    const each = chat();
    await each.loadNewest();
    each.markRead('ada', { message: '2', stamp: 20 });
    each.apply(message('1', 'bruno', 10));
    each.apply(message('2', 'bruno', 20));
    each.apply(message('3', 'bruno', 30));
    expect(each.unread).toBe(1);
  });

  it('knows how far the others are', () => {
    const each = chat();
    expect(each.readByOthers).toBe(0);
    each.markDelivered('bruno', { message: '2', stamp: 20 });
    expect(each.deliveredToOthers).toBe(20);
    each.markRead('bruno', { message: '3', stamp: 30 });
    expect(each.readByOthers).toBe(30);
    expect(each.deliveredToOthers).toBe(30);
  });

  it('reads upwards, and lets go of what is far below', async () => {
    const all = run(0, 1_000);
    const each = chat((path) => {
      const before = /before=m(\d+)/.exec(path)?.[1];
      const after = /after=m(\d+)/.exec(path)?.[1];
      if (after !== undefined) {
        const from = Number(after) + 1;
        return { messages: all.slice(from, from + 50), earlier: true, later: from + 50 < 1_000 };
      }
      const end = before === undefined ? 1_000 : Number(before);
      return { messages: all.slice(Math.max(0, end - 50), end), earlier: end > 50, later: end < 1_000 };
    });
    await each.loadNewest();
    expect(each.later).toBe(false);
    for (let page = 0; page < 8; page += 1) await each.loadEarlier();
    expect(each.messages).toHaveLength(WINDOW);
    expect(ids(each)[0]).toBe('m550');
    expect(each.later).toBe(true);
    each.apply(message('m1000', 'bruno', 1_000));
    expect(ids(each)).not.toContain('m1000');
    expect(each.last?.id).toBe('m1000');
    await each.loadLater();
    expect(ids(each).at(-1)).toBe('m899');
    const stamps = each.messages.map(({ stamp }) => stamp);
    expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
  });

  it('says what did not load, and goes on when asked again', async () => {
    let fail = true;
    const each = chat(() => {
      if (fail) throw new Error('gone');
      return { messages: run(0, 2), earlier: false, later: false };
    });
    await each.loadNewest();
    expect(each.failed).toBe('newest');
    expect(each.loaded).toBe(false);
    fail = false;
    await each.loadNewest();
    expect(each.failed).toBe('no');
    expect(ids(each)).toEqual(['m0', 'm1']);
  });

  it.each([true, false])('keeps what came by event while the newest page was on its way (window filled before: %s)', async (loaded) => {
    let answer: (page: MessagePage) => void = () => undefined;
    const each = chat(() => new Promise<MessagePage>((resolve) => (answer = resolve)));
    each.loaded = loaded;
    const loading = each.loadNewest();
    each.apply(message('m9', 'bruno', 9));
    answer({ messages: run(0, 5), earlier: false, later: false });
    await loading;
    expect(ids(each)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm9']);
  });

  it('keeps it below a page around a message too, if nothing lies between', async () => {
    for (const later of [false, true]) {
      let answer: (page: MessagePage) => void = () => undefined;
      const each = chat(() => new Promise<MessagePage>((resolve) => (answer = resolve)));
      const loading = each.loadAround('m2');
      each.apply(message('m9', 'bruno', 9));
      answer({ messages: run(0, 5), earlier: false, later });
      await loading;
      expect(ids(each).at(-1)).toBe(later ? 'm4' : 'm9');
    }
  });

  it('shows what comes while a page is on its way, wherever the window stood', async () => {
    let onTheWay = (): void => {};
    const pages: Record<string, MessagePage> = {
      'around=m0&limit=50': { messages: run(0, 50), earlier: false, later: true },
      'after=m49&limit=50': { messages: run(50, 60), earlier: true, later: false },
      'limit=50': { messages: run(10, 60), earlier: true, later: false },
      'around=m59&limit=50': { messages: run(20, 60), earlier: true, later: false },
    };
    const each = chat((path) => {
      const page = pages[path.split('?')[1] ?? ''];
      onTheWay();
      return page ?? Promise.reject(new Error(path));
    });
    for (const reach of [() => each.loadLater(), () => each.loadNewest(), () => each.loadAround('m59')]) {
      each.forget();
      await each.loadAround('m0');
      const came = message(`new${String(each.last?.stamp)}`, 'bruno', (each.last?.stamp ?? 100) + 1);
      onTheWay = (): void => {
        each.apply(came);
        each.apply({ ...came, edited: 1_000 });
      };
      await reach();
      onTheWay = (): void => {};
      expect(ids(each).slice(-2)).toEqual(['m59', came.id]);
      expect(each.messages.at(-1)?.edited).toBe(1_000);
      expect(each.later).toBe(false);
    }
  });

  it('knows the other one of two, and itself in notes', () => {
    expect(chat().peer).toBe('bruno');
    expect(chat(undefined, { members: [{ account: 'ada' }] }).peer).toBe('ada');
    expect(chat(undefined, { members: [{ account: 'ada' }, { account: 'b' }, { account: 'c' }] }).peer).toBeUndefined();
    expect(chat(undefined, { kind: 'named' }).peer).toBeUndefined();
  });
});
