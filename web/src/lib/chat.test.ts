import { describe, expect, it } from 'vitest';

import type { MessagePage } from './api/MessagePage.ts';
import { Chat, WINDOW } from './chat.svelte.ts';
import { Refused } from './refused.ts';
import { conversation, message } from './testing.ts';

type Bare = Omit<MessagePage, 'profiles'>;
type Page = (path: string) => Bare | Promise<Bare>;

function chat(page: Page = () => ({ messages: [], earlier: false, later: false }), more = {}): Chat {
  return new Chat(conversation(more), 'ada', async <T>(path: string) => ({ profiles: [], ...(await page(path)) }) as T);
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

  it('shows messages although the conversation named a later one as its newest before', async () => {
    const each = chat(() => ({ messages: [message('1', 'bruno', 10)], earlier: false, later: false }));
    await each.loadNewest();
    each.update(conversation({ last: message('3', 'bruno', 30), unread: 3 }));
    expect(each.apply(message('2', 'bruno', 20))).toBe(true);
    expect(each.apply(message('3', 'bruno', 30))).toBe(true);
    expect([ids(each), each.unread]).toEqual([['1', '2', '3'], 3]);
    expect(each.apply(message('0', 'bruno', 5, { edited: 40 }))).toBe(false);
    expect(each.apply(message('4', 'bruno', 40))).toBe(true);
    expect([ids(each), each.unread]).toEqual([['1', '2', '3', '4'], 4]);
  });

  it('shows them too if they come while a page is on its way', async () => {
    let answer: (page: Bare) => void = () => undefined;
    const each = chat(() => new Promise<Bare>((resolve) => (answer = resolve)), { last: message('1', 'bruno', 10) });
    const loading = each.loadNewest();
    each.update(conversation({ last: message('3', 'bruno', 30) }));
    each.apply(message('2', 'bruno', 20));
    each.apply(message('3', 'bruno', 30));
    each.apply(message('0', 'bruno', 5, { edited: 40 }));
    answer({ messages: [message('1', 'bruno', 10)], earlier: true, later: false });
    await loading;
    expect(ids(each)).toEqual(['1', '2', '3']);
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
    let answer: (page: Bare) => void = () => undefined;
    const each = chat(() => new Promise<Bare>((resolve) => (answer = resolve)));
    each.loaded = loaded;
    const loading = each.loadNewest();
    each.apply(message('m9', 'bruno', 9));
    answer({ messages: run(0, 5), earlier: false, later: false });
    await loading;
    expect(ids(each)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm9']);
  });

  it('keeps it below a page around a message too, if nothing lies between', async () => {
    for (const later of [false, true]) {
      let answer: (page: Bare) => void = () => undefined;
      const each = chat(() => new Promise<Bare>((resolve) => (answer = resolve)));
      const loading = each.loadAround('m2');
      each.apply(message('m9', 'bruno', 9));
      answer({ messages: run(0, 5), earlier: false, later });
      await loading;
      expect(ids(each).at(-1)).toBe(later ? 'm4' : 'm9');
    }
  });

  it('shows what comes while a page is on its way, wherever the window stood', async () => {
    let onTheWay = (): void => {};
    const pages: Record<string, Bare> = {
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

  /** A thousand messages behind the API's pages; what is asked waits for `answer` if `held`. */
  function history(held = false): { each: Chat; all: ReturnType<typeof run>; answer: () => Promise<void>; asked: string[] } {
    const all = run(0, 1_000);
    const asked: string[] = [];
    const waiting: (() => void)[] = [];
    const each = chat(async (path) => {
      const query = new URLSearchParams(path.split('?')[1]);
      asked.push(path.split('?')[1] ?? '');
      const at = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)?.slice(1)) : undefined);
      let [from, to] = [all.length - 50, all.length];
      const [around, before, after] = [at('around'), at('before'), at('after')];
      if (around !== undefined) [from, to] = [around - 25, around + 25];
      else if (before !== undefined) [from, to] = [before - 50, before];
      else if (after !== undefined) [from, to] = [after + 1, after + 51];
      [from, to] = [Math.max(0, from), Math.min(all.length, to)];
      if (held) await new Promise<void>((resolve) => waiting.push(resolve));
      return { messages: all.slice(from, to), earlier: from > 0, later: to < all.length };
    });
    const answer = async (): Promise<void> => {
      waiting.shift()?.();
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    };
    return { each, all, answer, asked };
  }

  it('shows a message of long ago, and reads both ways from there', async () => {
    const { each, asked } = history();
    await each.loadNewest();
    await each.show('m500');
    expect(each.aim).toEqual({ message: 'm500', state: 'there' });
    expect([ids(each)[0], ids(each).at(-1)]).toEqual(['m475', 'm524']);
    await each.loadEarlier();
    await each.loadLater();
    expect(ids(each)).toEqual(run(425, 575).map(({ id }) => id));
    each.seen();
    expect(each.aim).toBeUndefined();
    // What is in the window needs no page.
    await each.show('m430');
    expect(each.aim).toEqual({ message: 'm430', state: 'there' });
    expect(asked).toHaveLength(4);
  });

  it('does not lose what comes while it is in the past, and has no hole when it is back', async () => {
    const { each, all } = history();
    await each.loadNewest();
    await each.show('m500');
    for (const came of run(1_000, 1_002)) {
      all.push(came);
      each.apply(came);
    }
    expect(ids(each).at(-1)).toBe('m524');
    expect(each.unread).toBe(2);
    expect(each.last?.id).toBe('m1001');
    expect(each.toRead).toBeUndefined();
    for (let page = 0; page < 20 && each.later; page += 1) await each.loadLater();
    each.apply(message('m1002', 'bruno', 1_002));
    const { length } = each.messages;
    expect(ids(each)).toEqual(run(1_003 - length, 1_003).map(({ id }) => id));
  });

  it('drops a page of a window that is gone', async () => {
    const { each, answer } = history(true);
    const newest = each.loadNewest();
    await answer();
    await newest;
    const earlier = each.loadEarlier();
    const shown = each.show('m100');
    each.apply(message('new', 'bruno', 5_000));
    await answer();
    await earlier;
    expect(ids(each)[0]).toBe('m950');
    expect(each.loading).toBe('newest');
    await answer();
    await shown;
    expect(each.loading).toBe('no');
    expect([ids(each)[0], ids(each).at(-1)]).toEqual(['m75', 'm124']);
    expect(each.aim?.state).toBe('there');
  });

  it('leaves the last one that was asked for as the one to be looked at', async () => {
    const { each, answer } = history(true);
    const first = each.show('m100');
    const second = each.show('m500');
    await answer();
    await answer();
    await Promise.all([first, second]);
    expect(each.aim).toEqual({ message: 'm500', state: 'there' });
    // The same once more, before the first answer: that one is not waited for.
    const [once, twice] = [each.show('m700'), each.show('m700')];
    await answer();
    await once;
    expect(each.aim?.state).toBe('loading');
    await answer();
    await twice;
    expect(each.aim?.state).toBe('there');
    // The reader presses "to the newest" instead.
    const third = each.show('m100');
    each.seen();
    const newest = each.loadNewest();
    await answer();
    await answer();
    await Promise.all([third, newest]);
    expect(each.aim).toBeUndefined();
    expect(ids(each).at(-1)).toBe('m999');
  });

  it('says when a message is gone, and when nobody could say', async () => {
    let thrown: Error | undefined;
    const each = chat(() => {
      if (thrown) throw thrown;
      return { messages: run(0, 5), earlier: false, later: false };
    });
    await each.show('m77');
    expect(each.aim).toEqual({ message: 'm77', state: 'gone' });
    thrown = new Refused({ kind: 'invalid', code: 'bad_request', message: 'no such id' });
    await each.show('??');
    expect(each.aim?.state).toBe('gone');
    thrown = Refused.offline();
    await each.show('m77');
    expect(each.aim?.state).toBe('failed');
    // What was read before is there still.
    expect(each.failed).toBe('no');
    expect(ids(each)).toHaveLength(5);
  });

  it('begins at the first unread message where it is far up, else at the newest', async () => {
    for (const [unread, query] of [[20, 'limit=50'], [21, 'around=unread&limit=50']] as const) {
      const asked: string[] = [];
      const each = chat((path) => {
        asked.push(path.split('?')[1] ?? '');
        return { messages: run(100, 150), earlier: true, later: false };
      }, { unread });
      await each.begin();
      expect(asked).toEqual([query]);
    }
    // A window that is there already may not reach up to it.
    const { each, asked } = history();
    await each.loadNewest();
    for (let stamp = 2_000; stamp < 2_400; stamp += 1) each.apply(message(`n${stamp}`, 'bruno', stamp));
    each.trim();
    await each.begin();
    expect(asked.at(-1)).toBe('around=unread&limit=50');
  });

  it('counts apart what names the reader, and knows the oldest of it', async () => {
    const each = chat(undefined, { unread: 1, mentions: 1, mentioned: '0' });
    await each.loadNewest();
    expect([each.mentions, each.mentioned]).toEqual([1, '0']);
    each.apply(message('1', 'bruno', 10, { names_reader: true }));
    each.apply(message('2', 'bruno', 20));
    each.apply(message('3', 'bruno', 30, { names_reader: true }));
    expect([each.unread, each.mentions, each.mentioned]).toEqual([4, 3, '0']);
    each.markRead('ada', { message: '1', stamp: 10 });
    expect([each.unread, each.mentions, each.mentioned]).toEqual([2, 1, '3']);
    each.markRead('ada', { message: '3', stamp: 30 });
    expect([each.unread, each.mentions, each.mentioned]).toEqual([0, 0, undefined]);
    // Where the window does not reach, the server counts.
    const far = chat(undefined, { unread: 9, mentions: 2, mentioned: '5', last: message('90', 'bruno', 900) });
    far.markRead('ada', { message: '60', stamp: 600 }, { messages: 3, mentions: 1, mentioned: '70' });
    expect([far.unread, far.mentions, far.mentioned]).toEqual([3, 1, '70']);
  });

  it('knows until when it is muted', () => {
    const each = chat(undefined, { own: { pinned: false, archived: false, muted_until: 1_000 } });
    expect([each.muted(999), each.muted(1_000)]).toEqual([true, false]);
    expect(chat().muted(0)).toBe(false);
  });

  it('knows the other one of two, and itself in notes', () => {
    expect(chat().peer).toBe('bruno');
    expect(chat(undefined, { members: [{ account: 'ada' }] }).peer).toBe('ada');
    expect(chat(undefined, { members: [{ account: 'ada' }, { account: 'b' }, { account: 'c' }] }).peer).toBeUndefined();
    expect(chat(undefined, { kind: 'named' }).peer).toBeUndefined();
  });
});
