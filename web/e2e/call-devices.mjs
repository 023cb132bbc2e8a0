// Devices and controls of a call in real browsers: `node --test e2e/call-devices.mjs`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  befriend, breaches, call, callGround, connections, figures, flows, live, openChat, outcomes, overflow, people, picture, press, ringer, stage,
} from './call-lab.mjs';

callGround();

/** In the page, before its own scripts: devices that can be unplugged, and the tracks that were given out. */
function cables() {
  const media = navigator.mediaDevices;
  const gone = new Set();
  const given = [];
  const screens = [];
  const listed = media.enumerateDevices.bind(media);
  const there = async () => (await listed()).filter(({ kind, deviceId, label }) => ![...gone].some((name) => label.includes(name)) && !(kind === 'audioinput' && deviceId === 'default'));
  media.enumerateDevices = there;
  const capture = media.getUserMedia.bind(media);
  media.getUserMedia = async (wish) => {
    if (wish.audio) {
      const left = (await there()).filter(({ kind }) => kind === 'audioinput');
      const ideal = left.find(({ deviceId }) => deviceId === wish.audio.deviceId?.ideal) ?? left[0];
      if (!ideal && (await listed()).some(({ kind, label }) => kind === 'audioinput' && label)) throw new DOMException('unplugged', 'NotFoundError');
      if (ideal?.deviceId) wish = { ...wish, audio: { ...wish.audio, deviceId: { exact: ideal.deviceId } } };
    }
    const stream = await capture(wish);
    given.push(...stream.getTracks());
    return stream;
  };
  const display = media.getDisplayMedia.bind(media);
  media.getDisplayMedia = async (wish) => {
    const stream = await display(wish);
    screens.push(stream);
    return stream;
  };
  // Signals that are longer than the server takes would be lost without a word.
  let longest = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (frame) {
    const signal = typeof frame === 'string' ? JSON.parse(frame).command?.step?.data : undefined;
    longest = Math.max(longest, signal?.length ?? 0);
    return send.call(this, frame);
  };
  /** A track that gives out: it is over, and says so. */
  const end = (track) => {
    track.stop();
    track.dispatchEvent(new Event('ended'));
  };
  window.cables = {
    unplug(...names) {
      for (const name of names) gone.add(name);
      for (const track of given) if (track.readyState === 'live' && names.some((name) => track.label.includes(name))) end(track);
      media.dispatchEvent(new Event('devicechange'));
    },
    plug(name) {
      gone.delete(name);
      media.dispatchEvent(new Event('devicechange'));
    },
    /** From now on what is shown has a sound, as where the system hands it out. */
    sound() {
      const wanted = media.getDisplayMedia;
      media.getDisplayMedia = async (wish) => {
        const stream = await wanted(wish);
        for (const track of stream.getAudioTracks()) stream.removeTrack(track);
        const context = new AudioContext();
        const out = context.createMediaStreamDestination();
        const tone = new OscillatorNode(context, { frequency: 500 });
        tone.connect(out);
        tone.start();
        stream.addTrack(out.stream.getAudioTracks()[0]);
        return stream;
      };
    },
    endScreen: () => end(screens.at(-1).getVideoTracks()[0]),
    /** Tracks that are open, by kind and what they are of. */
    open: () => [...given, ...screens.flatMap((stream) => stream.getTracks())].filter(({ readyState }) => readyState === 'live').map(({ kind }) => kind),
    longest: () => longest,
    microphone: () => given.findLast(({ kind, readyState }) => kind === 'audio' && readyState === 'live')?.label,
  };
}

async function two(options) {
  const both = await people.two(options);
  for (const page of [both.ann, both.bob]) {
    await page.addInitScript(cables);
    await page.reload();
    await page.locator('header .calls button').first().waitFor();
  }
  return both;
}

/** The two talk. */
async function talk(options) {
  const { ann, bob } = await two(options);
  await call(ann);
  await press(bob, 'Answer');
  await Promise.all([live(ann), live(bob)]);
  return { ann, bob };
}

/** A page hears on: more packets than there were when this began. */
async function hearsOn(page, more = 40) {
  const { received = 0 } = (await figures(page)).audio ?? {};
  await flows(page, { packets: received + more });
}

