import { describe, expect, it } from 'vitest';

import type { Group } from './api/Group.ts';
import type { Member } from './api/Member.ts';
import type { MemberPage } from './api/MemberPage.ts';
import type { Role } from './api/Role.ts';
import { Chat } from './chat.svelte.ts';
import { GroupLinks, LASTS, invitation } from './groups-links.svelte.ts';
import { readBySome, readersOf } from './groups-read.ts';
import { Roster } from './groups-roster.svelte.ts';
import { SameId, leaving, may, ranked, removes } from './groups.ts';
import { Refused } from './refused.ts';
import { conversation } from './testing.ts';

const group = (role: Role | undefined, more: Partial<Group> = {}): Group => ({
  title: 'Geese', people: 3, rules: { post: 'everybody', add: 'everybody', history: false }, ...(role ? { role } : {}), ...more,
});
const member = (account: string, role: Role = 'member', stamp?: number): Member => ({
  account, role, ...(stamp === undefined ? {} : { read: { message: `m${stamp}`, stamp } }),
});

describe('what one may do in a group', () => {
  it('follows the role', () => {
    expect(may(group('owner'))).toEqual({ retitle: true, rule: true, add: true, remove: true, link: true, rank: true });
    expect(may(group('admin'))).toEqual({ retitle: true, rule: false, add: true, remove: true, link: true, rank: false });
    expect(may(group('member'))).toEqual({ retitle: false, rule: false, add: true, remove: false, link: false, rank: false });
    const closed = { rules: { post: 'everybody', add: 'admins', history: false } } as const;
    expect(may(group('member', closed)).add).toBe(false);
    expect(may(group('admin', closed)).add).toBe(true);
  });

  it('is nothing for whoever is gone', () => {
    expect(Object.values(may(group(undefined)))).toEqual(Array.from({ length: 6 }, () => false));
    expect(removes(undefined, 'member')).toBe(false);
  });

  it('lets owners remove everybody, admins only members', () => {
    expect([removes('owner', 'owner'), removes('owner', 'admin'), removes('admin', 'admin'), removes('admin', 'member'), removes('member', 'member')]).toEqual([
      true, true, false, true, false,
    ]);
  });
});

describe('leaving', () => {
  it('says what becomes of the group', () => {
    expect(leaving(group('owner', { people: 1 }), [member('ada', 'owner')], 'ada')).toBe('last');
    expect(leaving(group('owner'), [member('ada', 'owner'), member('bruno', 'admin')], 'ada')).toBe('sole_owner');
    expect(leaving(group('owner'), [member('ada', 'owner'), member('bruno', 'owner')], 'ada')).toBe('member');
    expect(leaving(group('member'), [member('ada'), member('bruno', 'owner')], 'ada')).toBe('member');
  });
});

describe('the people of a group', () => {
  it('stand by role, then by name', () => {
    const all = [member('zed'), member('ada'), member('cem', 'admin'), member('bob', 'owner')];
    expect(ranked(all, (account) => account).map(({ account }) => account)).toEqual(['bob', 'cem', 'ada', 'zed']);
  });

  it('have read a message or not, and its author is neither', () => {
    const all = [member('ada', 'owner', 50), member('bob', 'member', 30), member('cem', 'member', 29), member('dan')];
    const { read, not } = readersOf(all, 30, 'ada');
    expect([read.map(({ account }) => account), not.map(({ account }) => account)]).toEqual([['bob'], ['cem', 'dan']]);
    expect(readBySome(all, 'ada')).toBe(30);
    expect(readBySome([member('ada', 'owner', 50)], 'ada')).toBe(0);
  });
});

describe('an id of what is made', () => {
  it('stays the same as long as the same is wanted', () => {
    let count = 0;
    const id = new SameId(() => `id${(count += 1)}`);
    expect([id.of({ title: 'a' }), id.of({ title: 'a' }), id.of({ title: 'b' }), id.of({ title: 'b' })]).toEqual(['id1', 'id1', 'id2', 'id2']);
  });
});

/** A group of so many, of whom a conversation names the first 50. */
function large(people: number): { chat: Chat; all: Member[]; asked: string[]; roster: Roster; answer: { fails: boolean } } {
  const all = Array.from({ length: people }, (_, index) => member(`p${String(index).padStart(4, '0')}`, index === 0 ? 'owner' : 'member'));
  const asked: string[] = [];
  const answer = { fails: false };
  const get = async <T>(path: string): Promise<T> => {
    asked.push(path);
    await Promise.resolve();
    if (answer.fails) throw Refused.offline();
    const from = Number(/after=(\d+)/.exec(path)?.[1] ?? 0);
    const page: MemberPage = { members: all.slice(from, from + 200), profiles: [], ...(from + 200 < all.length ? { next: String(from + 200) } : {}) };
    return page as T;
  };
  const chat = new Chat(conversation({ kind: 'named', members: all.slice(0, 50), group: group('owner', { people }) }), 'p0000', get);
  return { chat, all, asked, answer, roster: new Roster(chat, { get, know: () => undefined }) };
}

