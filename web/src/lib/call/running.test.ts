import { describe, expect, it } from 'vitest';

import type { Command } from '../api/Command.ts';
import { Owed } from './owed.ts';
import { at, BOB, page, ring, settle, talking, VIDEO, VOICE, why } from './testing.ts';

describe('in a call', () => {
  it('mutes without a new offer and tells the other side', async () => {
    const here = await talking();
    await here.desk.current?.own.setAudio(false);
    expect(here.world.tracks[0]?.enabled).toBe(false);
    expect(here.link.step('media').at(-1)?.media).toEqual({ audio: false, video: false });
    await here.desk.current?.own.setAudio(true);
    expect(here.world.tracks[0]?.enabled).toBe(true);
  });

  it('says nothing of a short gap, names a longer one, and comes back', async () => {
    const here = await talking();
    here.world.peer.become('disconnected');
    await here.world.advance(1_199);
    expect(at(here)).toBe('live');
    await here.world.advance(601);
    expect(at(here)).toBe('reconnecting');
    expect(here.world.peer.restarts).toBe(1);
    await here.world.advance(1_000);
    here.world.peer.become('connected');
    expect(here.desk.current?.state).toMatchObject({ at: 'live', back: 1_600 });
    await here.world.advance(3_000);
    expect(here.desk.current?.state).toMatchObject({ at: 'live', back: undefined });
  });

  it('gives up after 30 s and says so', async () => {
    const here = await talking();
    here.world.peer.become('failed');
    await here.world.advance(29_999);
    expect(at(here)).toBe('reconnecting');
    await here.world.advance(1);
    expect(why(here)).toBe('lost');
    expect(here.link.step('leave')).toEqual([{ type: 'leave', why: 'no_path' }]);
  });

  it('lets the caller look for another way first', async () => {
    const here = page();
    here.link.say(ring('k1'));
    if (here.desk.ring) await here.desk.answer(here.desk.ring, VOICE);
    here.world.peer.become('connected');
    here.world.peer.become('failed');
    await here.world.advance(4_999);
    expect(here.world.peer.restarts).toBe(0);
    await here.world.advance(1);
    expect(here.world.peer.restarts).toBe(1);
  });

  it('says whose connection it is', async () => {
    const ours = await talking();
    ours.link.status = 'offline';
    ours.world.peer.become('failed');
    expect(ours.desk.current?.state).toMatchObject({ at: 'reconnecting', theirs: false });
    const theirs = await talking();
    theirs.world.peer.become('failed');
    expect(theirs.desk.current?.state).toMatchObject({ at: 'reconnecting', theirs: true });
  });

  it('takes the default device when the microphone is pulled out', async () => {
    const here = await talking();
    here.world.tracks[0]?.onended?.();
    await settle();
    expect(here.world.peer.transceivers[0]?.sender.track).toBe(here.world.tracks[1]);
    here.world.failing.set('audio', 'NotFoundError');
    here.world.tracks[1]?.onended?.();
    await settle();
    expect(here.desk.current?.own.media.audio).toBe(false);
    expect(here.desk.current?.own.trouble).toEqual({ microphone: 'none' });
  });

  it('keeps the phases of echo', async () => {
    const here = await talking();
    here.link.say({ type: 'signal', key: 'key1', from: 'e', data: '{"type":"phase","phase":"listening","lasts":10000}' });
    expect(here.desk.current?.phase).toEqual({ name: 'listening', until: here.world.time + 10_000 });
    here.link.say({ type: 'signal', key: 'key1', from: 'e', data: '{"type":"phase","phase":"dancing"}' });
    expect(here.desk.current?.phase?.name).toBe('listening');
  });

  it('tells echo what it knows of the microphone once all was heard', async () => {
    const here = await talking();
    const signals = (): unknown[] =>
      here.link.commands.flatMap((command) => (command.type === 'call' && command.step.type === 'signal' ? [JSON.parse(command.step.data)] : [])).filter(({ type }) => type === 'source');
    here.link.say({ type: 'signal', key: 'key1', from: 'e', data: '{"type":"phase","phase":"playing","lasts":10000}' });
    expect(signals()).toEqual([]);
    await here.desk.current?.own.setAudio(false);
    here.link.say({ type: 'signal', key: 'key1', from: 'e', data: '{"type":"phase","phase":"playing","lasts":10000}' });
    expect(signals()).toEqual([{ type: 'source', muted: true, monitor: false, one_sided: false }]);
  });

  it('reports when the other side hangs up, by the clock of the server', async () => {
    const here = await talking();
    const answered = here.world.time;
    await here.world.advance(5_000);
    here.link.say({ type: 'ended', key: 'key1', outcome: 'completed' });
    expect(why(here)).toBe('far_hung_up');
    await settle();
    const report = here.link.reports[0];
    expect(report).toMatchObject({ format: 1, side: 'caller', ended: 'far_hang_up', clock: { offset: 1_000, error: 3 } });
    expect(report?.marks.find((mark) => mark.name === 'answer')?.at).toBe(answered + 1_000);
    expect(report?.marks.map((mark) => mark.name)).toContain('ice_connected');
    expect(here.desk.current?.state).toMatchObject({ at: 'ended', lasted: 5_000 });
    await here.world.advance(60_000);
    expect(here.world.timers).toBe(0);
    expect(here.link.step('leave')).toHaveLength(0);
  });

  it('says by the one way left that the page goes, with the report', async () => {
    const here = await talking();
    here.world.closePage();
    expect(here.world.farewells).toMatchObject([
      { type: 'call', key: 'key1', step: { type: 'away', endpoint: 'e1' } },
      { type: 'report_call', key: 'key1' },
    ]);
    expect(here.world.tracks.every((track) => track.stopped)).toBe(true);
    here.world.closePage();
    expect(here.world.farewells).toHaveLength(2);
  });

  it('leaves a ring to the other devices when the page closes', () => {
    const here = page();
    here.link.say(ring('k1'));
    here.world.closePage();
    expect(here.world.farewells).toEqual([]);
  });

  it('ignores a second answer, events of other calls, and everything after the end', async () => {
    const here = await talking();
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e8', media: VIDEO, answer: 'second' });
    here.link.say({ type: 'ended', key: 'other', outcome: 'completed' });
    await settle();
    expect(at(here)).toBe('live');
    expect(here.world.peer.remoteDescription?.sdp).toBe('their answer');
    here.desk.current?.hangUp();
    here.link.say({ type: 'media', key: 'key1', from: 'e', media: VIDEO });
    here.link.say({ type: 'ended', key: 'key1', outcome: 'lost' });
    expect(why(here)).toBe('hung_up');
  });
});

