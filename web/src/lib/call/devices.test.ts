import { describe, expect, it } from 'vitest';

import { choices, due, systemOwn } from './devices.svelte.ts';
import { settle, type Page, page, VIDEO, VOICE, BOB } from './testing.ts';

const HEADSET = { kind: 'audioinput', deviceId: 'headset', label: 'Headset' } as const;
const BUILTIN = { kind: 'audioinput', deviceId: 'builtin', label: 'Built-in' } as const;
const CAMERA = { kind: 'videoinput', deviceId: 'cam', label: 'Camera' } as const;
const EARS = { kind: 'audiooutput', deviceId: 'ears', label: 'Headset' } as const;
const BOX = { kind: 'audiooutput', deviceId: 'box', label: 'Loudspeaker' } as const;

/** In a call, with these devices plugged in. */
async function talk(plugged: Page['world']['plugged'], chosen: Parameters<typeof page>[0] = {}, media = VOICE): Promise<Page> {
  const here = page(chosen);
  here.world.plugged = plugged;
  await here.desk.start(BOB, media);
  await settle();
  here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media, answer: 'their answer' });
  await settle();
  here.world.peer.become('connected');
  await settle();
  return here;
}

const own = (here: Page) => here.desk.current!.own;
const sent = (here: Page, section = 0) => here.world.peer.transceivers[section]?.sender.track;
const told = (here: Page) => here.link.step('media').map(({ media }) => media);

describe('a headset (case B6)', () => {
  it('gives way to what is left, comes back, and both are said', async () => {
    const here = await talk([HEADSET, BUILTIN], { microphone: 'headset' });
    const first = here.world.tracks[0];
    expect(first?.deviceId).toBe('headset');
    // The track and the list say it one after the other, or only one of them does.
    here.world.plugged = [BUILTIN];
    first?.giveOut();
    await here.world.plug(BUILTIN);
    expect(sent(here)).toMatchObject({ deviceId: 'builtin', enabled: true });
    expect(here.world.tracks).toHaveLength(2);
    expect(own(here).devices.news).toEqual({ role: 'microphone', change: 'gone', label: 'Built-in' });
    await here.world.plug(BUILTIN, HEADSET);
    expect(sent(here)).toMatchObject({ deviceId: 'headset' });
    expect(own(here).devices.news).toMatchObject({ change: 'back', label: 'Headset' });
    // Nothing of it needed another offer, and the other side was told nothing: it hears on.
    expect([here.link.step('signal'), told(here)]).toEqual([[], []]);
    await here.world.advance(8_000);
    expect(own(here).devices.news).toBeUndefined();
    expect(here.world.tracks.filter(({ readyState }) => readyState === 'live')).toHaveLength(1);
  });

  it('comes back muted when it was muted', async () => {
    const here = await talk([HEADSET, BUILTIN], { microphone: 'headset' });
    await own(here).setAudio(false);
    here.world.plugged = [BUILTIN];
    here.world.tracks[0]?.giveOut();
    await settle();
    expect(sent(here)).toMatchObject({ deviceId: 'builtin', enabled: false });
  });

  it('is followed while muted, so that the right one is heard afterwards', async () => {
    const here = await talk([HEADSET, BUILTIN], { microphone: 'headset' });
    await own(here).setAudio(false);
    await here.world.plug(BUILTIN);
    expect(own(here).devices.news).toMatchObject({ change: 'gone', label: 'Built-in' });
    await here.world.plug(BUILTIN, HEADSET);
    expect(own(here).devices.news).toMatchObject({ change: 'back', label: 'Headset' });
    expect(sent(here)).toMatchObject({ deviceId: 'headset', enabled: false });
    await own(here).setAudio(true);
    expect(sent(here)).toMatchObject({ deviceId: 'headset', enabled: true, readyState: 'live' });
    expect(here.world.tracks.filter(({ readyState }) => readyState === 'live')).toHaveLength(1);
  });

  it('that the system makes its own while muted is taken', async () => {
    const named = (group: string) => ({ kind: 'audioinput', deviceId: 'default', groupId: group, label: `Default of ${group}` }) as const;
    const here = await talk([named('g1'), BUILTIN, HEADSET]);
    await own(here).setAudio(false);
    await here.world.plug(named('g2'), HEADSET, BUILTIN);
    expect(own(here).devices.news).toMatchObject({ change: 'changed', label: 'Default of g2' });
    await own(here).setAudio(true);
    expect(sent(here)).toMatchObject({ label: 'Default of g2', enabled: true });
  });

  it('does not open a microphone for somebody who is muted and has none', async () => {
    const here = await talk([HEADSET]);
    await own(here).setAudio(false);
    here.world.plugged = [];
    here.world.failing.set('audio', 'NotFoundError');
    here.world.tracks[0]?.giveOut();
    await settle();
    here.world.failing.clear();
    await here.world.plug(BUILTIN);
    expect(here.world.tracks.filter(({ readyState }) => readyState === 'live')).toEqual([]);
    await own(here).setAudio(true);
    expect(sent(here)).toMatchObject({ deviceId: 'builtin', enabled: true });
  });

  it('that gave out before the call had it is opened anew', async () => {
    const here = page({ microphone: 'headset' });
    here.world.plugged = [HEADSET, BUILTIN];
    await here.desk.start(BOB, VOICE, true);
    const [track] = (await here.world.parts.capture({ audio: { deviceId: { ideal: 'headset' } } })).getAudioTracks();
    track?.stop(); // nobody listened: there was no event
    await here.desk.go(VOICE, { audio: track, video: undefined, problems: {} });
    await settle();
    expect(sent(here)).toMatchObject({ deviceId: 'headset', readyState: 'live' });
    expect(own(here).media.audio).toBe(true);
  });

  it('that is handed out dead is none, and nothing goes round in circles', async () => {
    const here = await talk([HEADSET]);
    here.world.dead = Number.POSITIVE_INFINITY;
    here.world.tracks[0]?.giveOut();
    await settle();
    expect(own(here).trouble).toEqual({ microphone: 'none' });
    expect(own(here).media).toEqual({ audio: false, video: false, no_microphone: true });
    expect(here.world.tracks.length).toBeLessThan(5);
  });

  it('that was the last one leaves both sides knowing that nobody can hear', async () => {
    const here = await talk([HEADSET]);
    here.world.plugged = [];
    here.world.failing.set('audio', 'NotFoundError');
    here.world.tracks[0]?.giveOut();
    await settle();
    expect(told(here).at(-1)).toEqual({ audio: false, video: false, no_microphone: true });
    expect(own(here).trouble).toEqual({ microphone: 'none' });
    here.world.failing.clear();
    await here.world.plug(BUILTIN);
    expect(told(here).at(-1)).toEqual({ audio: true, video: false });
    expect(own(here).trouble).toEqual({});
    expect(own(here).devices.news).toEqual({ role: 'microphone', change: 'back', label: 'Built-in' });
  });

  it('that the browser lets go of late is left as soon as it is not listed', async () => {
    const here = await talk([HEADSET, BUILTIN], { microphone: 'headset' });
    await here.world.plug(BUILTIN);
    expect(sent(here)).toMatchObject({ deviceId: 'builtin' });
    expect(own(here).devices.news?.change).toBe('gone');
  });

  it('is followed when the system makes another its own', async () => {
    const named = (group: string) => ({ kind: 'audioinput', deviceId: 'default', groupId: group, label: `Default of ${group}` }) as const;
    const here = await talk([named('g1'), BUILTIN, HEADSET]);
    expect(here.world.tracks).toHaveLength(1);
    await here.world.plug(named('g1'), HEADSET, BUILTIN);
    expect(here.world.tracks).toHaveLength(1);
    await here.world.plug(named('g2'), HEADSET, BUILTIN);
    expect(here.world.tracks).toHaveLength(2);
    expect(own(here).devices.news).toMatchObject({ change: 'changed', label: 'Default of g2' });
  });

  it('takes the speakers with it, and they come back', async () => {
    const here = await talk([BUILTIN, EARS, BOX], { speaker: 'ears' });
    expect(own(here).devices.speaker).toBe('ears');
    await here.world.plug(BUILTIN, BOX);
    expect(own(here).devices.speaker).toBeUndefined();
    expect(own(here).devices.news).toMatchObject({ role: 'speaker', change: 'gone' });
    await here.world.plug(BUILTIN, BOX, EARS);
    expect(own(here).devices.speaker).toBe('ears');
    expect(own(here).devices.news).toEqual({ role: 'speaker', change: 'back', label: 'Headset' });
  });
});