describe('the roster of a large group', () => {
  it('asks for nothing where a conversation names everybody', async () => {
    const { chat, roster, asked } = large(50);
    await roster.all();
    await roster.again();
    expect([chat.whole, asked]).toEqual([true, []]);
  });

  it('is read page by page, or to its end', async () => {
    const { chat, roster, asked } = large(450);
    expect([chat.whole, chat.everybody.length]).toEqual([false, 50]);
    await roster.more();
    expect([chat.whole, chat.everybody.length, asked.length]).toEqual([false, 200, 1]);
    await Promise.all([roster.all(), roster.all()]);
    expect([chat.whole, chat.everybody.length, asked.length]).toEqual([true, 450, 3]);
    await roster.all();
    expect(asked.length).toBe(3);
  });

  it('says nothing of what all have read until all are known', async () => {
    const { chat, roster } = large(60);
    for (const { account } of chat.members.slice(1)) chat.markRead(account, { message: 'm', stamp: 9 });
    expect([chat.readByOthers, chat.deliveredToOthers]).toEqual([0, 0]);
    await roster.all();
    expect(chat.readByOthers).toBe(0);
    for (const { account } of chat.more) chat.markRead(account, { message: 'm', stamp: 9 });
    expect([chat.readByOthers, chat.deliveredToOthers]).toEqual([9, 9]);
  });

  it('is read again where it may have changed; who is gone is gone', async () => {
    const { chat, all, roster, asked } = large(60);
    await roster.all();
    all.splice(55, 1);
    chat.update(conversation({ kind: 'named', members: all.slice(0, 50), group: group('owner', { people: 59 }) }));
    await roster.again();
    expect([chat.everybody.length, asked.length]).toEqual([59, 2]);
    expect(chat.everybody.some(({ account }) => account === 'p0055')).toBe(false);
  });

  it('of a very large group is dropped instead, and read when somebody looks', async () => {
    const { chat, roster, asked } = large(450);
    await roster.all();
    await roster.again();
    expect([chat.more.length, asked.length]).toEqual([0, 3]);
    await roster.anew();
    expect([chat.everybody.length, asked.length]).toEqual([450, 6]);
  });

  it('says that it could not be read, and goes on where it was', async () => {
    const { chat, roster, answer } = large(450);
    await roster.more();
    answer.fails = true;
    await roster.all();
    expect([roster.failed, roster.busy, chat.everybody.length]).toEqual([true, false, 200]);
    answer.fails = false;
    await roster.all();
    expect([roster.failed, chat.whole]).toEqual([false, true]);
  });
});

describe('links of a group', () => {
  const HOUR = 3_600_000;

  it('are made for a time by the clock of the server, listed while they hold, and ended', async () => {
    let links = [
      { id: 'old', by: 'ada', expires: 999 },
      { id: 'used', by: 'ada', expires: 9_999_999, uses: 0 },
      { id: 'a', by: 'ada', expires: 9_999_999, uses: 2 },
    ];
    const sent: unknown[] = [];
    const each = new GroupLinks('c 1', {
      get: async <T>(path: string) => ({ links: path === '/conversations/c%201/links' ? links : [] }) as T,
      command: async (command) => {
        sent.push(command);
        return { value: command.type === 'make_link' ? { type: 'link', token: 'secret' } : { type: 'none' } };
      },
      now: () => 1_000,
    });
    await each.load();
    expect(each.open.map(({ id }) => id)).toEqual(['a']);
    await each.make('hour', 5);
    await each.make('week', undefined);
    expect(sent).toEqual([
      { type: 'make_link', conversation: 'c 1', expires: 1_000 + HOUR, uses: 5 },
      { type: 'make_link', conversation: 'c 1', expires: 1_000 + LASTS.week },
    ]);
    expect(each.token).toBe('secret');
    const [, , last] = links;
    links = links.slice(0, 2);
    if (last) await each.revoke(last);
    expect([each.open, each.token, sent.at(-1)]).toEqual([[], undefined, { type: 'revoke_link', conversation: 'c 1', link: 'a' }]);
  });

  it('say so where they cannot be read, and are not empty then', async () => {
    const each = new GroupLinks('c', { get: () => Promise.reject(Refused.offline()), command: () => Promise.reject(Refused.offline()), now: () => 0 });
    await each.load();
    expect([each.failed, each.list]).toEqual([true, undefined]);
    await expect(each.make('day', 1)).rejects.toThrow(Refused);
  });

  it('are addresses of this page with the token behind the sign that no server sees', () => {
    expect(invitation({ origin: 'https://skein.example', pathname: '/' }, 'a_b-c')).toBe('https://skein.example/#/join/a_b-c');
  });
});
