import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Http } from './http.ts';
import { settle } from './testing.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Asked = { method: string | undefined; answer: (body: object) => void; cut: () => void };

/** A server that says nothing until the test does; as in a browser, what is given up ends at once. */
function silent(): { http: Http; asked: Asked[]; slow: Promise<unknown>[] } {
  const asked: Asked[] = [];
  const http = new Http((_, init) => new Promise((resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
    asked.push({
      method: init?.method,
      answer: (body) => resolve(new Response(JSON.stringify(body))),
      cut: () => reject(new TypeError('network changed')),
    });
  }));
  const slow: Promise<unknown>[] = [];
  http.slow = (answer) => slow.push(answer);
  return { http, asked, slow };
}

/** What became of it by now. */
function outcome(answer: Promise<unknown>): { code: unknown } {
  const seen: { code: unknown } = { code: 'waits' };
  answer.then(() => (seen.code = 'answered'), (refused: { code: string }) => (seen.code = refused.code));
  return seen;
}

const changes = {
  'what is posted once': (http: Http) => http.post('/register', {}),
  'what may be posted twice': (http: Http) => http.post('/sign-in', {}, true),
  'what is taken away': (http: Http) => http.remove('/invites/1'),
};

describe.each(Object.entries(changes))('%s', (_, change) => {
  it('is waited for as long as the server waits for its turn to write, and is sent once', async () => {
    const { http, asked, slow } = silent();
    const seen = outcome(change(http));
    await vi.advanceTimersByTimeAsync(41_000);
    expect([seen.code, asked.length, slow.length]).toEqual(['waits', 1, 1]);
    asked[0]!.answer({});
    await settle();
    expect([seen.code, asked.length]).toEqual(['answered', 1]);
    await expect(slow[0]).resolves.toEqual({});
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is given up after that, and not sent again', async () => {
    const { http, asked } = silent();
    const seen = outcome(change(http));
    await vi.advanceTimersByTimeAsync(44_900);
    expect(seen.code).toBe('waits');
    await vi.advanceTimersByTimeAsync(100);
    expect([seen.code, asked.length]).toEqual(['offline', 1]);
    await vi.runAllTimersAsync();
    expect(asked).toHaveLength(1);
  });

  it('is told of within a few seconds, once, and not when it was answered by then', async () => {
    const quick = silent();
    const answered = change(quick.http);
    quick.asked[0]!.answer({});
    await answered;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(quick.slow).toEqual([]);
    const { http, asked, slow } = silent();
    const seen = outcome(change(http));
    await vi.advanceTimersByTimeAsync(5_000);
    expect([seen.code, slow.length]).toEqual(['waits', 1]);
    await vi.advanceTimersByTimeAsync(20_000);
    asked[0]!.answer({});
    await settle();
    expect([seen.code, slow.length]).toEqual(['answered', 1]);
  });
});

describe('a connection that breaks', () => {
  it('has what may be sent twice asked once more, with the whole time for it, under the same sentence', async () => {
    const { http, asked, slow } = silent();
    const seen = outcome(http.post('/sign-in', {}, true));
    await vi.advanceTimersByTimeAsync(20_000);
    asked[0]!.cut();
    await vi.advanceTimersByTimeAsync(41_000);
    expect([seen.code, asked.length, slow.length]).toEqual(['waits', 2, 1]);
    asked[1]!.cut();
    await vi.runAllTimersAsync();
    expect([seen.code, asked.length]).toEqual(['offline', 2]);
  });

  it('has nothing else sent again', async () => {
    const { http, asked } = silent();
    const seen = outcome(http.post('/register', {}));
    asked[0]!.cut();
    await vi.runAllTimersAsync();
    expect([seen.code, asked.length]).toEqual(['offline', 1]);
  });
});

describe('a page that reads', () => {
  it('waits ten seconds, and says nothing of it', async () => {
    const { http, asked, slow } = silent();
    const seen = outcome(http.get('/server'));
    await vi.advanceTimersByTimeAsync(9_900);
    expect(seen.code).toBe('waits');
    await vi.advanceTimersByTimeAsync(200);
    expect([seen.code, asked.length, slow.length]).toEqual(['offline', 1, 0]);
  });
});
