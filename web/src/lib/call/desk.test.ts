import { describe, expect, it } from 'vitest';

import { at, BOB, calling, page, ring, settle, talking, VIDEO, VOICE, why } from './testing.ts';

describe('calling somebody', () => {
  it('prepares, invites, rings, connects and says so once', async () => {
    const here = await calling(VIDEO);
    expect(here.link.steps).toEqual(['prepare', 'invite']);
    expect(here.link.step('invite')[0]).toMatchObject({ to: BOB, media: VIDEO, offer: 'offer 1', relay_only: false });
    here.link.say({ type: 'ringing', key: 'key1', devices: 2 });
    expect(here.desk.current?.state).toEqual({ at: 'ringing', devices: 2 });
    expect(here.desk.tune).toBe('ringback');
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'their answer' });
    expect(at(here)).toBe('connecting');
    expect(here.desk.tune).toBeUndefined();
    await settle();
    expect(here.world.peer.remoteDescription).toEqual({ type: 'answer', sdp: 'their answer' });
    here.world.peer.become('connected');
    here.world.peer.become('connected');
    expect(at(here)).toBe('live');
    expect(here.link.steps.filter((step) => step === 'connected')).toHaveLength(1);
    expect(here.desk.current?.theirs).toEqual(VOICE);
  });

  it('offers both kinds of media from the beginning, so that a camera can come later', async () => {
    const here = await talking(VOICE);
    expect(here.world.peer.transceivers.map((one) => [one.receiver.track.kind, one.direction])).toEqual([
      ['audio', 'sendrecv'],
      ['video', 'sendrecv'],
    ]);
    await here.desk.current?.own.setVideo(true);
    expect(here.world.peer.transceivers[1]?.sender.track?.kind).toBe('video');
    expect(here.link.step('media').at(-1)?.media).toEqual(VIDEO);
    await here.desk.current?.own.setVideo(false);
    expect(here.world.peer.transceivers[1]?.sender.track).toBeNull();
    expect(here.world.tracks.find((track) => track.kind === 'video')?.stopped).toBe(true);
    expect(here.link.step('media').at(-1)?.media).toEqual(VOICE);
    expect(here.link.steps.filter((step) => step === 'invite')).toHaveLength(1);
  });

  it('keeps its own candidates until the other side has answered, in order and bounded', async () => {
    const here = await calling();
    for (let i = 0; i < 100; i += 1) here.world.peer.find(`candidate:${i}`);
    expect(here.link.step('signal')).toHaveLength(0);
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'a' });
    await settle();
    const sent = here.link.step('signal').map((step) => JSON.parse(step.data).candidate);
    expect(sent).toEqual(Array.from({ length: 64 }, (_, i) => `candidate:${i}`));
    here.world.peer.find('candidate:late');
    here.world.peer.find(null);
    await settle();
    expect(here.link.step('signal').slice(64).map((step) => JSON.parse(step.data))).toEqual([
      { type: 'candidate', candidate: 'candidate:late', mid: '0', ufrag: 'u1' },
      { type: 'end_of_candidates' },
    ]);
  });

  it('uses only relays when the person or the server wants it so', async () => {
    const own = await calling(VOICE, { relayOnly: true });
    expect(own.world.peer.config.iceTransportPolicy).toBe('relay');
    expect(own.link.step('prepare')[0]?.relay_only).toBe(true);
    const theirs = page();
    theirs.link.answers.set('prepare', { type: 'ice', ice: { servers: [{ urls: ['turn:x'], username: 'u', credential: 'p' }], relay_only: true } });
    await theirs.desk.start(BOB, VOICE);
    await settle();
    expect(theirs.world.peer.config).toMatchObject({
      iceTransportPolicy: 'relay',
      iceServers: [{ urls: ['turn:x'], username: 'u', credential: 'p' }],
    });
  });

  it('cancels before and after the invitation', async () => {
    const before = page();
    before.link.answers.set('prepare', 'never');
    await before.desk.start(BOB, VOICE);
    await settle();
    before.desk.current?.hangUp();
    await before.world.advance(60_000);
    expect(before.link.steps).toEqual(['prepare']);
    expect(before.desk.current).toBeUndefined();
    expect(before.world.tracks.every((track) => track.stopped)).toBe(true);

    const after = await calling();
    after.desk.current?.hangUp();
    await settle();
    expect(after.link.step('leave')).toEqual([{ type: 'leave', why: 'hang_up' }]);
    expect(after.world.peer.closed).toBe(true);
    expect(after.link.reports).toHaveLength(0);
    await after.world.advance(60_000);
    expect(after.world.timers).toBe(0);
  });

  it.each([
    ['not_answered', 'not_answered'],
    ['declined', 'declined'],
    ['lost', 'lost'],
  ] as const)('shows what the server says before an answer: %s', async (outcome, shown) => {
    const here = await calling();
    here.link.say({ type: 'ended', key: 'key1', outcome });
    expect(why(here) ?? 'put away').toBe(outcome === 'declined' ? 'put away' : shown);
  });

  it('says that nobody answered when no device of theirs is there', async () => {
    const here = page();
    here.link.answers.set('invite', { refused: 'nobody_there' });
    await here.desk.start(BOB, VOICE);
    await settle();
    expect(why(here)).toBe('not_answered');
  });

  it('shows a refusal by its code', async () => {
    const here = page();
    here.link.answers.set('prepare', { refused: 'not_contacts' });
    await here.desk.start(BOB, VOICE);
    await settle();
    expect(here.desk.current?.state).toMatchObject({ at: 'ended', ending: { why: 'refused', code: 'not_contacts' } });
  });

  it('ends by itself when the server says nothing any more', async () => {
    const here = await calling();
    await here.world.advance(39_999);
    expect(at(here)).toBe('ringing');
    await here.world.advance(1);
    expect(why(here)).toBe('not_answered');
  });

  it('ends with "no path" 20 s after the answer, and reports it', async () => {
    const here = await calling();
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'a' });
    await here.world.advance(19_999);
    expect(at(here)).toBe('connecting');
    await here.world.advance(1_000);
    expect(why(here)).toBe('no_path');
    expect(here.link.step('leave')).toEqual([{ type: 'leave', why: 'no_path' }]);
    expect(here.link.reports[0]).toMatchObject({ format: 1, side: 'caller', ended: 'no_path' });
  });

  it('tells a failed seal from a missing path', async () => {
    const here = await calling();
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'a' });
    await settle();
    here.world.peer.iceConnectionState = 'connected';
    here.world.peer.connectionState = 'failed';
    here.world.peer.onconnectionstatechange?.();
    await settle();
    expect(why(here)).toBe('no_seal');
  });

  it('ends when an answer cannot be understood', async () => {
    const here = await calling();
    here.world.peer.refuse = true;
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'rubbish' });
    await settle();
    expect(why(here)).toBe('no_seal');
    expect(here.link.step('leave')).toEqual([{ type: 'leave', why: 'no_seal' }]);
  });

  it('learns from the durable record what the lost event said', async () => {
    const here = await calling();
    here.link.place({
      pos: '9',
      event: {
        type: 'call_record',
        record: { key: 'key1', conversation: 'c1', peer: 'bob', outgoing: true, video: false, started: 1, ended: 2, outcome: 'not_answered', reports: 0 },
      },
    });
    expect(why(here)).toBe('not_answered');
  });

  it('takes its place again when the connection was away while it rang', async () => {
    const here = await calling();
    here.desk.reattached();
    await settle();
    expect(here.link.steps).toEqual(['prepare', 'invite', 'invite']);
    expect(at(here)).toBe('ringing');
  });

  it('ends when the server knows nothing of it any more', async () => {
    const here = await calling();
    here.link.answers.set('invite', { refused: 'call_gone' });
    here.desk.reattached();
    await settle();
    expect(why(here)).toBe('lost');
  });
});