const says = (page, text) => page.getByText(text).first().waitFor({ timeout: 20_000 });
const heardFrom = (page) => page.locator('video.far');
const screenOf = (page) => page.locator('video.screen');
const offers = (page) => page.evaluate(() => window.skeinTest.made());

/** A picture moves: it has a size, and its time goes on. */
async function moves(page, at) {
  await page.locator(at).waitFor();
  await page.waitForFunction((one) => (document.querySelector(one)?.videoWidth ?? 0) > 0, at, { timeout: 30_000 });
}

test('another microphone is chosen in the call; a headset is unplugged and back; the last one gone is said at both ends', { timeout: 120_000 }, async () => {
  const { ann, bob } = await talk();
  await press(ann, 'More');
  await ann.getByLabel('Microphone').selectOption({ label: 'Fake Audio Input 2' });
  await ann.waitForFunction(() => window.cables.microphone() === 'Fake Audio Input 2');
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'call-more');
  await ann.keyboard.press('Escape');
  const kept = await ann.evaluate(() => JSON.parse(localStorage.getItem('skein.settings')).microphone);
  assert.equal(kept, await ann.evaluate(async () => (await navigator.mediaDevices.enumerateDevices()).find(({ label }) => label === 'Fake Audio Input 2').deviceId));
  await hearsOn(bob);

  await ann.evaluate(() => window.cables.unplug('Input 2'));
  await says(ann, /Your microphone is gone. In use now: .?Fake Audio Input 1/);
  await hearsOn(bob);
  await ann.evaluate(() => window.cables.plug('Input 2'));
  await says(ann, /Microphone in use again: .?Fake Audio Input 2/);
  await hearsOn(bob);

  await ann.evaluate(() => window.cables.unplug('Input 1', 'Input 2'));
  await says(ann, 'Nobody can hear you');
  await says(bob, 'has no microphone now');
  await picture(ann, 'call-nobody-hears');
  await ann.evaluate(() => window.cables.plug('Input 1'));
  await says(ann, /Microphone in use again: .?Fake Audio Input 1/);
  await bob.getByText('has no microphone now').first().waitFor({ state: 'detached' });
  await hearsOn(bob);
  // All of it over the one connection.
  assert.deepEqual([await offers(ann), await offers(bob)], [1, 1]);
  await press(ann, 'Hang up');
});

test('a screen beside the camera: large there, gone whichever way it ends, the camera as it was', { timeout: 150_000 }, async () => {
  const { ann, bob } = await talk();
  // Video is added to a voice call, and taken away.
  await press(ann, 'Camera');
  await moves(bob, 'video.far');
  await press(ann, 'Camera');
  await heardFrom(bob).waitFor({ state: 'detached' });
  assert.deepEqual(await ann.evaluate(() => window.cables.open()), ['audio']);
  await press(ann, 'Camera');

  await press(ann, 'Screen');
  await says(ann, 'You are sharing your screen');
  await moves(bob, 'video.screen');
  await moves(bob, 'video.far');
  await picture(bob, 'call-screen');
  await picture(ann, 'call-sharing');
  assert.deepEqual(await breaches(bob), []);
  await bob.setViewportSize({ width: 360, height: 700 });
  await moves(bob, 'video.screen');
  assert.equal(await overflow(bob), 0);
  await picture(bob, 'call-screen-360');
  await bob.setViewportSize({ width: 1280, height: 800 });

  for (const [way, end] of [
    ['the button', () => press(ann, 'Screen')],
    ['the bar', () => press(ann, 'Stop')],
    ['the browser', () => ann.evaluate(() => window.cables.endScreen())],
    ['a key', () => ann.keyboard.press('s')],
  ]) {
    await end();
    await screenOf(bob).waitFor({ state: 'detached' });
    await moves(bob, 'video.far');
    assert.deepEqual((await ann.evaluate(() => window.cables.open())).toSorted(), ['audio', 'video'], way);
    // Shown again at once.
    await press(ann, 'Screen');
    await moves(bob, 'video.screen');
  }
  // Both at once: each sees the other's.
  await press(bob, 'Screen');
  await moves(ann, 'video.screen');
  await hearsOn(ann);
  for (const page of [ann, bob]) {
    const longest = await page.evaluate(() => window.cables.longest());
    assert.ok(longest > 0 && longest < 14_000, `a signal of ${longest} bytes`);
  }
  await press(ann, 'Hang up');
  await bob.getByText('Voice call ended').waitFor();
  for (const page of [ann, bob]) assert.deepEqual(await page.evaluate(() => window.cables.open()), []);
});

