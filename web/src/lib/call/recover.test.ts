import { describe, expect, it } from 'vitest';

import { at, BOB, calling, page, type Page, ring, settle, talking, VIDEO, VOICE, why } from './testing.ts';

const away = (left: boolean, expires_in = 60_000) => ({ type: 'away', key: 'key1', left, expires_in }) as const;
const joined = (still_connected: boolean) => ({ type: 'joined', key: 'key1', from: 'e8', media: VOICE, still_connected }) as const;
const signal = (data: object) => ({ type: 'signal', key: 'key1', from: 'e8', data: JSON.stringify(data) }) as const;
const described = (here: Page): string[] =>
  here.link.step('signal').flatMap(({ data }) => {
    const said = JSON.parse(data) as { type: string; kind?: string };
    return said.type === 'description' ? [String(said.kind)] : [];
  });

describe('a way that is lost', () => {
  it('is looked for again and again, with the connection to the server looked after', async () => {
    const here = await talking();
    here.world.peer.become('failed');
    expect([at(here), here.world.peer.restarts, here.link.hurries]).toEqual(['reconnecting', 1, 1]);
    await here.world.advance(9_000);
    // The first offer has no answer: it is repeated, not made anew.
    expect(here.world.peer.restarts).toBe(1);
    expect(described(here).length).toBeGreaterThanOrEqual(3);
    expect(here.link.hurries).toBeGreaterThan(5);
  });

  it('asks at the first doubt whether the connection to the server stands, and again at once where it broke', async () => {
    const here = await talking();
    here.world.peer.packet(1);
    await here.world.advance(1_700);
    expect([at(here), here.link.hurries]).toEqual(['live', 1]);
    here.link.status = 'offline';
    await here.world.advance(300);
    expect([at(here), here.link.hurries]).toEqual(['live', 2]);
  });

  it('is looked for as soon as the server is there again, where nothing was heard as its connection broke', async () => {
    const here = await talking();
    here.world.peer.packet(1);
    await here.world.advance(1_700);
    expect(here.world.peer.restarts).toBe(0);
    here.desk.reattached();
    await settle();
    expect([at(here), here.world.peer.restarts]).toEqual(['reconnecting', 1]);
  });

  it('is given up after half a minute, but not while the other one is away', async () => {
    const here = await talking();
    here.link.say(away(false));
    expect(at(here)).toBe('live');
    here.world.peer.become('failed');
    await here.world.advance(59_000);
    expect(here.desk.current?.state).toMatchObject({ at: 'reconnecting', until: expect.any(Number) });
    here.link.say(joined(true));
    expect(here.desk.current?.state).toMatchObject({ until: undefined });
    await here.world.advance(1);
    expect(why(here)).toBe('lost');
  });

  it('begins afresh when the network of this device changed', async () => {
    const here = await talking();
    here.world.changeNetwork();
    await settle();
    expect(here.world.peer.restarts).toBe(1);
    // The offer waits, and holds the addresses of a network that is gone again.
    here.world.changeNetwork();
    await settle();
    expect(here.world.peer.restarts).toBe(2);
    expect(here.world.peer.rollbacks).toBe(1);
  });

  it('is found by the ear before the browser says so, and so is the one that comes', async () => {
    const here = await talking();
    here.world.peer.packet(1);
    await here.world.advance(100);
    await here.world.advance(1_900);
    expect(at(here)).toBe('live');
    await here.world.advance(600);
    expect(at(here)).toBe('reconnecting');
    here.world.peer.packet(2);
    await here.world.advance(600);
    expect(here.desk.current?.state).toMatchObject({ at: 'live', back: expect.any(Number) });
  });

  it('is not thought lost because the other one has no microphone', async () => {
    const here = await talking();
    here.world.peer.packet(1);
    await here.world.advance(100);
    here.link.say({ type: 'media', key: 'key1', from: 'e8', media: { audio: false, video: false } });
    await here.world.advance(10_000);
    expect(at(here)).toBe('live');
  });
});

