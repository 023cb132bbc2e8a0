// Calls between real browsers through a real server: `node --test e2e/call.mjs`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  call, callAt, callGround, command, connections, figures, flows, kept, live, outcomes, people, press, ringer, stage,
} from './call-lab.mjs';

callGround();

const fresh = (name) => people.fresh(name);
const person = (name, options) => people.person(name, options);
const two = (options) => people.two(options);

test('two browsers talk and see each other, and the call explains itself', { timeout: 120_000 }, async () => {
  const { ann, bob } = await two();
  await call(ann, { video: true });
  await ringer(bob).waitFor();
  await press(bob, 'Answer with video');
  await Promise.all([live(ann), live(bob)]);
  await Promise.all([flows(ann, { video: true }), flows(bob, { video: true })]);
  await press(ann, 'Hang up');
  await bob.getByText('Video call ended').waitFor();
  const { record, reports, marks } = await kept(ann, { reports: 2 });
  assert.equal(record.outcome, 'completed');
  assert.deepEqual(await outcomes(bob), ['completed']);
  for (const { report } of reports) {
    const told = JSON.parse(report);
    assert.equal(told.format, 1);
    assert.equal(told.path, 'direct');
    assert.ok(told.pairs.some((pair) => pair.selected));
    assert.ok(told.audio.packets_received > 0 && told.video.frames > 0);
    for (const name of ['ring', 'answer', 'first_check', 'valid_pair', 'dtls_connected', 'first_audio', 'first_video', 'ended']) {
      assert.ok(told.marks.some((mark) => mark.name === name), `${told.side} has no ${name}`);
    }
    // Both clocks are mapped to the server's.
    const answer = told.marks.find((mark) => mark.name === 'answer').at;
    assert.ok(Math.abs(answer - record.answered) < 2_000, `answered at ${record.answered}, ${told.side} says ${answer}`);
  }
  assert.deepEqual(['invite', 'ringing', 'accept'].filter((name) => !marks.some((mark) => mark.name === name)), []);
  let lists = 0;
  ann.on('request', (request) => (lists += request.url().includes('/v1/skein/calls?') ? 1 : 0));
  await press(ann, 'Inspect this call');
  const steps = ann.getByRole('list', { name: 'Steps of the call' });
  await steps.waitFor();
  assert.ok((await steps.getByRole('listitem').count()) >= 12);
  await ann.waitForTimeout(1_500);
  assert.ok(lists <= 2, `the history was read ${lists} times`);
  assert.deepEqual([await connections(ann), await connections(bob)], [0, 0]);
});

test('a camera comes and goes during a voice call without a new offer', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  await call(ann);
  await press(bob, 'Answer');
  await Promise.all([live(ann), live(bob)]);
  await press(bob, 'Camera');
  await flows(ann, { video: true });
  await ann.locator('video.far').waitFor();
  await press(bob, 'Camera');
  await ann.locator('video.far').waitFor({ state: 'detached' });
  await press(bob, 'Microphone');
  await ann.getByText('has the microphone off').first().waitFor();
  await press(bob, 'Hang up');
});

test('a decline looks like no answer to the caller, and ends the ring on every device', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  const second = await person(bob.person, { again: true });
  await call(ann);
  await Promise.all([ringer(bob).waitFor(), ringer(second).waitFor()]);
  await ann.getByText(/Ringing on .?2.? devices/).first().waitFor();
  await press(bob, 'Decline');
  await second.getByText('Declined on another device').waitFor();
  await ann.getByText('did not answer').waitFor();
  await Promise.all([ringer(bob).waitFor({ state: 'detached' }), ringer(second).waitFor({ state: 'detached' })]);
  assert.deepEqual([await outcomes(ann), await outcomes(bob)], [['not_answered'], ['declined']]);
});

test('one device answers, and the others stop within a second', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  const others = [await person(bob.person, { again: true }), await person(bob.person, { again: true })];
  await call(ann);
  await Promise.all([bob, ...others].map((page) => ringer(page).waitFor()));
  await press(bob, 'Answer');
  const begun = Date.now();
  await Promise.all(others.map((page) => page.getByText('Answered on another device').waitFor({ timeout: 5_000 })));
  await Promise.all(others.map((page) => ringer(page).waitFor({ state: 'detached', timeout: 5_000 })));
  const took = Date.now() - begun;
  assert.ok(took < 3_000, `${took} ms on a loaded machine`);
  await flows(ann);
  // A device that comes later finds a call that is on, and does not ring.
  const late = await person(bob.person, { again: true });
  assert.equal(await ringer(late).count(), 0);
  await press(ann, 'Hang up');
  assert.equal((await kept(late)).record.outcome, 'completed');
});