describe('what the server has to hear', () => {
  it('says goodbye and reports once the connection is back', async () => {
    const here = await talking();
    here.link.answers.set('leave', { refused: 'offline' });
    here.desk.current?.hangUp();
    await settle();
    expect(why(here)).toBe('hung_up');
    expect(here.link.reports).toHaveLength(0);
    here.link.answers.delete('leave');
    here.desk.reattached();
    await settle();
    const types = here.link.commands.slice(-2).map((each) => (each.type === 'call' ? each.step.type : each.type));
    expect(types).toEqual(['leave', 'report_call']);
    expect(here.link.reports).toHaveLength(1);
    here.desk.reattached();
    await settle();
    expect(here.link.reports).toHaveLength(1);
  });

  it('goes on after a refusal, and forgets with the one who signs out', async () => {
    const here = await talking();
    here.link.answers.set('leave', { refused: 'call_gone' });
    here.link.answers.set('report_call', { refused: 'offline' });
    here.desk.current?.hangUp();
    await settle();
    expect(here.link.reports).toHaveLength(1);
    here.desk.clear();
    here.desk.reattached();
    await settle();
    expect(here.link.reports).toHaveLength(1);
  });

  it('goes by the farewell of a page that closes', async () => {
    const here = await talking();
    here.link.answers.set('leave', { refused: 'offline' });
    here.desk.current?.hangUp();
    await settle();
    here.world.closePage();
    expect(here.world.farewells.map((each) => each.type)).toEqual(['call', 'report_call']);
  });

  it.each(['too_many', 'unavailable'] as const)('says it again when the server can take it (%s), after the time it asks for', async (kind) => {
    const sent: Command[] = [];
    const timers: { ms: number; run: () => void }[] = [];
    let refuse = true;
    const owed = new Owed(
      {
        command: async (command) => {
          sent.push(command);
          if (refuse) throw Object.assign(new Error(kind), { kind, code: kind, retry_after: 2_000 });
          return { value: { type: 'none' } };
        },
      },
      (ms, run) => {
        timers.push({ ms, run });
        return () => undefined;
      },
    );
    owed.step('k1', { type: 'leave', why: 'hang_up' });
    await settle();
    owed.say({ type: 'report_call', key: 'k1', report: '' });
    await settle();
    expect(sent).toHaveLength(1);
    expect(timers.map(({ ms }) => ms)).toEqual([2_000]);
    refuse = false;
    timers[0]?.run();
    await settle();
    expect(sent.map(({ type }) => type)).toEqual(['call', 'call', 'report_call']);
    expect(owed.take()).toEqual([]);
  });

  it('keeps a bounded number', async () => {
    const sent: Command[] = [];
    const owed = new Owed({
      command: async (command) => {
        sent.push(command);
        throw Object.assign(new Error('offline'), { code: 'offline' });
      },
    }, () => () => undefined);
    for (let number = 0; number < 40; number += 1) owed.say({ type: 'report_call', key: `k${number}`, report: '' });
    await settle();
    const left = owed.take();
    expect(left).toHaveLength(16);
    expect(left.at(-1)).toMatchObject({ key: 'k39' });
    expect(sent.length).toBeGreaterThan(0);
  });
});

