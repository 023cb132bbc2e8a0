import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Placed } from './api/Placed.ts';
import { FakeSocket, fakeLine, message, online, refusal, settle, snapshot, bruno } from './testing.ts';

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

const event = (id: string): Placed['event'] => ({ type: 'message', message: message(id, 'bruno', 1), author: bruno, profiles: [] });

describe('a connection', () => {
  it('reads the whole state first and goes on from there by socket', async () => {
    const line = fakeLine();
    const states: string[] = [];
    line.connection.onSnapshot((state) => states.push(state.at));
    const socket = await online(line);
    expect(states).toEqual(['50']);
    expect(socket.sent[0]).toEqual({ type: 'hello', since: '50', abilities: { voice: true, video: true } });
    expect(line.connection.status).toBe('online');
    expect(line.connection.endpoint).toBe('e1');
    line.connection.stop();
  });

  it('catches up page by page after a break, without loss', async () => {
    let begun = false;
    const pages = [
      { type: 'events', events: [{ pos: '51', event: event('1') }], next: '51', more: true },
      { type: 'events', events: [{ pos: '52', event: event('2') }], next: '52', more: false },
    ];
    const line = fakeLine({
      '/sync': () => {
        if (begun) return pages.shift();
        begun = true;
        return { type: 'snapshot', snapshot: snapshot() };
      },
    });
    const heard: string[] = [];
    line.connection.onEvent(({ event: each }) => each.type === 'message' && heard.push(each.message.id));
    await online(line);
    line.socket().cut();
    expect(line.connection.status).toBe('offline');
    await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    expect(line.asked.filter((path) => path.startsWith('/sync')).slice(1)).toEqual([
      '/sync?limit=500&since=50',
      '/sync?limit=500&since=51',
    ]);
    expect(heard).toEqual(['1', '2']);
    line.socket().open();
    expect(line.socket().sent[0]).toMatchObject({ type: 'hello', since: '52' });
    line.connection.stop();
  });

  it('waits longer after each failure, with jitter, and not at all when asked', async () => {
    const line = fakeLine({ '/sync': () => new Error('gone') }, 0);
    line.connection.start();
    await settle();
    const waits = [];
    for (let round = 0; round < 6; round += 1) {
      expect(line.connection.status).toBe('offline');
      const wait = (line.connection.retryAt ?? 0) - Date.now();
      waits.push(wait);
      await vi.advanceTimersByTimeAsync(wait);
      await settle();
    }
    expect(waits).toEqual([750, 1_500, 3_000, 6_000, 12_000, 12_000]);
    const before = line.asked.length;
    line.connection.tryNow();
    await settle();
    expect(line.asked.length).toBe(before + 1);
    line.connection.stop();
  });

  it('comes back no sooner than the server says', async () => {
    const line = fakeLine({}, 0.5);
    await online(line);
    line.socket().say({ type: 'bye', why: 'restart', retry_after: 5_000 });
    expect((line.connection.retryAt ?? 0) - Date.now()).toBe(6_000);
    line.connection.stop();
  });

  it.each(['signed_out', 'blocked'] as const)('does not come back after %s', async (why) => {
    const line = fakeLine();
    const ends: string[] = [];
    line.connection.onEnd((each) => ends.push(each));
    await online(line);
    line.socket().say({ type: 'bye', why });
    expect(ends).toEqual([why]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(line.sockets).toHaveLength(1);
  });

  it('says that nobody is signed in instead of trying for ever', async () => {
    const line = fakeLine({ '/sync': () => refusal(401, 'not_signed_in') });
    const ends: string[] = [];
    line.connection.onEnd((each) => ends.push(each));
    line.connection.start();
    await settle();
    expect(ends).toEqual(['not_signed_in']);
    expect(line.sockets).toHaveLength(0);
  });

  it('leaves a silent connection, though nobody closed it', async () => {
    const line = fakeLine();
    await online(line);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(line.connection.status).toBe('offline');
    expect(line.sockets[0]?.closed).toBe(true);
    line.connection.stop();
  });

  it('stays while pings are answered, and learns the clock from the shortest round trip', async () => {
    const line = fakeLine();
    const socket = await online(line);
    socket.say({ type: 'pong', t: Date.now() - 40, now: Date.now() + 480 });
    expect(line.connection.clock.offset).toBe(500);
    expect(line.connection.clock.error).toBe(20);
    socket.say({ type: 'pong', t: Date.now() - 400, now: Date.now() + 400 });
    expect(line.connection.clock.offset).toBe(500);
    expect(line.connection.clock.samples).toBe(2);
    for (let round = 0; round < 5; round += 1) {
      await vi.advanceTimersByTimeAsync(10_000);
      socket.say({ type: 'pong', t: Date.now(), now: Date.now() });
    }
    expect(line.connection.status).toBe('online');
    line.connection.stop();
  });

  it('asks at once in a hurry whether it stands, however lately it was asked, and does not ask again while that has no answer', async () => {
    const line = fakeLine();
    const socket = await online(line);
    const pings = (): number => socket.sent.filter((frame) => frame['type'] === 'ping').length;
    socket.say({ type: 'pong', t: Date.now(), now: Date.now() });
    const before = pings();
    line.connection.hurry();
    line.connection.hurry();
    expect([line.connection.status, pings() - before]).toEqual(['online', 1]);
    await vi.advanceTimersByTimeAsync(3_000);
    line.connection.hurry();
    expect(line.connection.status).toBe('connecting');
    line.connection.stop();
  });

  it('joins answers to their commands', async () => {
    const line = fakeLine();
    const socket = await online(line);
    const first = line.connection.command({ type: 'end_other_devices' });
    const second = line.connection.command({ type: 'new_recovery_code', password: 'x' });
    const ids = socket.sent.filter((frame) => frame['type'] === 'command').map((frame) => frame['id'] as number);
    socket.say({
      type: 'error',
      id: ids.at(-1) ?? 0,
      error: { kind: 'unauthorized', code: 'wrong_password', message: 'no' },
    });
    socket.say({ type: 'done', id: ids.at(-2) ?? 0, done: { value: { type: 'none' } } });
    await expect(first).resolves.toEqual({ value: { type: 'none' } });
    await expect(second).rejects.toMatchObject({ code: 'wrong_password', kind: 'unauthorized' });
    line.connection.stop();
  });

  it('refuses what waits when the connection breaks', async () => {
    const line = fakeLine();
    await online(line);
    const waiting = line.connection.command({ type: 'end_other_devices' });
    line.socket().cut();
    await expect(waiting).rejects.toMatchObject({ code: 'offline' });
    await expect(line.connection.command({ type: 'end_other_devices' })).rejects.toMatchObject({ code: 'offline' });
    line.connection.stop();
  });

  it('keeps at most 64 commands under way', async () => {
    const line = fakeLine();
    const socket = await online(line);
    const many = Array.from({ length: 70 }, () => line.connection.command({ type: 'set_idle', idle: false }));
    const underWay = (): number => socket.sent.filter((frame) => frame['type'] === 'command').length;
    expect(underWay()).toBe(64);
    const first = socket.commands('set_idle')[0];
    socket.say({ type: 'done', id: first?.['frame'] as number, done: { value: { type: 'none' } } });
    expect(underWay()).toBe(65);
    line.connection.stop();
    const results = await Promise.allSettled(many);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('acknowledges what was applied, at most once a second', async () => {
    const line = fakeLine();
    const socket = await online(line);
    await vi.advanceTimersByTimeAsync(5);
    expect(socket.commands('ack')).toHaveLength(1);
    for (let pos = 60; pos < 70; pos += 1) socket.event(event(String(pos)), String(pos));
    await vi.advanceTimersByTimeAsync(900);
    expect(socket.commands('ack')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(socket.commands('ack').map(({ upto }) => upto)).toEqual(['50', '69']);
    line.connection.stop();
  });

  it('keeps events back while the whole state is on its way', async () => {
    let release: (value: unknown) => void = () => undefined;
    let round = 0;
    const line = fakeLine({
      '/sync': () => {
        round += 1;
        const at = `${50 * round}`;
        const state = { type: 'snapshot', snapshot: snapshot({ at }) };
        return round === 1 ? state : new Promise((resolve) => (release = () => resolve(state)));
      },
    });
    const order: string[] = [];
    line.connection.onSnapshot((state) => order.push(`state ${state.at}`));
    line.connection.onEvent(({ pos }) => order.push(`event ${pos}`));
    line.connection.start();
    await settle();
    line.socket().welcome(true);
    line.socket().event(event('1'), '101');
    await settle();
    expect(order).toEqual(['state 50']);
    release(undefined);
    await settle();
    expect(order).toEqual(['state 50', 'state 100', 'event 101']);
    line.connection.stop();
  });

  it('forgets an old attempt: what its socket still says is not heard', async () => {
    const line = fakeLine();
    const heard: string[] = [];
    line.connection.onEvent(({ pos }) => heard.push(pos ?? ''));
    const old = await online(line);
    line.connection.lost();
    line.connection.tryNow();
    await settle();
    line.socket().welcome();
    old.event(event('1'), '90');
    old.cut();
    expect(heard).toEqual([]);
    expect(line.connection.status).toBe('online');
    line.connection.stop();
  });

  it('survives a frame that is no JSON by beginning anew', async () => {
    const line = fakeLine();
    const socket = await online(line);
    socket.raw('{"type": ');
    expect(line.connection.status).toBe('offline');
    expect(socket).toBeInstanceOf(FakeSocket);
    line.connection.stop();
  });
});
