import { describe, expect, it } from 'vitest';

import type { Call } from './call.svelte.ts';
import { at, type Page, page, ring, settle, talking, VIDEO, VOICE } from './testing.ts';

/** Of one call: what it said of its media. */
const media = (here: Page, key: string) =>
  here.link.commands.flatMap((command) => (command.type === 'call' && command.key === key && command.step.type === 'media' ? [command.step.media] : []));
const sends = (here: Page, peer: number) => here.world.peers[peer]?.transceivers.map((one) => one.sender.track?.kind);
const open = (here: Page) => here.world.tracks.filter((track) => !track.stopped).map(({ kind }) => kind);

/** Carla calls while we talk to Bob. */
async function second(wanted = VOICE, first = VOICE): Promise<{ here: Page; bob: Call; carla: Call }> {
  const here = await talking(first);
  here.link.say(ring('k2', { from: 'carla', conversation: 'c2', media: wanted }));
  await settle();
  return { here, bob: here.desk.current!, carla: here.desk.ring! };
}

/** We talk to Carla, and Bob is on hold. */
async function both(wanted = VOICE): Promise<{ here: Page; bob: Call; carla: Call }> {
  const two = await second(wanted);
  await two.here.desk.answer(two.carla, wanted);
  await settle();
  two.here.world.peer.become('connected');
  return two;
}

describe('a second call', () => {
  it('rings softly beside the one that is on', async () => {
    const { here, bob, carla } = await second();
    expect(carla.peer).toBe('carla');
    expect([here.desk.current, here.desk.tune]).toEqual([bob, 'waiting']);
    expect(here.link.steps.at(-1)).toBe('ringing');
    here.desk.quieten(carla);
    expect(here.desk.tune).toBeUndefined();
  });

  it('is not shown while the first one still rings there', async () => {
    const here = page();
    await here.desk.start({ account: 'bob' }, VOICE);
    await settle();
    here.link.say(ring('k2', { from: 'carla' }));
    expect(here.desk.ring).toBeUndefined();
  });

  it('is declined, and the first goes on', async () => {
    const { here, bob, carla } = await second();
    here.desk.decline(carla);
    await settle();
    expect([here.desk.current, here.desk.ring, here.desk.held]).toEqual([bob, undefined, undefined]);
    expect(media(here, 'key1')).toEqual([]);
  });

  it('puts the first on hold: it is told, and nothing more is sent to it', async () => {
    const { here, bob, carla } = await both();
    expect([here.desk.current, here.desk.held]).toEqual([carla, bob]);
    expect(media(here, 'key1')).toEqual([{ audio: true, video: false, held: true }]);
    expect(sends(here, 0)).toEqual([undefined, undefined]);
    expect(sends(here, 1)).toEqual(['audio', undefined]);
    // One microphone, handed on.
    expect(open(here)).toEqual(['audio']);
    expect(here.world.tracks).toHaveLength(1);
  });

  it('opens the camera that the first did not need, and closes it for who had none', async () => {
    const { here } = await both(VIDEO);
    expect(sends(here, 1)).toEqual(['audio', 'video']);
    await here.desk.swap();
    await settle();
    expect([sends(here, 0), sends(here, 1)]).toEqual([['audio', undefined], [undefined, undefined]]);
    expect(open(here)).toEqual(['audio']);
    await here.desk.swap();
    expect(sends(here, 1)).toEqual(['audio', 'video']);
  });

  it('swaps, and each is told', async () => {
    const { here, bob, carla } = await both();
    await here.desk.swap();
    expect([here.desk.current, here.desk.held]).toEqual([bob, carla]);
    expect(media(here, 'key1').at(-1)).toEqual({ audio: true, video: false });
    expect(media(here, 'k2').at(-1)).toEqual({ audio: true, video: false, held: true });
  });

  it('keeps who was muted muted', async () => {
    const { here, bob, carla } = await second();
    await bob.own.setAudio(false);
    await here.desk.answer(carla, VOICE);
    await settle();
    expect(carla.own.media.audio).toBe(true);
    await here.desk.swap();
    expect(media(here, 'key1').at(-1)).toEqual({ audio: false, video: false });
    expect(here.world.peers[0]?.transceivers[0]?.sender.track?.enabled).toBe(false);
  });

  it.each(['other', 'own'] as const)('ends by the %s side: who is left stays on hold until the person goes on', async (side) => {
    const { here, bob, carla } = await both();
    if (side === 'own') carla.hangUp();
    else here.link.say({ type: 'ended', key: 'k2', outcome: 'completed' });
    await settle();
    expect([here.desk.current, here.desk.held, at(here)]).toEqual([bob, undefined, 'live']);
    expect(here.desk.notice).toEqual({ why: 'other_ended', peer: 'carla' });
    expect(open(here)).toEqual([]);
    await here.desk.resume();
    expect(media(here, 'key1').at(-1)).toEqual({ audio: true, video: false });
    expect(sends(here, 0)).toEqual(['audio', undefined]);
  });

  it('goes on when the one on hold hangs up', async () => {
    const { here, carla } = await both();
    here.link.say({ type: 'ended', key: 'key1', outcome: 'completed' });
    expect([here.desk.current, here.desk.held]).toEqual([carla, undefined]);
    expect(open(here)).toEqual(['audio']);
    expect(here.desk.notice).toEqual({ why: 'other_ended', peer: 'bob' });
  });

  it('that stops ringing while it is answered gives the devices back', async () => {
    const { here, bob, carla } = await second(VIDEO);
    const answering = here.desk.answer(carla, VIDEO);
    here.link.say({ type: 'ring_stopped', key: 'k2', why: 'cancelled' });
    await answering;
    await settle();
    expect([here.desk.current, here.desk.held]).toEqual([bob, undefined]);
    expect(media(here, 'key1').at(-1)?.held).toBeUndefined();
    expect(sends(here, 0)?.[0]).toBe('audio');
  });

  it('leaves no room for a third', async () => {
    const { here } = await both();
    here.link.say(ring('k3', { from: 'dora' }));
    expect(here.desk.ring).toBeUndefined();
  });

  it('leaves both with the page', async () => {
    const { here } = await both();
    here.world.closePage();
    const left = here.world.farewells.flatMap((command) => (command.type === 'call' ? [command.key] : []));
    expect(left.toSorted()).toEqual(['k2', 'key1']);
    expect(open(here)).toEqual([]);
  });

  it('leaves both when the person signs out', async () => {
    const { here } = await both();
    here.desk.clear();
    await settle();
    expect([here.desk.current, here.desk.held, open(here)]).toEqual([undefined, undefined, []]);
  });
});