test('a caller who gives up leaves a missed call', { timeout: 60_000 }, async () => {
  const { ann, bob } = await two();
  await call(ann);
  await ringer(bob).waitFor();
  await press(ann, 'Cancel');
  await ringer(bob).waitFor({ state: 'detached' });
  await stage(ann).waitFor({ state: 'detached' });
  assert.deepEqual([await outcomes(ann), await outcomes(bob)], [['cancelled'], ['missed']]);
});

test('nobody there is not answered, at once', { timeout: 60_000 }, async () => {
  const { ann, bob } = await two();
  await bob.goto('about:blank');
  await ann.waitForTimeout(500);
  await call(ann);
  await ann.getByText('did not answer').waitFor({ timeout: 45_000 });
  assert.deepEqual(await outcomes(ann), ['not_answered']);
});

test('a ring that nobody takes ends after 30 s in both histories', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  await call(ann);
  await ringer(bob).waitFor();
  await ann.getByText('did not answer').waitFor({ timeout: 45_000 });
  await ringer(bob).waitFor({ state: 'detached', timeout: 5_000 });
  assert.deepEqual([await outcomes(ann), await outcomes(bob)], [['not_answered'], ['missed']]);
});

test('both call at the same moment and it becomes one call', { timeout: 180_000 }, async () => {
  const { ann, bob } = await two();
  for (const apart of [0, 20, 100, 500]) {
    // At 500 ms the other side rings already: calling somebody who is ringing is answering.
    const [first, second] = apart % 40 === 0 ? [ann, bob] : [bob, ann];
    // A barrier: both pages press by their own clocks, which are one on this machine.
    const at = Date.now() + 700;
    await Promise.all([callAt(first, at), callAt(second, at + apart)]);
    await Promise.all([live(ann), live(bob)]);
    await Promise.all([flows(ann), flows(bob)]);
    assert.deepEqual([await connections(ann), await connections(bob)], [1, 1], `${apart} ms apart`);
    await press(ann, 'Hang up');
    await bob.getByText('Voice call ended').waitFor();
    await Promise.all([ann, bob].map((page) => page.keyboard.press('Escape')));
    await stage(ann).waitFor({ state: 'detached' });
    assert.equal(await ringer(ann).count(), 0);
    for (const page of [ann, bob]) {
      const seen = await outcomes(page);
      assert.ok(seen.every((outcome) => outcome === 'completed'), `${apart} ms apart: ${seen}`);
    }
  }
  assert.equal((await outcomes(ann)).length, 4);
  assert.deepEqual([await connections(ann), await connections(bob)], [0, 0]);
});

test('a ring does not outlive a caller whose page dies', { timeout: 60_000 }, async () => {
  const { ann, bob } = await two();
  await call(ann);
  await ringer(bob).waitFor();
  const begun = Date.now();
  const cdp = await ann.context().newCDPSession(ann);
  void cdp.send('Page.crash').catch(() => undefined);
  await ringer(bob).waitFor({ state: 'detached', timeout: 20_000 });
  assert.ok(Date.now() - begun < 15_000);
  assert.deepEqual(await outcomes(bob), ['missed']);
});

test('a browser that plays nothing before a gesture asks for one', { timeout: 60_000 }, async () => {
  const { ann, bob } = await two();
  await bob.evaluate(() => {
    const play = HTMLMediaElement.prototype.play;
    let gesture = false;
    HTMLMediaElement.prototype.play = function () {
      if (this.localName === 'audio' && this.srcObject && !gesture) return Promise.reject(new DOMException('a gesture first', 'NotAllowedError'));
      return play.call(this);
    };
    window.allow = () => (gesture = true);
  });
  await call(ann);
  await press(bob, 'Answer');
  await bob.getByRole('button', { name: 'Tap to hear' }).waitFor();
  await bob.evaluate(() => window.allow());
  await press(bob, 'Tap to hear');
  await bob.getByRole('button', { name: 'Tap to hear' }).waitFor({ state: 'detached' });
  assert.equal(await bob.evaluate(() => document.querySelector('audio').paused), false);
  // What comes later is covered by it.
  await press(ann, 'Camera');
  await bob.locator('video.far').waitFor();
  assert.equal(await bob.getByRole('button', { name: 'Tap to hear' }).count(), 0);
  await press(ann, 'Hang up');
});

