// Chromium and Firefox call each other: judged by decoded frames, packets, and the tone of Firefox's made-up microphone.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';

import puppeteer from 'puppeteer-core';

import { befriend, call, command, enter, flows, kept, live, openChat, PASSWORD, press, startChromium, startServer } from './call-lab.mjs';

const FIREFOX = process.env.SKEIN_FIREFOX ?? '/usr/bin/firefox-esr';
/** Hz of the tone that Firefox makes up. */
const TONE = 1000;

test('Chromium and Firefox talk and see each other, and Firefox hears itself by echo', { skip: existsSync(FIREFOX) ? false : `${FIREFOX} is not here`, timeout: 300_000 }, async () => {
  // Firefox finds no way to a media endpoint on loopback, so the server listens where people reach it.
  const server = await startServer('', '0.0.0.0:0');
  const chromium = await startChromium();
  const firefox = await puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.navigator.audio.fake_frequency': TONE,
      'media.autoplay.default': 0,
      'media.gmp-manager.updateEnabled': false,
      'media.peerconnection.ice.loopback': true,
      'intl.accept_languages': 'en',
    },
  });
  try {
    const ann = await enter(chromium, server.url, 'ann');
    const fox = await firefox.newPage();
    await fox.goto(server.url);
    await fox.evaluate(async (password) => {
      const device = { label: 'Firefox on Linux', kind: 'browser' };
      const answer = await fetch('/v1/skein/register', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'fox', display: 'Fox', password, device, session: 'cookie' }),
      });
      if (!answer.ok) throw new Error(await answer.text());
      localStorage.setItem('skein.call.seen', 'yes');
    }, PASSWORD);
    await fox.goto(`${server.url}/#/chats`);
    await fox.reload();
    await fox.waitForSelector('[data-region="rail"]');
    fox.person = 'fox';
    await befriend(ann, fox);

    await openChat(ann, 'fox');
    await call(ann, { video: true });
    await fox.waitForSelector('[data-region="ring"] .yes', { timeout: 30_000 });
    await fox.click('[data-region="ring"] .yes');
    await live(ann);
    await flows(ann, { video: true, packets: 150 });
    assert.ok(Math.abs((await pitch(ann)) - TONE) < TONE * 0.05, `heard ${await pitch(ann)} Hz`);
    await fox.waitForFunction(() => (document.querySelector('video.far')?.videoWidth ?? 0) > 0, { timeout: 60_000 });
    // The screen beside the camera comes by a later offer; ended, it is gone there. Then hold, which needs none.
    const says = (words) => fox.waitForFunction((text) => document.querySelector('dialog.stage')?.textContent.includes(text), { timeout: 60_000 }, words);
    const gone = (what) => fox.waitForFunction((at) => document.querySelector(at) === null, { timeout: 60_000 }, what);
    await press(ann, 'Screen');
    await fox.waitForFunction(() => (document.querySelector('video.screen')?.videoWidth ?? 0) > 0, { timeout: 60_000 });
    await press(ann, 'Screen');
    await gone('video.screen');
    await press(ann, 'More');
    await press(ann, 'Put on hold');
    await says('put you on hold');
    await press(ann, 'Go on');
    await fox.waitForFunction(() => !document.querySelector('dialog.stage').textContent.includes('put you on hold'), { timeout: 60_000 });
    await fox.waitForFunction(() => (document.querySelector('video.far')?.videoWidth ?? 0) > 0, { timeout: 60_000 });
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
    assert.deepEqual(ann.errors, []);

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
  } finally {
    await firefox.close();
    await chromium.close();
    await server.stop();
  }
});

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