describe('being called', () => {
  it('rings with sound, says so, and answers with the wished media', async () => {
    const here = page();
    here.link.say(ring('k1', { media: VIDEO }));
    await settle();
    expect(here.link.steps).toEqual(['ringing']);
    expect(here.desk.tune).toBe('ring');
    const call = here.desk.ring;
    if (!call) throw new Error('it does not ring');
    await here.desk.answer(call, VIDEO);
    expect(here.link.step('accept')).toEqual([{ type: 'accept', media: VIDEO, answer: 'answer to offer of k1' }]);
    expect(here.desk.tune).toBeUndefined();
    expect(here.world.peer.transceivers.map((one) => [one.direction, one.sender.track?.kind])).toEqual([
      ['sendrecv', 'audio'],
      ['sendrecv', 'video'],
    ]);
    here.world.peer.become('connected');
    expect(at(here)).toBe('live');
  });

  it('makes no sound when it shall be silent, and none after it was made quiet', async () => {
    const here = page();
    here.link.say(ring('k1', { silent: true }));
    expect(here.desk.ring).toBeDefined();
    expect(here.desk.tune).toBeUndefined();
    here.link.say({ type: 'ring_stopped', key: 'k1', why: 'cancelled' });
    here.link.say(ring('k2'));
    expect(here.desk.tune).toBe('ring');
    if (here.desk.ring) here.desk.quieten(here.desk.ring);
    expect(here.desk.ring?.state.at).toBe('incoming');
    expect(here.desk.tune).toBeUndefined();
  });

  it('answers without the camera when asked so', async () => {
    const here = page();
    here.link.say(ring('k1', { media: VIDEO }));
    if (here.desk.ring) await here.desk.answer(here.desk.ring, VOICE);
    expect(here.link.step('accept')[0]?.media).toEqual(VOICE);
    expect(here.world.peer.transceivers[1]?.sender.track).toBeNull();
    expect(here.desk.current?.theirs).toEqual(VIDEO);
  });

  it.each([
    ['answered_elsewhere', true],
    ['declined_elsewhere', true],
    ['cancelled', false],
    ['not_answered', false],
    ['ended', false],
  ] as const)('stops at once when the server says %s', async (reason, told) => {
    const here = page();
    here.link.say(ring('k1'));
    here.link.say({ type: 'ring_stopped', key: 'k1', why: reason });
    expect(here.desk.ring).toBeUndefined();
    expect(here.desk.tune).toBeUndefined();
    expect(here.desk.notice?.why).toBe(told ? reason : undefined);
    await here.world.advance(6_000);
    expect(here.desk.notice).toBeUndefined();
    expect(here.world.timers).toBe(0);
  });

  it('stops by its own clock after 35 s although nobody says anything', async () => {
    const here = page();
    here.link.say(ring('k1', { expires_in: 3_600_000 }));
    await here.world.advance(34_999);
    expect(here.desk.ring).toBeDefined();
    await here.world.advance(1);
    expect(here.desk.ring).toBeUndefined();
  });

  it('stops a ring that was found late sooner', async () => {
    const here = page();
    here.link.say(ring('k1', { expires_in: 4_000 }));
    await here.world.advance(9_000);
    expect(here.desk.ring).toBeUndefined();
  });

  it('hears of the end by the durable record', async () => {
    const here = page();
    here.link.say(ring('k1'));
    here.link.place({
      event: {
        type: 'call_record',
        record: { key: 'k1', conversation: 'c1', peer: 'bob', outgoing: false, video: false, started: 1, ended: 2, outcome: 'missed', reports: 0 },
      },
    });
    expect(here.desk.ring).toBeUndefined();
  });

  it('shows the same ring once, and no more than four', async () => {
    const here = page();
    for (const key of ['a', 'a', 'b', 'c', 'd', 'e', 'f']) here.link.say(ring(key));
    await settle();
    expect(here.link.commands.map((command) => (command.type === 'call' ? command.key : ''))).toEqual(['a', 'a', 'b', 'c', 'd']);
    expect(here.link.steps.every((step) => step === 'ringing')).toBe(true);
  });

  it('declines', async () => {
    const here = page();
    here.link.say(ring('k1'));
    if (here.desk.ring) here.desk.decline(here.desk.ring);
    await settle();
    expect(here.link.steps).toEqual(['ringing', 'decline']);
    expect(here.desk.ring).toBeUndefined();
  });

  it('was a moment too late: another device answered', async () => {
    const here = page();
    here.link.answers.set('accept', { refused: 'already_answered' });
    here.link.say(ring('k1'));
    if (here.desk.ring) await here.desk.answer(here.desk.ring, VOICE);
    await settle();
    expect(here.desk.notice?.why).toBe('answered_elsewhere');
    expect(here.desk.current).toBeUndefined();
    expect(here.link.steps).not.toContain('leave');
    expect(here.world.tracks.every((track) => track.stopped)).toBe(true);
  });

  it('was a moment too late: the caller has gone', async () => {
    const here = page();
    here.link.answers.set('accept', { refused: 'call_gone' });
    here.link.say(ring('k1'));
    if (here.desk.ring) await here.desk.answer(here.desk.ring, VOICE);
    await settle();
    expect(here.desk.current).toBeUndefined();
    expect(here.desk.ring).toBeUndefined();
  });

  it('rings on behind the screen that helps when the microphone is blocked', async () => {
    const here = page();
    here.world.failing.set('audio', 'NotAllowedError');
    here.link.say(ring('k1'));
    if (here.desk.ring) await here.desk.answer(here.desk.ring, VOICE);
    expect(here.desk.before?.problems).toEqual({ microphone: 'blocked' });
    expect(here.desk.ring?.state.at).toBe('incoming');
    // Only listening is a way, too.
    await here.desk.go({ audio: false, video: false }, { audio: undefined, video: undefined, problems: { microphone: 'blocked' } });
    expect(here.link.step('accept')[0]?.media).toEqual({ audio: false, video: false, no_microphone: true });
  });

  it('closes that screen when it stops ringing', async () => {
    const here = page();
    here.world.failing.set('audio', 'NotFoundError');
    here.link.say(ring('k1'));
    if (here.desk.ring) await here.desk.answer(here.desk.ring, VOICE);
    here.link.say({ type: 'ring_stopped', key: 'k1', why: 'not_answered' });
    expect(here.desk.before).toBeUndefined();
  });

  it('rings aloud once the call is over during which it waited', async () => {
    const here = await talking();
    here.link.say(ring('k2', { from: 'carla' }));
    expect([here.desk.ring?.key, here.desk.tune]).toEqual(['k2', 'waiting']);
    here.desk.current?.hangUp();
    expect([here.desk.ring?.key, here.desk.tune]).toEqual(['k2', 'ring']);
  });
});

