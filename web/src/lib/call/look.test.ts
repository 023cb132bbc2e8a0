import { describe, expect, it } from 'vitest';

import { History } from './history.svelte.ts';
import { Look } from './look.svelte.ts';
import { FakeLink, FakeWorld, settle } from './testing.ts';
import type { CallRecord } from '../api/CallRecord.ts';

const CHOICES = { microphone: undefined, camera: undefined, speaker: undefined, relayOnly: false };

describe('before the call', () => {
  it('opens what is wanted, and closes it when it is not', async () => {
    const world = new FakeWorld();
    const look = new Look(world.parts, CHOICES);
    await look.open({ audio: true, video: true });
    expect(world.tracks.map((track) => track.kind)).toEqual(['audio', 'video']);
    await look.want({ video: false });
    expect(world.tracks.slice(0, 2).every((track) => track.stopped)).toBe(true);
    look.end();
    expect(world.tracks.every((track) => track.stopped)).toBe(true);
  });

  it('hands its devices to the call without closing them', async () => {
    const world = new FakeWorld();
    const look = new Look(world.parts, CHOICES);
    await look.open({ audio: true, video: false });
    const captured = look.take();
    expect(captured.audio).toBe(world.tracks[0]);
    expect(world.tracks[0]?.stopped).toBe(false);
    expect(world.timers).toBe(0);
  });

  it('names each device that gives nothing', async () => {
    const world = new FakeWorld();
    world.failing.set('video', 'NotAllowedError');
    const look = new Look(world.parts, CHOICES);
    await look.open({ audio: true, video: true });
    expect(look.problems).toEqual({ camera: 'blocked' });
    expect(look.stream?.getAudioTracks()).toHaveLength(1);
    look.end();
  });

  it('lets go of what opens after the person has left', async () => {
    const world = new FakeWorld();
    const look = new Look(world.parts, CHOICES);
    const opening = look.open({ audio: true, video: false });
    look.end();
    await opening;
    expect(world.tracks.every((track) => track.stopped)).toBe(true);
  });

  it('says after five seconds that it hears nothing, and takes it back when it does', async () => {
    const world = new FakeWorld();
    let heard: (level: number) => void = () => {};
    const look = new Look({ ...world.parts, meter: (_, tell) => ((heard = tell), () => {}) }, CHOICES);
    await look.open({ audio: true, video: false });
    heard(0.1);
    await world.advance(4_999);
    expect(look.hearing).toBe('waiting');
    await world.advance(1);
    expect(look.hearing).toBe('nothing');
    heard(0.6);
    expect([look.hearing, look.level]).toEqual(['hears', 0.6]);
    look.end();
  });

  it('lists real devices only', async () => {
    const world = new FakeWorld();
    const devices = [
      { kind: 'audioinput', deviceId: 'default', label: 'Default' },
      { kind: 'audioinput', deviceId: 'm1', label: 'Headset' },
      { kind: 'videoinput', deviceId: '', label: '' },
      { kind: 'audiooutput', deviceId: 's1', label: 'Speaker' },
    ] as MediaDeviceInfo[];
    const look = new Look({ ...world.parts, devices: async () => devices }, CHOICES);
    await look.list();
    expect([look.microphones, look.cameras, look.speakers]).toEqual([[{ id: 'm1', label: 'Headset' }], [], [{ id: 's1', label: 'Speaker' }]]);
  });
});

describe('calls of the past', () => {
  const record = (key: string, started: number, more: Partial<CallRecord> = {}): CallRecord => ({ key, conversation: 'c', peer: 'bob', outgoing: false, video: false, started, outcome: 'missed', reports: 0, ...more });

  function history(pages: Record<string, unknown>): { history: History; link: FakeLink; asked: string[] } {
    const link = new FakeLink();
    const asked: string[] = [];
    const get = async <T,>(path: string): Promise<T> => {
      asked.push(path);
      if (!(path in pages)) throw new Error('not there');
      return pages[path] as T;
    };
    return { history: new History({ get, onEvent: (handler) => link.onEvent(handler) }), link, asked };
  }

  it('reads page by page, and puts what changes in its place', async () => {
    const here = history({
      '/calls?limit=50': { calls: [record('b', 20), record('a', 10)], profiles: [], next: 'p 2' },
      '/calls?limit=50&after=p%202': { calls: [record('z', 5)], profiles: [] },
    });
    await here.history.load();
    expect([here.history.rows.map((row) => row.key), here.history.more]).toEqual([['b', 'a'], true]);
    await here.history.loadMore();
    expect([here.history.rows.map((row) => row.key), here.history.more]).toEqual([['b', 'a', 'z'], false]);
    here.link.place({ event: { type: 'call_record', record: record('n', 30) } });
    here.link.place({ event: { type: 'call_record', record: record('a', 10, { outcome: 'completed' }) } });
    expect(here.history.rows.map((row) => [row.key, row.outcome])).toEqual([['n', 'missed'], ['b', 'missed'], ['a', 'completed'], ['z', 'missed']]);
  });

  it('says when it does not load', async () => {
    const here = history({});
    await here.history.load();
    await here.history.show('k');
    expect([here.history.loading, here.history.loaded, here.history.detailLoading]).toEqual(['failed', false, 'failed']);
  });

  it('shows the page that was wanted last, and renews it when its record changes', async () => {
    const detail = (key: string) => ({ record: record(key, 1), peer: { id: 'bob' }, reports: [], marks: [] });
    const here = history({ '/calls/a': detail('a'), '/calls/b': detail('b') });
    const first = here.history.show('a');
    await here.history.show('b');
    await first;
    expect(here.history.detail?.record.key).toBe('b');
    here.link.place({ event: { type: 'call_record', record: record('b', 1) } });
    await settle();
    expect(here.asked.filter((path) => path === '/calls/b')).toHaveLength(2);
    here.history.leave();
    expect(here.history.detail).toBeUndefined();
  });
});