describe('other devices in a call', () => {
  it('are taken when they are chosen, without another offer', async () => {
    const choice: { microphone?: string } = {};
    const here = await talk([BUILTIN, HEADSET], choice);
    here.choices.microphone = 'headset';
    await own(here).switchDevice('audio');
    expect(sent(here)).toMatchObject({ deviceId: 'headset' });
    expect(here.world.tracks[0]?.stopped).toBe(true);
    expect(here.link.step('signal')).toEqual([]);
  });

  it('a camera that is gone does not open by itself again', async () => {
    const here = await talk([BUILTIN, CAMERA], {}, VIDEO);
    here.world.plugged = [BUILTIN];
    here.world.failing.set('video', 'NotFoundError');
    here.world.tracks.find(({ kind }) => kind === 'video')?.giveOut();
    await settle();
    expect(told(here).at(-1)).toEqual({ audio: true, video: false });
    here.world.failing.clear();
    await here.world.plug(BUILTIN, CAMERA);
    expect(told(here).at(-1)).toEqual({ audio: true, video: false });
    await own(here).setVideo(true);
    expect(told(here).at(-1)).toEqual({ audio: true, video: true });
    expect(own(here).trouble).toEqual({});
  });

  it('are not looked at after the end', async () => {
    const here = await talk([BUILTIN, HEADSET], { microphone: 'headset' });
    here.desk.current?.hangUp();
    await here.world.plug(BUILTIN);
    await here.world.advance(60_000);
    expect([here.world.tracks.length, here.world.timers]).toEqual([1, 0]);
  });

  it('mutes at once although a microphone is just being opened', async () => {
    const here = await talk([BUILTIN, HEADSET]);
    here.choices.microphone = 'headset';
    const switching = own(here).switchDevice('audio');
    await own(here).setAudio(false);
    await switching;
    await settle();
    expect(sent(here)).toMatchObject({ deviceId: 'headset', enabled: false });
    expect(told(here)).toEqual([{ audio: false, video: false }]);
  });
});

describe('the list of devices', () => {
  it('has real devices only, and knows which is the system\u2019s own', () => {
    const all = [
      { kind: 'audioinput', deviceId: 'default', groupId: 'g', label: 'Default' },
      { kind: 'audioinput', deviceId: 'communications', label: 'Communications' },
      { kind: 'audioinput', deviceId: '', label: '' },
      HEADSET,
    ] as MediaDeviceInfo[];
    expect(choices(all, 'microphone')).toEqual([{ id: 'headset', label: 'Headset' }]);
    expect([systemOwn(all, 'microphone'), systemOwn(all.slice(1), 'microphone'), systemOwn(all, 'camera')]).toEqual(['g', 'headset', undefined]);
  });

  it('changes nothing where the browser names no device', () => {
    const look = { devices: [], role: 'microphone', chosen: 'x', before: undefined, track: undefined } as const;
    expect(due(look)).toBeUndefined();
  });
});
