// Chromium and Firefox call each other: judged by decoded frames, packets, and the tone of Firefox's made-up microphone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import {
  ask, befriend, call, command, enter, figures, flows, goesBy, kept, live, openChat, outcomes, press, startChromium, startServer,
} from './call-lab.mjs';
import { enterFirefox, EVERYWHERE, goneFox, movesFox, openChatFox, pressFox, saysFox, startFirefox, TONE, without } from './firefox.mjs';

describe('with Firefox', { skip: without }, () => {
  let server;
  let chromium;
  let firefox;
  let number = 0;

  before(async () => {
    server = await startServer('', EVERYWHERE);
    chromium = await startChromium();
    firefox = await startFirefox();
  });

  after(async () => {
    await firefox?.close();
    await chromium?.close();
    await server?.stop();
  });

  /** Ann at Chromium and Fox at Firefox, contacts, each looking at the chat with the other. */
  async function two({ settings = {}, at = server.url } = {}) {
    number += 1;
    const ann = await enter(chromium, at, `ann${number}`, { settings });
    const fox = await enterFirefox(firefox, at, `fox${number}`);
    await befriend(ann, fox);
    await openChat(ann, fox.person);
    await openChatFox(fox, ann.person);
    return { ann, fox };
  }

  async function leave(...pages) {
    const errors = pages.flatMap((page) => page.errors);
    for (const page of pages) await ('browserContext' in page ? page.browserContext() : page.context()).close();
    assert.deepEqual(errors, []);
  }

  /** Fox calls, Ann answers, and each hears the other. */
  async function talk(options) {
    const { ann, fox } = await two(options);
    await pressFox(fox, 'Call');
    await press(ann, 'Answer');
    await live(ann);
    await Promise.all([flows(ann), flows(fox)]);
    return { ann, fox };
  }

  async function hearsMore(page) {
    const { audio } = await figures(page);
    await flows(page, { packets: (audio?.received ?? 0) + 50 });
  }

  const says = (ann, text) => ann.getByText(text).first().waitFor({ timeout: 60_000 });

  test('they talk and see each other, and Firefox hears itself by echo', { timeout: 300_000 }, async () => {
    const { ann, fox } = await two();
    await call(ann, { video: true });
    await fox.waitForSelector('[data-region="ring"] .yes', { timeout: 30_000 });
    await fox.click('[data-region="ring"] .yes');
    await live(ann);
    await flows(ann, { video: true, packets: 150 });
    assert.ok(Math.abs((await pitch(ann)) - TONE) < TONE * 0.05, `heard ${await pitch(ann)} Hz`);
    await movesFox(fox, 'video.far');
    // The screen beside the camera comes by a later offer; ended, it is gone there. Then hold, which needs none.
    await press(ann, 'Screen');
    await movesFox(fox, 'video.screen');
    await press(ann, 'Screen');
    await goneFox(fox, 'video.screen');
    await press(ann, 'More');
    await press(ann, 'Put on hold');
    await saysFox(fox, 'put you on hold');
    await press(ann, 'Go on');
    await saysFox(fox, 'put you on hold', false);
    await movesFox(fox, 'video.far');
    await press(ann, 'Hang up');
    const { reports } = await kept(ann, { reports: 2 });
    for (const { own, report } of reports) {
      const { audio, video, marks, path } = JSON.parse(report);
      assert.ok(audio.packets_received > 100 && video.frames > 5, `${own ? 'Chromium' : 'Firefox'}: ${JSON.stringify({ audio, video })}`);
      assert.equal(path, 'direct');
      assert.ok(marks.some(({ name }) => name === 'dtls_connected') && marks.some(({ name }) => name === 'first_audio'));
    }

    // The other way round, by voice alone: Firefox makes the offer.
    await fox.evaluate((id) => (location.hash = `#/chats/${id}`), (await command(ann, { type: 'open_conversation', to: { conversation: (await kept(ann)).record.conversation } })).value.conversation.id);
    await ann.keyboard.press('Escape');
    await fox.keyboard.press('Escape');
    await fox.waitForSelector('header .calls button');
    await fox.click('header .calls button');
    await press(ann, 'Answer');
    await live(ann);
    await flows(ann, { packets: 100 });
    await press(ann, 'Hang up');
    assert.equal((await kept(ann, { reports: 2 })).record.outcome, 'completed');

    // And alone, with echo.
    const echo = await fox.evaluate(async () => {
      const { contact } = await (await fetch('/v1/skein/find?name=echo')).json();
      const open = { type: 'open_conversation', to: { account: contact.profile.id } };
      const answer = await fetch('/v1/skein/command', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(open) });
      return (await answer.json()).value.conversation.id;
    });
    await fox.keyboard.press('Escape');
    await fox.evaluate((id) => (location.hash = `#/chats/${id}`), echo);
    await fox.waitForFunction(() => [...document.querySelectorAll('header')].some((one) => one.querySelector('.calls') && one.textContent.includes('echo')), { timeout: 30_000 });
    await fox.waitForSelector('header .calls button');
    await fox.click('header .calls button');
    await fox.waitForFunction(
      async (id) => {
        const { calls } = await (await fetch('/v1/skein/calls')).json();
        return calls.some((one) => one.conversation === id && one.outcome === 'completed' && one.reports === 2);
      },
      { timeout: 90_000, polling: 1000 },
      echo,
    );
    const heard = await fox.evaluate(async (id) => {
      const { calls } = await (await fetch('/v1/skein/calls')).json();
      const { key } = calls.find((one) => one.conversation === id);
      const { reports } = await (await fetch(`/v1/skein/calls/${key}`)).json();
      return JSON.parse(reports.find(({ own }) => own).report);
    }, echo);
    assert.equal(heard.path, 'server');
    assert.ok(heard.audio.packets_received > 500, `${heard.audio.packets_received} packets of echo`);
    await leave(ann, fox);
  });

  test('Firefox opens its camera, shows its screen and holds', { timeout: 180_000 }, async () => {
    const { ann, fox } = await talk();
    await pressFox(fox, 'Microphone');
    await says(ann, 'has the microphone off');
    await pressFox(fox, 'Microphone');
    await ann.getByText('has the microphone off').first().waitFor({ state: 'detached' });
    await pressFox(fox, 'Camera');
    await movesOn(ann, 'video.far');
    await fox.evaluate(paintScreens);
    await pressFox(fox, 'Screen');
    await saysFox(fox, 'You are sharing your screen');
    await movesOn(ann, 'video.screen');
    await movesOn(ann, 'video.far');
    // Both at once, so that each end has made an offer.
    await press(ann, 'Screen');
    await movesFox(fox, 'video.screen');
    await press(ann, 'Screen');
    await goneFox(fox, 'video.screen');
    await fox.evaluate(() => window.painted.endScreen());
    await ann.locator('video.screen').waitFor({ state: 'detached' });
    await saysFox(fox, 'You are sharing your screen', false);
    await pressFox(fox, 'Screen');
    await movesOn(ann, 'video.screen');
    await pressFox(fox, 'Screen');
    await ann.locator('video.screen').waitFor({ state: 'detached' });
    await movesOn(ann, 'video.far');
    await pressFox(fox, 'More');
    await pressFox(fox, 'Put on hold');
    await says(ann, 'put you on hold');
    await pressFox(fox, 'Go on');
    await ann.getByText('put you on hold').first().waitFor({ state: 'detached' });
    await Promise.all([hearsMore(ann), hearsMore(fox)]);
    await pressFox(fox, 'Hang up');
    assert.deepEqual(await outcomes(ann), ['completed']);
    await leave(ann, fox);
  });

  test('pages of both are loaded again, and go back into the call', { timeout: 180_000 }, async () => {
    const { ann, fox } = await talk();
    await fox.reload();
    await says(ann, 'is away for a moment');
    await pressFox(fox, 'Return to the call');
    await Promise.all([flows(fox), hearsMore(ann)]);
    await ann.getByText('is away for a moment').first().waitFor({ state: 'detached' });
    await ann.reload();
    await saysFox(fox, 'is away for a moment');
    await press(ann, 'Return to the call');
    await Promise.all([flows(ann), hearsMore(fox)]);
    await saysFox(fox, 'is away for a moment', false);
    await press(ann, 'Hang up');
    assert.deepEqual(await outcomes(ann), ['completed']);
    await leave(ann, fox);
  });

  for (const relayOnly of [false, true]) {
    test(`a call goes on over a killed server${relayOnly ? ', through its relay' : ''}`, { timeout: 180_000 }, async () => {
      const own = await startServer('', EVERYWHERE);
      try {
        const { ann, fox } = await talk({ at: own.url, settings: { relayOnly } });
        await goesBy(ann, relayOnly);
        await own.down('SIGKILL');
        if (relayOnly) await says(ann, /Finding another way|connection dropped/);
        else await Promise.all([hearsMore(ann), hearsMore(fox)]);
        await own.up();
        await Promise.all([hearsMore(ann), hearsMore(fox)]);
        await pressFox(fox, 'Microphone');
        await says(ann, 'has the microphone off');
        await press(ann, 'Hang up');
        assert.deepEqual(await outcomes(ann), ['completed']);
        await leave(ann, fox);
      } finally {
        await own.stop();
      }
    });
  }

  test('Firefox takes a second call, with the first on hold', { timeout: 180_000 }, async () => {
    const { ann, fox } = await talk();
    const carla = await enter(chromium, server.url, `carla${number}`);
    await befriend(carla, fox);
    await openChat(carla, fox.person);
    await call(carla);
    await pressFox(fox, 'Hold and answer');
    await says(ann, 'put you on hold');
    await live(carla);
    await Promise.all([flows(carla), flows(fox)]);
    await pressFox(fox, 'Swap');
    await says(carla, 'put you on hold');
    await ann.getByText('put you on hold').first().waitFor({ state: 'detached' });
    await hearsMore(ann);
    await press(ann, 'Hang up');
    await saysFox(fox, 'On hold.');
    await pressFox(fox, 'Go on');
    await hearsMore(carla);
    await pressFox(fox, 'Hang up');
    assert.deepEqual((await ask(carla, '/calls?limit=1')).calls.length, 1);
    assert.deepEqual([await outcomes(ann), await outcomes(carla)], [['completed'], ['completed']]);
    await leave(ann, fox, carla);
  });
});