test('somebody busy is rung without sound', { timeout: 60_000 }, async () => {
  const { ann, bob } = await two();
  await bob.addInitScript(() => {
    window.played = 0;
    HTMLMediaElement.prototype.play = new Proxy(HTMLMediaElement.prototype.play, {
      apply(play, element, given) {
        if (element.src.includes('ring')) window.played += 1;
        return Reflect.apply(play, element, given);
      },
    });
  });
  await bob.reload();
  await bob.locator('[data-region="rail"]').waitFor();
  await command(bob, { type: 'set_availability', availability: 'busy' });
  await call(ann);
  await ringer(bob).waitFor();
  await bob.waitForTimeout(1_000);
  assert.equal(await bob.evaluate(() => window.played), 0);
  await press(ann, 'Cancel');
  await ringer(bob).waitFor({ state: 'detached' });
  await command(bob, { type: 'set_availability' });
  await ann.waitForTimeout(300);
  await call(ann);
  await ringer(bob).waitFor();
  await bob.waitForFunction(() => window.played > 0);
  await press(ann, 'Cancel');
});

test('the ring takes no focus, and keys answer it', { timeout: 60_000 }, async () => {
  const { ann, bob } = await two();
  const field = bob.locator('#composer');
  await field.click();
  await field.pressSequentially('I am typ');
  await call(ann);
  await ringer(bob).waitFor();
  await bob.keyboard.type('ing');
  assert.equal(await field.inputValue(), 'I am typing');
  await bob.keyboard.press('F6');
  assert.equal(await bob.evaluate(() => document.activeElement?.textContent?.trim()), 'Answer');
  await bob.keyboard.press('Alt+Shift+A');
  await flows(ann);
  await ann.keyboard.press('m');
  await bob.getByText('has the microphone off').first().waitFor();
  await ann.keyboard.press('Alt+Shift+H');
  await bob.getByText('Voice call ended').waitFor();
});

test('a relay is used when the caller wants it', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two({ settings: { relayOnly: true } });
  await call(ann);
  await press(bob, 'Answer');
  await Promise.all([flows(ann), flows(bob)]);
  assert.deepEqual((await figures(ann)).path?.[0], 'relay');
  assert.equal(await ann.evaluate(() => window.skeinTest.config().iceTransportPolicy), 'relay');
  await ann.getByText('Through the server').first().waitFor();
  await press(ann, 'Hang up');
  assert.equal(JSON.parse((await kept(ann, { reports: 2 })).reports[0].report).path, 'relay');
});

for (const relayOnly of [false, true]) {
  test(`echo greets, listens, plays back and leaves its score and advice${relayOnly ? ', through the relay' : ''}`, { timeout: 120_000 }, async () => {
    const ann = await person(fresh('ann'), { settings: { relayOnly } });
    await press(ann, 'Call echo');
    await ann.getByText('echo is greeting you').first().waitFor({ timeout: 30_000 });
    const { iceServers } = await ann.evaluate(() => window.skeinTest.config());
    assert.equal(iceServers.length > 0, relayOnly, 'a media endpoint of the server itself needs no TURN of the same address');
    await ann.getByText(/Speak now/).first().waitFor({ timeout: 30_000 });
    await ann.getByText('This is what arrived').first().waitFor({ timeout: 30_000 });
    await ann.getByText('Voice call ended').waitFor({ timeout: 40_000 });
    // Echo's own may well come first.
    const { record, reports } = await kept(ann, { reports: 2 });
    assert.equal(record.outcome, 'completed');
    const own = JSON.parse(reports.find((one) => one.own).report);
    assert.equal(own.path, relayOnly ? 'relay' : 'server');
    assert.ok(own.audio.packets_received > 500, `${own.audio.packets_received} packets`);
    await press(ann, 'Back to chat');
    // The score of this browser's beeps is not the point, but there is one, by a named method, and echo's report keeps it.
    const card = ann.getByRole('group', { name: 'Sound test' });
    await card.getByText(/of 5/).waitFor();
    await card.getByText('ITU-T G.107').waitFor();
    const theirs = JSON.parse(reports.find((one) => !one.own).report);
    assert.equal(theirs.sound_test.method, 'ITU-T G.107');
    assert.ok(theirs.sound_test.findings.length > 0);
  });
}