describe('a server that starts anew', () => {
  it('is told that this end is still in the call, and names its other relays', async () => {
    const here = await talking();
    const servers = [{ urls: ['turn:new'], username: 'u', credential: 'c' }];
    here.link.answers.set('join', { type: 'ice', ice: { servers, relay_only: false } });
    here.desk.reattached();
    await settle();
    expect(here.link.step('join')).toEqual([{ type: 'join', media: VOICE, still_connected: true }]);
    expect([at(here), here.world.peer.restarts]).toEqual(['live', 0]);
    expect(here.world.peer.configured?.iceServers).toEqual(servers);
  });

  it('hears an offer again that was on its way', async () => {
    const here = await talking();
    await here.desk.current?.own.screen.start();
    await settle();
    expect(described(here)).toEqual(['offer']);
    here.desk.reattached();
    await settle();
    expect(described(here)).toEqual(['offer', 'offer']);
    here.link.say(signal({ type: 'description', kind: 'answer', sdp: 'their answer' }));
    await settle();
    here.desk.reattached();
    await settle();
    expect(described(here)).toHaveLength(2);
  });

  it('has another way looked for at once if the old one went with it', async () => {
    const here = await talking();
    here.world.peer.become('failed');
    here.desk.reattached();
    await settle();
    expect([here.world.peer.restarts, here.world.peer.rollbacks]).toEqual([2, 1]);
  });

  it.each(['call_gone', 'not_found', 'already_answered'])('that does not know the call (%s) has lost it', async (code) => {
    const here = await talking();
    here.link.answers.set('join', { refused: code });
    here.desk.reattached();
    await settle();
    expect(why(here)).toBe('lost');
  });

  it('is asked to ring again, with what was found since', async () => {
    const here = await calling();
    here.link.say({ type: 'ringing', key: 'key1', devices: 1 });
    here.desk.reattached();
    await settle();
    expect(here.link.step('invite')).toHaveLength(2);
    expect(at(here)).toBe('ringing');
  });

  it('takes an answer as soon as the caller is back', async () => {
    const here = page();
    here.link.say(ring('k1'));
    here.link.answers.set('accept', { refused: 'call_waits' });
    if (here.desk.ring) void here.desk.answer(here.desk.ring, VOICE);
    await here.world.advance(1_100);
    expect([at(here), here.link.step('accept').length]).toEqual(['connecting', 3]);
    here.link.answers.delete('accept');
    await here.world.advance(500);
    expect(here.link.step('accept')).toHaveLength(4);
    await here.world.advance(2_000);
    expect(here.link.step('accept')).toHaveLength(4);
  });

  it('rings again here with an offer that leads somewhere', async () => {
    const here = page();
    here.link.say(ring('k1'));
    here.link.say(ring('k1', { offer: 'offer with candidates' }));
    expect(here.link.step('ringing')).toHaveLength(2);
    if (here.desk.ring) await here.desk.answer(here.desk.ring, VOICE);
    expect(here.world.peer.remoteDescription?.sdp).toBe('offer with candidates');
  });
});

describe('the other end', () => {
  it('is waited for when its page goes, until the server gives it up', async () => {
    const here = await talking();
    here.link.say(away(true));
    expect(here.desk.current?.state).toMatchObject({ at: 'reconnecting', until: here.world.time + 60_000 });
    await here.world.advance(64_000);
    expect(at(here)).toBe('reconnecting');
    here.link.say({ type: 'ended', key: 'key1', outcome: 'lost' });
    expect(why(here)).toBe('lost');
  });

  it('comes back with a new connection, and gets one', async () => {
    const here = await talking();
    const first = here.world.peer;
    here.link.say(away(true));
    here.link.say(joined(false));
    expect(first.closed).toBe(true);
    here.link.say(signal({ type: 'candidate', candidate: 'early', mid: '0' }));
    here.link.say(signal({ type: 'description', kind: 'offer', sdp: 'their new offer' }));
    await settle();
    const second = here.world.peer;
    expect(second).not.toBe(first);
    expect(described(here)).toEqual(['answer']);
    expect(second.added).toHaveLength(1);
    expect(second.transceivers[0]?.sender.track).toBe(here.world.tracks[0]);
    second.become('connected');
    await settle();
    expect(here.desk.current?.state).toMatchObject({ at: 'live', since: 10_000 });
    expect(here.link.step('connected')).toHaveLength(2);
  });

  it('hears an offer again that it was not there for', async () => {
    const here = await resumed();
    here.link.say(joined(true));
    await settle();
    expect(described(here)).toEqual(['offer', 'offer']);
  });
});

/** A page that was loaded again in the middle of a call, and went back into it. */
async function resumed(): Promise<Page> {
  const here = page({ kept: JSON.stringify({ key: 'key1', media: VIDEO, left: 8_000 }) });
  here.link.pages.set('/calls?limit=5', { calls: [running] });
  here.link.answers.set('join', { type: 'ice', ice: { servers: [], relay_only: true } });
  here.desk.reattached();
  await settle();
  await here.desk.elsewhere?.comeBack();
  await settle();
  return here;
}

const running = {
  key: 'key1', conversation: 'c1', peer: 'bob', outgoing: false, video: false, started: 3_000, answered: 4_000, outcome: 'open' as const, reports: 0,
};