/** Waits until a page plays so many far sounds, with a track each that carries something. */
const sounds = (page, count) => page.waitForFunction((wanted) => {
  const carries = (element) => element.srcObject?.getAudioTracks().some((track) => track.readyState === 'live' && !track.muted);
  const all = [...document.querySelectorAll('audio')].filter((element) => element.srcObject?.getAudioTracks().length);
  return all.length === wanted && all.every(carries);
}, count, { polling: 50, timeout: 30_000 });

test('a screen with its sound is gone at the other side with it, and the camera is what it was before, during and after', { timeout: 120_000 }, async (t) => {
  const { ann, bob } = await talk();
  await ann.evaluate(() => window.cables.sound());
  const open = async () => (await ann.evaluate(() => window.cables.open())).toSorted();
  /** In the page: when the screen is gone from it. */
  const goes = () => bob.evaluate(() => new Promise((resolve) => {
    const look = () => document.querySelector('video.screen') ?? (watcher.disconnect(), resolve(Date.now()));
    const watcher = new MutationObserver(look);
    watcher.observe(document.body, { childList: true, subtree: true });
    look();
  }));
  const share = async () => {
    await press(ann, 'Screen');
    await moves(bob, 'video.screen');
    await sounds(bob, 2);
  };
  const unshare = async (way, end) => {
    const gone = goes();
    const began = Date.now();
    await end();
    t.diagnostic(`${way}: gone at the other side after ${(await gone) - began} ms`);
    await sounds(bob, 1);
  };
  const button = () => press(ann, 'Screen');
  const browser = () => ann.evaluate(() => window.cables.endScreen());

  // Without a camera before, and none after.
  await share();
  assert.deepEqual(await open(), ['audio', 'audio', 'video']);
  await unshare('our button, no camera', button);
  assert.deepEqual(await open(), ['audio']);
  assert.equal(await heardFrom(bob).count(), 0);
  // Switched on while the screen is shown, and still on after it.
  await share();
  await press(ann, 'Camera');
  await moves(bob, 'video.far');
  await unshare("the browser's own, camera switched on meanwhile", browser);
  await moves(bob, 'video.far');
  assert.deepEqual(await open(), ['audio', 'video']);
  // On before, switched off while the screen is shown, and still off after it.
  await share();
  await press(ann, 'Camera');
  await heardFrom(bob).waitFor({ state: 'detached' });
  await unshare("the browser's own, camera switched off meanwhile", browser);
  assert.deepEqual(await open(), ['audio']);
  assert.equal(await heardFrom(bob).count(), 0);
  // And it can be switched on after it.
  await press(ann, 'Camera');
  await moves(bob, 'video.far');
  // The call ends the share, too.
  await share();
  const gone = goes();
  const began = Date.now();
  await press(ann, 'Hang up');
  t.diagnostic(`hung up: gone at the other side after ${(await gone) - began} ms`);
  await bob.waitForFunction(() => document.querySelectorAll('audio').length === 0);
  assert.deepEqual(await open(), []);
});