describe('both call at once', () => {
  it('answers theirs at once when ours is superseded by the result of the invitation', async () => {
    const here = page();
    here.link.answers.set('invite', { type: 'superseded', by: 'k0' });
    here.link.answers.set('prepare', 'never');
    await here.desk.start(BOB, VIDEO);
    here.link.say(ring('k0'));
    expect(here.desk.ring).toBeUndefined();
    // The preparation goes on only now.
    here.link.answers.delete('prepare');
    here.desk.current?.hangUp();
    await here.desk.start(BOB, VIDEO); // calling somebody who rings here is answering
    await settle();
    expect(here.link.step('accept')[0]).toMatchObject({ media: VIDEO, answer: 'answer to offer of k0' });
    expect(here.desk.current?.key).toBe('k0');
  });

  it('goes on with the same devices under the other key', async () => {
    const here = page();
    here.link.answers.set('invite', { type: 'superseded', by: 'k0' });
    const begun = here.desk.start(BOB, VIDEO);
    here.link.say(ring('k0'));
    await begun;
    await settle();
    expect(here.link.steps.filter((step) => step !== 'ringing')).toEqual(['prepare', 'invite', 'accept']);
    expect(here.link.step('accept')[0]?.media).toEqual(VIDEO);
    expect(here.world.tracks.map((track) => track.stopped)).toEqual([false, false]);
    expect(here.world.peers.map((peer) => peer.closed)).toEqual([true, false]);
    expect(here.desk.current?.key).toBe('k0');
    here.world.peer.become('connected');
    expect(at(here)).toBe('live');
  });

  it('does the same when the event says it, and when their ring comes after that', async () => {
    const here = await calling(VOICE);
    here.link.say({ type: 'superseded', key: 'key1', by: 'k0' });
    expect(here.desk.current?.key).toBe('key1');
    here.link.say(ring('k0'));
    await settle();
    expect(here.link.step('accept')).toHaveLength(1);
    expect(here.desk.current?.key).toBe('k0');
    expect(here.link.step('leave')).toHaveLength(0);
  });

  it('lets go of the devices when their ring never comes', async () => {
    const here = await calling(VOICE);
    here.link.say({ type: 'superseded', key: 'key1', by: 'k0' });
    await here.world.advance(5_000);
    expect(here.desk.current).toBeUndefined();
    expect(here.world.tracks.every((track) => track.stopped)).toBe(true);
  });

  it('hears of it twice and answers once', async () => {
    const here = page();
    here.link.answers.set('invite', { type: 'superseded', by: 'k0' });
    const begun = here.desk.start(BOB, VOICE);
    here.link.say(ring('k0'));
    await begun;
    here.link.say({ type: 'superseded', key: 'key1', by: 'k0' });
    await settle();
    here.link.say({ type: 'superseded', key: 'key1', by: 'k0' });
    await settle();
    expect(here.link.step('accept')).toHaveLength(1);
  });

  it('shows nothing of their call when ours survives', async () => {
    const here = await calling();
    here.link.say(ring('k9'));
    expect(here.desk.ring).toBeUndefined();
    here.link.say({ type: 'ring_stopped', key: 'k9', why: 'superseded' });
    here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media: VOICE, answer: 'a' });
    await settle();
    expect(at(here)).toBe('connecting');
    here.desk.current?.hangUp();
    expect(here.desk.ring).toBeUndefined();
  });
});