describe('a page that is loaded again', () => {
  it('offers the way back for a minute, and ends nothing by itself', async () => {
    const here = page({ kept: JSON.stringify({ key: 'key1', media: VIDEO, left: 8_000 }) });
    here.link.pages.set('/calls?limit=5', { calls: [running] });
    here.desk.reattached();
    await settle();
    expect(here.desk.elsewhere?.offered).toMatchObject({ key: 'key1', peer: 'bob', until: here.world.time + 58_000 });
    expect(here.link.steps).toEqual([]);
    here.link.pages.set('/calls?limit=5', { calls: [{ ...running, ended: 9_000, outcome: 'lost' }] });
    await here.world.advance(58_000);
    expect(here.desk.elsewhere?.offered).toBeUndefined();
  });

  it('goes back with a connection of its own, and the time that was talked goes on', async () => {
    const here = await resumed();
    expect(here.link.step('join')).toEqual([{ type: 'join', media: VIDEO, still_connected: false }]);
    expect([at(here), here.desk.elsewhere?.offered]).toEqual(['connecting', undefined]);
    expect(here.world.peer.config.iceTransportPolicy).toBe('relay');
    expect(described(here)).toEqual(['offer']);
    here.link.say(signal({ type: 'description', kind: 'answer', sdp: 'to what was before', offer: -1 }));
    await settle();
    expect(here.world.peer.remoteDescription).toBeNull();
    here.link.say(signal({ type: 'description', kind: 'answer', sdp: 'their answer' }));
    await settle();
    here.world.peer.become('connected');
    expect(here.desk.current?.state).toMatchObject({ at: 'live', since: 3_000 });
    here.desk.current?.hangUp();
    await settle();
    expect(here.link.step('leave')).toHaveLength(1);
    expect(here.world.tab.has('call.here')).toBe(false);
  });

  it('does not go back without the microphone when that is denied: the call stays where it is, and it may be tried again', async () => {
    const here = page({ kept: JSON.stringify({ key: 'key1', media: VIDEO, left: 8_000 }) });
    here.link.pages.set('/calls?limit=5', { calls: [running] });
    here.link.answers.set('join', { type: 'ice', ice: { servers: [], relay_only: true } });
    here.desk.reattached();
    await settle();
    here.world.failing.set('audio', 'NotAllowedError');
    await here.desk.elsewhere?.comeBack();
    await settle();
    expect(here.link.steps).toEqual([]);
    expect(here.desk.elsewhere).toMatchObject({ offered: { key: 'key1' }, problem: 'blocked' });
    expect(here.world.tracks.map(({ stopped }) => stopped)).toEqual([true]); // the camera was opened
    here.world.failing.clear();
    await here.desk.elsewhere?.comeBack();
    await settle();
    expect(here.link.steps).toContain('join');
    expect(here.desk.elsewhere?.problem).toBeUndefined();
  });

  it('goes back to listen where there is no microphone', async () => {
    const here = page({ kept: JSON.stringify({ key: 'key1', media: VOICE, left: 8_000 }) });
    here.link.pages.set('/calls?limit=5', { calls: [running] });
    here.desk.reattached();
    await settle();
    here.world.failing.set('audio', 'NotFoundError');
    await here.desk.elsewhere?.comeBack();
    await settle();
    expect(here.link.steps).toContain('join');
  });

  it('may leave the call instead', async () => {
    const here = page({ kept: JSON.stringify({ key: 'key1', media: VOICE }) });
    here.link.pages.set('/calls?limit=5', { calls: [running] });
    here.desk.reattached();
    await settle();
    here.desk.elsewhere?.leave();
    await settle();
    expect(here.link.step('leave')).toEqual([{ type: 'leave', why: 'hang_up' }]);
    expect(here.desk.elsewhere?.offered).toBeUndefined();
  });

  it('ends nothing when it goes without a connection to the server, and offers the way back', async () => {
    const here = await talking();
    here.link.endpoint = undefined; // the server has just started anew
    here.world.closePage();
    expect(here.world.farewells.map((command) => command.type)).toEqual(['report_call']);
    expect(JSON.parse(here.world.tab.get('call.here') ?? '{}')).toMatchObject({ key: 'key1', left: here.world.time });
  });

  it('forgets what is broken or another call', async () => {
    for (const kept of ['{', '{"key":7}', JSON.stringify({ key: 'other', media: VOICE })]) {
      const here = page({ kept });
      here.link.pages.set('/calls?limit=5', { calls: [running] });
      here.desk.reattached();
      await settle();
      expect(here.desk.elsewhere?.offered).toMatchObject({ until: undefined });
    }
  });
});