describe('hold without a second call', () => {
  it('closes the devices, and opens them again', async () => {
    const here = await talking(VIDEO);
    await here.desk.hold();
    expect([open(here), sends(here, 0)]).toEqual([[], [undefined, undefined]]);
    expect(media(here, 'key1')).toEqual([{ audio: true, video: true, held: true }]);
    await here.desk.resume();
    expect([open(here), sends(here, 0)]).toEqual([['audio', 'video'], ['audio', 'video']]);
    expect(media(here, 'key1').at(-1)).toEqual(VIDEO);
  });

  it('ends the screen that was shown', async () => {
    const here = await talking();
    await here.desk.current?.own.screen.start();
    await here.desk.hold();
    await settle();
    expect(here.world.screens[0]?.getTracks().every((track) => track.stopped)).toBe(true);
    expect(media(here, 'key1').at(-1)).toEqual({ audio: true, video: false, held: true });
  });
});

describe('being put on hold', () => {
  it('sends nothing to somebody who is not there, and goes on when they are', async () => {
    const here = await talking(VIDEO);
    await here.desk.current?.own.screen.start();
    here.link.say({ type: 'media', key: 'key1', from: 'e9', media: { ...VIDEO, held: true } });
    await settle();
    expect(sends(here, 0)).toEqual([undefined, undefined, undefined]);
    expect(open(here)).toEqual(['audio', 'video']);
    here.link.say({ type: 'media', key: 'key1', from: 'e9', media: VIDEO });
    await settle();
    expect(sends(here, 0)).toEqual(['audio', 'video', 'video']);
    expect(media(here, 'key1')).toEqual([{ ...VIDEO, screen: true }]);
  });
});
