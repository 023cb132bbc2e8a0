// A call in a browser that plays nothing before somebody has touched the page, by its own rule: `node --test e2e/call-autoplay.mjs`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { befriend, call, callGround, enter, flows, openChat, people, press, startChromium, startServer } from './call-lab.mjs';
import { enterFirefox, EVERYWHERE, pressFox, startFirefox, without } from './firefox.mjs';

callGround(['--autoplay-policy=document-user-activation-required']);

/** Loads a page anew and gives what looks at it without touching it: what Playwright does itself counts as a gesture. */
async function untouched(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Page.reload');
  const look = async (what, given = null) => {
    const expression = `(${what})(${JSON.stringify(given)})`;
    const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', { expression, userGesture: false, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  const see = async (what, given) => {
    for (const end = Date.now() + 20_000; Date.now() < end; await pause(100)) {
      if (await look(what, given)) return;
    }
    throw new Error(`not seen after 20 s: ${what} ${given ?? ''}`);
  };
  return { look, see };
}

/** In the page: whether there is a button of this name. */
const isThere = (name) => [...document.querySelectorAll('button')].some((button) => button.textContent.trim() === name);
/** In the page: presses it, as a shortcut of the system or a notification does. */
const pressed = (name) => [...document.querySelectorAll('button')].find((button) => button.textContent.trim() === name).click();
/** In the page: whether the other one can be heard. */
const isHeard = () => [...document.querySelectorAll('audio')].some((audio) => audio.srcObject && !audio.paused);

test('whoever has not touched the page sees that it rings, and hears after one tap', { timeout: 120_000 }, async () => {
  const { ann, bob } = await people.two();
  const { look, see } = await untouched(bob);
  await see(() => document.querySelector('header .calls button') !== null);
  await call(ann);
  await see(isThere, 'Answer');
  assert.ok((await look(() => document.title)).includes(ann.person), 'the title says who calls');
  // A page that has the microphone may play: here is one that has none.
  await look(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('there is none', 'NotFoundError'));
  });
  await look(pressed, 'Answer');
  await see(isThere, 'Answer, only to listen');
  await look(pressed, 'Answer, only to listen');
  await see(isThere, 'Tap to hear');
  assert.deepEqual([await look(isHeard), await look(() => navigator.userActivation.hasBeenActive)], [false, false]);
  await press(bob, 'Tap to hear');
  await see(isHeard);
  await bob.getByRole('button', { name: 'Tap to hear' }).waitFor({ state: 'detached' });
  await flows(bob);
  // What comes later is covered by it.
  await press(ann, 'Camera');
  await flows(bob, { video: true });
  await bob.waitForFunction(() => document.querySelector('video.far')?.paused === false);
  await press(ann, 'Hang up');
});

/**
 * In Firefox, before the page's own scripts: a machine without a microphone, whose reader answers without touching the page. It tells
 * the console what it sees, for whatever the test itself asks of the page counts as a gesture.
 */
function answersByItself() {
  if (sessionStorage.getItem('answers') !== 'yes') return;
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('there is none', 'NotFoundError'));
  const named = (name) => [...document.querySelectorAll('button')].find((button) => button.textContent.trim() === name);
  const timer = setInterval(() => {
    (named('Answer, only to listen') ?? named('Answer'))?.click();
    if (named('Tap to hear') === undefined) return;
    clearInterval(timer);
    const isHeard = [...document.querySelectorAll('audio')].some((audio) => audio.srcObject && !audio.paused);
    console.log(`to be tapped: ${JSON.stringify([isHeard, navigator.userActivation.hasBeenActive])}`);
  }, 100);
}

test('Firefox, which plays nothing by its own rule, is heard after one tap', { timeout: 180_000, skip: without }, async () => {
  const [server, chromium, firefox] = await Promise.all([
    startServer('', EVERYWHERE),
    startChromium(),
    // Firefox lets a page play that has the microphone, and else only who was touched.
    startFirefox({ 'media.autoplay.default': 5, 'media.autoplay.blocking_policy': 0 }),
  ]);
  try {
    const ann = await enter(chromium, server.url, 'ann');
    const fox = await enterFirefox(firefox, server.url, 'fox');
    await befriend(ann, fox);
    await openChat(ann, fox.person);
    await fox.evaluateOnNewDocument(answersByItself);
    await fox.evaluate(() => sessionStorage.setItem('answers', 'yes'));
    const told = new Promise((resolve) => fox.on('console', (line) => line.text().startsWith('to be tapped: ') && resolve(line.text())));
    await fox.goto(`${server.url}/?untouched`);
    await call(ann);
    assert.equal(await told, 'to be tapped: [false,false]');
    await pressFox(fox, 'Tap to hear');
    await fox.waitForFunction(() => [...document.querySelectorAll('audio')].some((audio) => audio.srcObject && !audio.paused), { timeout: 20_000 });
    await fox.waitForFunction(() => [...document.querySelectorAll('button')].every((button) => button.textContent.trim() !== 'Tap to hear'), { timeout: 20_000 });
    await press(ann, 'Hang up');
  } finally {
    await Promise.all([firefox.close(), chromium.close(), server.stop()]);
  }
});