describe('a second tab', () => {
  it('sees that the call runs elsewhere, even as a copy of the tab it runs in', async () => {
    const here = page({ kept: JSON.stringify({ key: 'key1', media: VOICE }) });
    here.world.heldElsewhere.add('call.key1');
    here.link.pages.set('/calls?limit=5', { calls: [running] });
    here.desk.reattached();
    await settle();
    expect(here.desk.elsewhere?.offered).toMatchObject({ key: 'key1', until: undefined });
    here.link.place({ event: { type: 'call_record', record: { ...running, ended: 9_000, outcome: 'completed' } } });
    expect(here.desk.elsewhere?.offered).toBeUndefined();
    here.world.closePage();
    expect([here.link.steps, here.world.farewells]).toEqual([[], []]);
  });

  it('hears of a call that begins elsewhere, but not of its own', async () => {
    const other = page();
    other.link.place({ event: { type: 'call_record', record: running } });
    await settle();
    expect(other.desk.elsewhere?.offered).toMatchObject({ key: 'key1' });
    const own = await talking();
    own.link.place({ event: { type: 'call_record', record: { ...running, outgoing: true } } });
    own.desk.current?.hangUp();
    own.desk.dismiss();
    await settle();
    expect(own.desk.elsewhere?.offered).toBeUndefined();
  });

  it('takes the call over, and the first one stops without a word to the other side', async () => {
    const here = await talking();
    here.link.say({ type: 'elsewhere', key: 'key1' });
    await settle();
    expect(here.desk.current).toBeUndefined();
    expect(here.desk.notice).toMatchObject({ why: 'moved' });
    expect(here.world.tracks.every((track) => track.stopped)).toBe(true);
    expect([here.link.step('leave'), here.link.reports]).toEqual([[], []]);
  });
});

describe('every phase before people talk', () => {
  const missing = (here: Page) => here.desk.current?.phases.missing;

  it('says what is missing: the microphone, then gives up', async () => {
    const here = page();
    here.world.parts.capture = () => new Promise(() => {});
    void here.desk.start(BOB, VOICE);
    await here.world.advance(2_999);
    expect(missing(here)).toBeUndefined();
    await here.world.advance(1);
    expect(missing(here)).toBe('devices');
    await here.world.advance(57_000);
    expect(why(here)).toBe('no_device');
    expect(here.link.steps).toEqual([]);
  });

  it('says what is missing: the server', async () => {
    const here = page();
    here.link.answers.set('prepare', 'never');
    await here.desk.start(BOB, VOICE);
    await here.world.advance(3_000);
    expect(missing(here)).toBe('server');
    await here.world.advance(12_000);
    expect(here.desk.current?.state).toMatchObject({ at: 'ended', ending: { why: 'refused', code: 'offline' } });
  });

  it('says what is missing: addresses, a way, the seal, the sound', async () => {
    const here = await calling();
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'their answer' });
    await here.world.advance(3_500);
    expect(missing(here)).toBe('addresses');
    here.link.say(signal({ type: 'candidate', candidate: 'one', mid: '0' }));
    await here.world.advance(3_500);
    expect(missing(here)).toBe('path');
    here.world.peer.iceConnectionState = 'connected';
    await here.world.advance(3_500);
    expect(missing(here)).toBe('seal');
    here.world.peer.become('connected');
    expect(missing(here)).toBeUndefined();
    await here.world.advance(5_000);
    expect(missing(here)).toBe('sound');
    here.world.peer.transceivers[0]?.receiver.track.onunmute?.();
    expect(missing(here)).toBeUndefined();
  });

  it.each([
    ['the browser says so', (here: Page) => here.world.peer.transceivers[0]?.receiver.track.onunmute?.()],
    ['a packet is seen', (here: Page) => here.world.peer.packet(1)],
    ['the statistics count it', (here: Page) => here.world.peer.stats.set('IA', { type: 'inbound-rtp', kind: 'audio', packetsReceived: 3 })],
  ])('misses no sound once it was there: %s', async (_, comes) => {
    for (const before of [true, false]) {
      const here = await calling();
      here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'their answer' });
      await settle();
      // The first packet may be seen before the browser says that the connection stands.
      if (before) comes(here);
      here.world.peer.become('connected');
      if (!before) {
        await here.world.advance(5_000);
        expect(missing(here)).toBe('sound');
        comes(here);
      }
      await here.world.advance(10_000);
      expect(missing(here)).toBeUndefined();
    }
  });

  it('misses no sound of who sends none', async () => {
    const here = await calling();
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'their answer' });
    await settle();
    here.world.peer.become('connected');
    await here.world.advance(5_000);
    expect(missing(here)).toBe('sound');
    here.link.say({ type: 'media', key: 'key1', from: 'e9', media: { audio: false, video: false } });
    expect(missing(here)).toBeUndefined();
  });

  it('ends with what was missing', async () => {
    const here = await calling();
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'their answer' });
    await here.world.advance(20_000);
    expect(here.desk.current?.state).toMatchObject({ at: 'ended', ending: { why: 'no_path', missing: 'addresses' } });
    expect(here.world.timers).toBe(0);
  });
});
