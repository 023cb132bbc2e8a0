// Calls that go on: over a restart of the server, a page that is loaded again or dies, another tab, another device:
// `node --test e2e/call-back.mjs`. Paths that are cut are the business of ci/lab/soak.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ask, breaches, call, callGround, connections, figures, flows, kept, live, outcomes, people, press, ringer, stage, startServer,
} from './call-lab.mjs';

callGround();

const back = (page) => page.getByRole('button', { name: 'Return to the call', exact: true });
const elsewhere = (page) => page.getByText('in another tab or on another device');

/** Two people who hear each other. */
async function talking(options) {
  const { ann, bob } = await people.two(options);
  await call(ann);
  await press(bob, 'Answer');
  await Promise.all([live(ann), live(bob)]);
  await Promise.all([flows(ann), flows(bob)]);
  return { ann, bob };
}

/** Waits until a page has heard more than it had. */
async function hearsMore(page) {
  const { audio } = await figures(page);
  await flows(page, { packets: (audio?.received ?? 0) + 50 });
}

/** The server passes on between the two: what one does with the microphone the other one sees. */
async function reached(from, at) {
  const off = at.getByText('has the microphone off').first();
  await press(from, 'Microphone');
  await off.waitFor();
  await press(from, 'Microphone');
  await off.waitFor({ state: 'detached' });
}

/** Hangs up, and both find one call that was completed. */
async function over(ann, bob, reports = 2) {
  await press(ann, 'Hang up');
  await bob.getByText('Voice call ended').first().waitFor();
  const detail = await kept(ann, { reports });
  assert.deepEqual([await outcomes(ann), await outcomes(bob)], [['completed'], ['completed']]);
  assert.deepEqual([await connections(ann), await connections(bob)], [0, 0]);
  return detail;
}

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`what runs and what rings go on over a restart of the server (${signal})`, { timeout: 180_000 }, async () => {
    const own = await startServer();
    try {
      const to = { ann: own.url, bob: own.url };
      const { ann, bob } = await talking({ to });
      const { ann: carla, bob: dora } = await people.two({ to });
      await call(carla);
      await ringer(dora).waitFor();
      const made = await ann.evaluate(() => window.skeinTest.made());
      await own.down(signal);
      // Media need no server.
      await Promise.all([hearsMore(ann), hearsMore(bob)]);
      await own.up();
      await reached(ann, bob);
      await reached(bob, ann);
      assert.equal(await ann.evaluate(() => window.skeinTest.made()), made, 'the connection is the same one');
      // It is the same call that rings on, and it can be answered.
      await carla.getByText(/Ringing on .?1.? device/).first().waitFor();
      await press(dora, 'Answer');
      await Promise.all([flows(carla), flows(dora)]);
      await over(carla, dora);
      const { marks } = await over(ann, bob);
      assert.ok(['invite', 'accept', 'restart', 'back'].every((name) => marks.some((mark) => mark.name === name)), JSON.stringify(marks));
    } finally {
      await people.leave();
      await own.stop();
    }
  });
}

test('through the relay a call finds its way again after the server was killed', { timeout: 180_000 }, async () => {
  const own = await startServer();
  try {
    const { ann, bob } = await talking({ to: { ann: own.url, bob: own.url }, settings: { relayOnly: true } });
    assert.equal((await figures(ann)).path?.[0], 'relay');
    await own.down('SIGKILL');
    await ann.getByText(/Finding another way|connection dropped/).first().waitFor();
    await own.up();
    await Promise.all([hearsMore(ann), hearsMore(bob)]);
    await reached(ann, bob);
    await over(ann, bob);
  } finally {
    await people.leave();
    await own.stop();
  }
});

test('a page that is loaded again is waited for and goes back into the call', { timeout: 90_000 }, async () => {
  const { ann, bob } = await talking();
  await bob.reload();
  await ann.getByText('is away for a moment').first().waitFor();
  await back(bob).waitFor();
  assert.deepEqual(await breaches(bob), []);
  await back(bob).click();
  await Promise.all([flows(bob), hearsMore(ann)]);
  await ann.getByText('is away for a moment').first().waitFor({ state: 'detached' });
  assert.equal(await connections(ann), 1);
  await reached(bob, ann);
  // The caller's page too, and the time that was talked goes on.
  const { record } = await ask(ann, `/calls/${(await ask(ann, '/calls?limit=1')).calls[0].key}`);
  await ann.reload();
  await back(ann).click();
  await Promise.all([flows(ann), hearsMore(bob)]);
  await reached(ann, bob);
  const detail = await over(ann, bob);
  assert.deepEqual([detail.record.key, detail.record.answered], [record.key, record.answered]);
});

test('a page that died offers the way back too, or to end the call for both', { timeout: 90_000 }, async () => {
  const { ann, bob } = await talking();
  const context = bob.context();
  const address = bob.url();
  const kept = await bob.evaluate(() => sessionStorage.getItem('skein.call.here'));
  const cdp = await context.newCDPSession(bob);
  void cdp.send('Page.crash').catch(() => undefined);
  await ann.getByText(/connection dropped|is away for a moment/).first().waitFor();
  // A browser gives a tab that died its storage back.
  const again = await context.newPage();
  await again.addInitScript((text) => sessionStorage.setItem('skein.call.here', text), kept);
  await again.goto(address);
  await back(again).waitFor();
  await press(again, 'End the call');
  await ann.getByText('Voice call ended').first().waitFor();
  await again.locator('[data-region="return"]').waitFor({ state: 'detached' });
  assert.deepEqual([await outcomes(ann), await outcomes(again)], [['completed'], ['completed']]);
});

test('another tab and another device do no harm, say where the call is, and take it when asked', { timeout: 120_000 }, async () => {
  const { ann, bob } = await talking();
  const tab = await bob.context().newPage();
  await tab.goto(bob.url());
  const device = await people.person(bob.person, { again: true });
  await Promise.all([elsewhere(tab).waitFor(), elsewhere(device).waitFor()]);
  assert.equal(await back(tab).count(), 0, 'the call is not the tab’s to return to');
  await tab.close();
  await Promise.all([hearsMore(ann), hearsMore(bob)]);
  assert.equal(await stage(ann).count() + await stage(bob).count(), 2);
  await press(device, 'Take the call here');
  await bob.getByText('goes on on your other device').waitFor();
  await Promise.all([flows(device), hearsMore(ann)]);
  assert.equal(await connections(bob), 0);
  await elsewhere(bob).waitFor();
  // The first one is closed; the call is no longer its affair.
  await reached(device, ann);
  await over(ann, device);
  await elsewhere(bob).waitFor({ state: 'detached' });
});
