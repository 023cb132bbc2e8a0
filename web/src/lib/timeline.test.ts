import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { CallRecord } from './api/CallRecord.ts';
import { message } from './testing.ts';
import { newestRead, timeline } from './timeline.ts';

const noon = new Date(2026, 10, 26, 12).getTime();
const minute = 60_000;
const base = { items: [], me: 'ada', newSince: undefined, earlier: false, later: false };
const kinds = (input: Partial<Parameters<typeof timeline>[0]>): string[] =>
  timeline({ ...base, messages: [], ...input }).map((line) =>
    'first' in line ? `${line.kind}${line.first ? ' first' : ''}` : line.kind,
  );

describe('a timeline', () => {
  it('begins a run for another author, after a silence and on another day', () => {
    const messages = [
      message('1', 'bruno', noon - 24 * 60 * minute),
      message('2', 'bruno', noon),
      message('3', 'bruno', noon + minute),
      message('4', 'ada', noon + 2 * minute),
      message('5', 'ada', noon + 9 * minute),
    ];
    expect(kinds({ messages })).toEqual([
      'day', 'message first', 'day', 'message first', 'message', 'message first', 'message first',
    ]);
  });

  it('marks where new messages of others begin, once', () => {
    const messages = [
      message('1', 'bruno', noon),
      message('2', 'ada', noon + 2),
      message('3', 'bruno', noon + 3),
      message('4', 'bruno', noon + 4),
    ];
    expect(kinds({ messages, newSince: noon + 1 })).toEqual([
      'day', 'message first', 'message first', 'new', 'message first', 'message',
    ]);
    expect(kinds({ messages, newSince: noon + 10 })).not.toContain('new');
    expect(kinds({ messages: messages.slice(2), newSince: noon + 1, earlier: true })).not.toContain('new');
    expect(kinds({ messages: messages.slice(1), newSince: noon + 2, earlier: true })).toContain('new');
    expect(kinds({ messages: messages.slice(2), newSince: 0, earlier: false })).toContain('new');
    const system = message('0', 'bruno', noon, { body: { type: 'system', line: 'became_contacts' } });
    expect(kinds({ messages: [system], newSince: 0 })).toEqual(['day', 'system']);
  });

  it('ends a run at a call and at a line of the system', () => {
    const record = { key: 'k' } as CallRecord;
    const messages = [
      message('1', 'bruno', noon),
      message('2', 'bruno', noon + 1, { body: { type: 'call', key: 'k', record } }),
      message('3', 'bruno', noon + 2),
      message('4', 'bruno', noon + 3, { body: { type: 'system', line: 'became_contacts' } }),
      message('5', 'bruno', noon + 4),
    ];
    expect(kinds({ messages })).toEqual(['day', 'message first', 'call', 'message first', 'system', 'message first']);
  });

  it('puts what waits below, and the new words of an old message into its place', () => {
    const messages = [message('1', 'ada', noon)];
    const items = [
      { client: 'a', conversation: 'c', text: 'new', blocks: [], written: noon + 1 },
      { client: 'b', conversation: 'c', text: 'edit', blocks: [], written: noon + 2, edits: '1' },
    ];
    const lines = timeline({ ...base, messages, items });
    expect(lines.map(({ kind }) => kind)).toEqual(['day', 'message', 'pending']);
    expect(lines[1]).toMatchObject({ edit: { text: 'edit' } });
    expect(lines[2]).toMatchObject({ first: false });
  });

  it('does not put what waits below a window that ends in the past', () => {
    const items = [{ client: 'a', conversation: 'c', text: 'new', blocks: [], written: noon }];
    expect(kinds({ messages: [message('1', 'ada', noon)], items, later: true })).toEqual(['day', 'message first']);
  });

  it('has a key of its own for every line', () => {
    const messages = Array.from({ length: 50 }, (_, index) => message(String(index), index % 2 ? 'ada' : 'bruno', noon + index * 90 * minute));
    const all = timeline({ ...base, messages }).map(({ key }) => key);
    expect(new Set(all).size).toBe(all.length);
  });

  it('has a key of its own for every line, whatever waits and whatever the clocks say', () => {
    const day = 24 * 60 * minute;
    const stamp = fc.integer({ min: -4, max: 4 }).map((days) => noon + days * day);
    fc.assert(
      fc.property(fc.array(stamp, { maxLength: 6 }), fc.array(stamp, { maxLength: 6 }), (said, waiting) => {
        const messages = said.map((at, index) => message(String(index), index % 2 ? 'ada' : 'bruno', at));
        const items = waiting.map((written, index) => ({ client: String(index), conversation: 'c', text: 'x', blocks: [], written }));
        const all = timeline({ ...base, messages, items, newSince: noon }).map(({ key }) => key);
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });

  it('says a day before what waits only where a later one begins', () => {
    const day = 24 * 60 * minute;
    const waiting = (client: string, written: number) => ({ client, conversation: 'c', text: client, blocks: [], written });
    const messages = [message('1', 'bruno', noon - day), message('2', 'bruno', noon)];
    const said = ['day', 'message first', 'day', 'message first'];
    expect(kinds({ messages, items: [waiting('a', noon - day), waiting('b', noon)] })).toEqual([...said, 'pending first', 'pending']);
    expect(kinds({ messages, items: [waiting('a', noon - day), waiting('b', noon + day)] })).toEqual([...said, 'pending first', 'day', 'pending first']);
    expect(kinds({ items: [waiting('a', noon), waiting('b', noon + day)] })).toEqual(['day', 'pending first', 'day', 'pending first']);
  });

  it('says "read" at the newest own message that all others have read', () => {
    const messages = [message('1', 'ada', 10), message('2', 'ada', 20), message('3', 'bruno', 30), message('4', 'ada', 40)];
    expect(newestRead(messages, 'ada', 30)).toBe('2');
    expect(newestRead(messages, 'ada', 0)).toBeUndefined();
  });
});