describe('before the call', () => {
  it('shows the screen the first time, and begins with what was opened there', async () => {
    const here = page();
    here.world.kept.clear();
    await here.desk.start(BOB, VIDEO);
    expect(here.desk.before).toMatchObject({ peer: 'bob', media: VIDEO, problems: {} });
    expect(here.link.steps).toEqual([]);
    await here.desk.go(VOICE, { audio: undefined, video: undefined, problems: {} });
    await settle();
    expect(here.link.steps).toEqual(['prepare', 'invite']);
    expect(here.world.kept.get('call.seen')).toBe('yes');
  });

  it('shows it again when the chosen device is gone', async () => {
    const here = page({ microphone: 'headset' });
    await here.desk.start(BOB, VOICE);
    expect(here.desk.before).toBeDefined();
    here.desk.notNow();
    here.world.deviceIds = ['headset', 'cam'];
    await here.desk.start(BOB, VOICE);
    await settle();
    expect(here.desk.before).toBeUndefined();
    expect(here.link.steps).toContain('invite');
  });

  it('needs no look for echo, which is one itself', async () => {
    const here = page();
    here.world.kept.clear();
    await here.desk.start({ account: 'echo' }, VOICE);
    await settle();
    expect(here.link.steps).toEqual(['prepare', 'invite']);
  });

  it('opens when a device gives nothing, and says which', async () => {
    const here = page();
    here.world.failing.set('video', 'NotReadableError');
    await here.desk.start(BOB, VIDEO);
    await settle();
    expect(here.desk.before).toMatchObject({ problems: { camera: 'busy' }, does: { call: BOB } });
    expect(here.desk.current).toBeUndefined();
    expect(here.link.steps).toEqual([]);
    expect(here.world.tracks.every((track) => track.stopped)).toBe(true);
  });

  it('does nothing while a call is on', async () => {
    const here = await talking();
    await here.desk.start({ account: 'carla' }, VOICE);
    expect(here.desk.current?.peer).toBe('bob');
    expect(here.link.steps.filter((step) => step === 'invite')).toHaveLength(1);
  });
});