/** A picture comes in at Chromium. */
async function movesOn(page, at) {
  await page.locator(at).waitFor({ timeout: 60_000 });
  await page.waitForFunction((one) => (document.querySelector(one)?.videoWidth ?? 0) > 0, at, { timeout: 60_000 });
}

/** In the page: a machine without a screen has no picker either, so a painted canvas is what is shown. */
function paintScreens() {
  const shown = [];
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [640, 400];
    const pen = canvas.getContext('2d');
    const timer = setInterval(() => {
      pen.fillStyle = `hsl(${Date.now() / 20 % 360} 80% 50%)`;
      pen.fillRect(0, 0, 640, 400);
    }, 100);
    const stream = canvas.captureStream(10);
    stream.getVideoTracks()[0].addEventListener('ended', () => clearInterval(timer));
    shown.push(stream);
    return stream;
  };
  window.painted = {
    endScreen() {
      const track = shown.at(-1).getVideoTracks()[0];
      track.stop();
      track.dispatchEvent(new Event('ended'));
    },
  };
}

/** The strongest pitch of what a page hears now, in Hz. */
function pitch(page) {
  return page.evaluate(async () => {
    const stream = document.querySelector('audio').srcObject;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    context.createMediaStreamSource(stream).connect(analyser);
    const bins = new Float32Array(analyser.frequencyBinCount);
    let best = 0;
    for (let look = 0; look < 20; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      analyser.getFloatFrequencyData(bins);
      best = bins.indexOf(Math.max(...bins));
      if (bins[best] > -60) break;
    }
    await context.close();
    return (best * context.sampleRate) / analyser.fftSize;
  });
}