test('a second call waits: held and answered, swapped, and each side is told; another is declined with words', { timeout: 150_000 }, async () => {
  const { ann, bob } = await talk();
  const carla = await people.person(people.fresh('carla'));
  await befriend(carla, bob);
  await openChat(carla, bob.person);
  await hearsOn(ann);

  await call(carla);
  await ringer(bob).getByRole('button', { name: 'Decline with a message' }).click();
  await bob.getByRole('dialog', { name: /Decline and tell/ }).waitFor();
  assert.deepEqual(await breaches(bob), []);
  await picture(bob, 'call-decline');
  await press(bob, 'I cannot talk now. Write to me.');
  await carla.getByText('did not answer').waitFor();
  await press(carla, 'Write a message');
  await carla.getByRole('article').filter({ hasText: 'I cannot talk now. Write to me.' }).waitFor();
  await hearsOn(ann, 10);

  await call(carla);
  await ringer(bob).getByText('Hold and answer').waitFor();
  await picture(bob, 'call-waiting');
  assert.deepEqual(await breaches(bob), []);
  await press(bob, 'Hold and answer');
  await says(ann, 'put you on hold');
  await picture(ann, 'call-held');
  await live(carla);
  await flows(carla);
  // While Carla hears a second of sound, Ann hears none.
  const before = (await figures(ann)).audio.received;
  await hearsOn(carla, 60);
  const heard = (await figures(ann)).audio.received - before;
  assert.ok(heard < 20, `${heard} packets came to somebody on hold`);
  assert.equal(await connections(bob), 2);
  await bob.getByText('is on hold').first().waitFor();
  await picture(bob, 'call-two');
  assert.equal(await bob.getByText('no sound of').count(), 0);
  assert.deepEqual(await breaches(bob), []);

  await press(bob, 'Swap');
  await says(carla, 'put you on hold');
  await ann.getByText('put you on hold').first().waitFor({ state: 'detached' });
  await hearsOn(ann);

  // Who is left stays on hold until Bob goes on.
  await press(ann, 'Hang up');
  // Over the stage, which makes everything below it unreachable.
  await stage(bob).getByText('The other call has ended').waitFor();
  await says(bob, 'On hold.');
  assert.deepEqual(await bob.evaluate(() => window.cables.open()), []);
  await picture(bob, 'call-on-hold');
  await press(bob, 'Go on');
  await carla.getByText('put you on hold').first().waitFor({ state: 'detached' });
  await hearsOn(carla);
  await press(carla, 'Hang up');
  await bob.getByText('Voice call ended').waitFor();
  assert.deepEqual(await outcomes(bob), ['completed', 'declined', 'completed']);
});

test('quality is said in words with its figures, and a small window goes on with the call', { timeout: 90_000 }, async () => {
  const { ann, bob } = await talk();
  const chip = stage(ann).locator('header button.chip');
  await chip.waitFor({ timeout: 30_000 });
  await chip.click();
  await says(ann, 'From you to');
  await ann.getByText('Jitter').first().waitFor();
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'call-quality');
  await ann.keyboard.press('Escape');

  const [small] = await Promise.all([ann.context().waitForEvent('page'), press(ann, 'Picture in picture')]);
  await small.getByRole('button', { name: 'Microphone' }).waitFor();
  await small.getByRole('button', { name: 'Microphone' }).click();
  await says(bob, 'has the microphone off');
  await picture(small, 'call-pip').catch(() => undefined);
  await small.getByRole('button', { name: 'Hang up' }).click();
  await bob.getByText('Voice call ended').waitFor();
});

test('where the browser knows only a picture in picture, the picture is there, and goes with what it shows', { timeout: 90_000 }, async () => {
  const { ann, bob } = await people.two();
  await ann.addInitScript(() => delete window.documentPictureInPicture);
  await ann.reload();
  await ann.locator('header .calls button').first().waitFor();
  await call(ann);
  await press(bob, 'Answer');
  await Promise.all([live(ann), live(bob)]);
  const button = ann.getByRole('button', { name: 'Picture in picture', exact: true });
  const shows = (what) => ann.waitForFunction((at) => (at === null ? document.pictureInPictureElement === null : document.pictureInPictureElement?.matches(at)), what, { timeout: 20_000 });
  assert.equal(await button.count(), 0, 'there is no picture');
  await press(bob, 'Camera');
  await moves(ann, 'video.far');
  await button.click();
  await shows('video.far');
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  await button.click();
  await shows(null);
  assert.equal(await button.getAttribute('aria-pressed'), 'false');
  await button.click();
  await shows('video.far');
  await press(bob, 'Camera');
  await shows(null);
  await button.waitFor({ state: 'detached' });
  // A screen without a camera is a picture, too.
  await press(bob, 'Screen');
  await moves(ann, 'video.screen');
  await button.click();
  await shows('video.screen');
  await press(bob, 'Hang up');
  await shows(null);
});
