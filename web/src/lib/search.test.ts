import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Message } from './api/Message.ts';
import type { SearchPage } from './api/SearchPage.ts';
import { Refused } from './refused.ts';
import { Search } from './search.svelte.ts';
import { bruno, message, settle } from './testing.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const found = (...ids: string[]): Message[] => ids.map((id, index) => message(id, 'bruno', 1_000 - index));
const page = (messages: Message[], more: Partial<SearchPage> = {}): SearchPage => ({ messages, profiles: [bruno], whole: true, ...more });

function start(answer: (path: string) => SearchPage | Promise<SearchPage>): { search: Search; asked: URLSearchParams[]; known: string[] } {
  const asked: URLSearchParams[] = [];
  const known: string[] = [];
  const search = new Search({
    get: async <T>(path: string) => {
      asked.push(new URLSearchParams(path.split('?')[1]));
      return (await answer(path)) as T;
    },
    know: (profiles) => known.push(...profiles.map(({ id }) => id)),
  });
  return { search, asked, known };
}

async function ask(search: Search, question: string, within?: string): Promise<void> {
  search.ask(question, within);
  await vi.advanceTimersByTimeAsync(250);
  await settle();
}

const ids = (search: Search): string[] => search.messages.map(({ id }) => id);

describe('a search', () => {
  it('asks once the typing pauses, in one chat or in all', async () => {
    const { search, asked, known } = start(() => page(found('1')));
    for (const question of ['l', 'la', 'lak']) {
      search.ask(question, undefined);
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(search.state).toBe('asking');
    await ask(search, ' lake ');
    expect(asked.map((each) => each.get('question'))).toEqual(['lake']);
    expect(asked[0]?.has('conversation')).toBe(false);
    expect([search.state, ...ids(search), ...known]).toEqual(['there', '1', 'bruno']);
    await ask(search, ' lake ', 'c');
    expect(asked[1]?.get('conversation')).toBe('c');
    // The same again asks nothing.
    await ask(search, ' lake ', 'c');
    expect(asked).toHaveLength(2);
  });

  it('asks nothing where there is no word', async () => {
    const { search, asked } = start(() => page([]));
    await ask(search, '  ?! ');
    expect(search.state).toBe('nothing');
    expect(asked).toEqual([]);
  });

  it('drops the answer to an older question', async () => {
    const waiting = new Map<string, (page: SearchPage) => void>();
    const { search } = start((path) => new Promise((resolve) => waiting.set(path.split('&')[0] ?? '', resolve)));
    await ask(search, 'lake');
    await ask(search, 'boat');
    waiting.get('/search?question=boat')?.(page(found('boat')));
    await settle();
    waiting.get('/search?question=lake')?.(page(found('lake')));
    await settle();
    expect(ids(search)).toEqual(['boat']);
  });

  it('reads page after page, and each message once', async () => {
    const pages = [page(found('5', '4'), { next: '4' }), page(found('4', '3'), { next: '3' }), page(found('2'))];
    const { search, asked } = start(() => pages.shift() ?? page([]));
    await ask(search, 'lake');
    expect(search.more).toBe(true);
    await search.older();
    await search.older();
    expect(ids(search)).toEqual(['5', '4', '3', '2']);
    expect(search.more).toBe(false);
    await search.older();
    expect(asked.map((each) => each.get('after'))).toEqual([null, '4', '3']);
  });

  it('turns pages without a hit, but not for ever', async () => {
    let at = 100;
    const endless = start(() => page([], { next: String((at -= 1)) }));
    await ask(endless.search, 'lake');
    expect(endless.asked).toHaveLength(5);
    expect([endless.search.state, endless.search.more]).toEqual(['there', true]);
    const pages = [page([], { next: '9' }), page(found('8'))];
    const short = start(() => pages.shift() ?? page([]));
    await ask(short.search, 'lake');
    expect(ids(short.search)).toEqual(['8']);
    // A cursor that does not move is no page.
    const still = start(() => page([], { next: '7' }));
    await ask(still.search, 'lake');
    expect(still.search.more).toBe(false);
    expect(still.asked).toHaveLength(2);
  });

  it('keeps a bounded number', async () => {
    let at = 10_000;
    const { search } = start(() => page(found(...Array.from({ length: 33 }, () => String((at -= 1)))), { next: String(at) }));
    await ask(search, 'lake');
    for (let turn = 0; turn < 40; turn += 1) await search.older();
    expect(search.messages).toHaveLength(500);
    expect(search.full).toBe(true);
  });

  it('says when not everything was looked at, and asks anew', async () => {
    let whole = false;
    const { search } = start(() => page(found('1'), { whole }));
    await ask(search, 'lake');
    expect(search.whole).toBe(false);
    whole = true;
    search.chosen = '1';
    search.again();
    await settle();
    expect([search.whole, search.chosen, ...ids(search)]).toEqual([true, '1', '1']);
  });

  it('goes on by itself after the time that the server asks for', async () => {
    let refuse = true;
    const { search, asked } = start(() => {
      if (refuse) throw new Refused({ kind: 'too_many', code: 'too_many', message: '', retry_after: 2_000 });
      return page(found('1'));
    });
    await ask(search, 'lake');
    expect([search.state, search.refused?.code]).toEqual(['failed', 'too_many']);
    refuse = false;
    await vi.advanceTimersByTimeAsync(2_000);
    await settle();
    expect([search.state, search.refused, asked.length]).toEqual(['there', undefined, 2]);
  });

  it('keeps what it has when an older page fails, and tries that again', async () => {
    let fail = false;
    const { search } = start(() => {
      if (fail) throw Refused.offline();
      return page(found(search.messages.length === 0 ? '9' : '8'), { next: search.messages.length === 0 ? '9' : '8' });
    });
    await ask(search, 'lake');
    fail = true;
    await search.older();
    expect([search.state, search.refused?.code, ...ids(search)]).toEqual(['failed', 'offline', '9']);
    fail = false;
    await search.older();
    expect(ids(search)).toEqual(['9', '8']);
  });

  it('forgets what it waits for when the question is taken back', async () => {
    const { search, asked } = start(() => page(found('1')));
    search.ask('lake', undefined);
    search.clear();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toEqual([]);
    expect([search.question, search.state]).toEqual(['', 'nothing']);
  });
});
