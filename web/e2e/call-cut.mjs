// Calls whose ends lose each other or the server: `node --test e2e/call-cut.mjs`. No ring outlives its caller, nobody has
// to hear anything for it, and afterwards both histories agree.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { People, call, flows, kept, live, outcomes, press, ringer, stage, startChromium, startServer } from './call-lab.mjs';
import { layWire } from './wire.mjs';

/** What the clocks of this machine may be late, in ms: the tests run side by side. */
const LATE = 3_000;
/** The hub gives a caller whose connection dropped so long, a ring so long, and a ringing page itself so long. */
const CALLER_LOST = 10_000;
const RING = 30_000;
const OWN_TIMER = 35_000;

describe('a call in which somebody is cut off', { concurrency: 4 }, () => {
  let server;
  let browser;

  before(async () => {
    server = await startServer();
    browser = await startChromium();
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Two people with a line of their own each, the first of whom calls the second. */
  function cut(name, play) {
    test(name, { timeout: 180_000 }, async () => {
      const people = new People(browser, server.url);
      const wires = { ann: await layWire(server.url), bob: await layWire(server.url) };
      try {
        const { ann, bob } = await people.two({ to: { ann: wires.ann.url, bob: wires.bob.url } });
        await call(ann);
        await ringer(bob).waitFor();
        await play({ ann, bob, wires });
        await people.leave();
      } finally {
        for (const wire of Object.values(wires)) await wire.remove();
      }
    });
  }

  /** Waits until it rings no more; says how many ms that took from a moment on. */
  async function silentSince(page, begun, atMost) {
    await ringer(page).waitFor({ state: 'detached', timeout: atMost + LATE });
    return Date.now() - begun;
  }

  async function agree(ann, bob, hers, his) {
    assert.deepEqual([await outcomes(ann), await outcomes(bob)], [[hers], [his]]);
    assert.equal(await ringer(bob).count(), 0);
  }

  cut('whose caller has no network any more ends within 10 s', async ({ ann, bob }) => {
    const begun = Date.now();
    await ann.context().setOffline(true);
    const took = await silentSince(bob, begun, CALLER_LOST);
    assert.ok(took > CALLER_LOST - LATE, `after ${took} ms: a short break is no reason`);
    await ann.context().setOffline(false);
    await stage(ann).waitFor({ state: 'detached' });
    await agree(ann, bob, 'cancelled', 'missed');
  });

  cut('whose caller hangs up without a network ends within 10 s', async ({ ann, bob }) => {
    const begun = Date.now();
    await ann.context().setOffline(true);
    await press(ann, 'Cancel');
    await stage(ann).waitFor({ state: 'detached' });
    await silentSince(bob, begun, CALLER_LOST);
    await ann.context().setOffline(false);
    await agree(ann, bob, 'cancelled', 'missed');
  });

  cut('goes on ringing over a short break of the caller, and is answered', async ({ ann, bob, wires }) => {
    wires.ann.cut();
    await ann.waitForFunction(() => document.body.textContent.includes('You are offline.'));
    assert.equal(await ringer(bob).count(), 1);
    wires.ann.mend();
    await ann.waitForFunction(() => !document.body.textContent.includes('You are offline.'));
    await press(bob, 'Answer');
    await Promise.all([flows(ann), flows(bob)]);
    await press(bob, 'Hang up');
    await ann.getByText('Voice call ended').first().waitFor();
    await agree(ann, bob, 'completed', 'completed');
  });

  cut('whose caller’s cable is pulled, so that nobody is told, ends within 10 s', async ({ ann, bob, wires }) => {
    const begun = Date.now();
    wires.ann.die();
    const took = await silentSince(bob, begun, CALLER_LOST);
    assert.ok(took > CALLER_LOST - LATE, `after ${took} ms: a short break is no reason`);
    wires.ann.mend();
    await stage(ann).waitFor({ state: 'detached' });
    await agree(ann, bob, 'cancelled', 'missed');
  });

  cut('stops by the callee’s own clock when nothing reaches the callee', async ({ ann, bob, wires }) => {
    const begun = Date.now();
    wires.bob.die();
    await ann.getByText('did not answer').first().waitFor({ timeout: RING + LATE });
    assert.equal(await ringer(bob).count(), 1, 'the callee has heard something');
    await silentSince(bob, begun, OWN_TIMER);
    wires.bob.mend();
    await agree(ann, bob, 'not_answered', 'missed');
  });

  cut('that was cancelled while the callee was away stops as soon as the callee is back', async ({ ann, bob, wires }) => {
    wires.bob.die();
    await press(ann, 'Cancel');
    await stage(ann).waitFor({ state: 'detached' });
    assert.deepEqual(await outcomes(ann), ['cancelled']);
    assert.equal(await ringer(bob).count(), 1, 'the callee has heard something');
    wires.bob.mend();
    await silentSince(bob, Date.now(), 5_000);
    await agree(ann, bob, 'cancelled', 'missed');
  });

  cut('whose callee declines without a network is declined once it is back', async ({ ann, bob, wires }) => {
    wires.bob.cut();
    await bob.waitForFunction(() => document.body.textContent.includes('You are offline.'));
    await press(bob, 'Decline');
    await ringer(bob).waitFor({ state: 'detached' });
    wires.bob.mend();
    await ann.getByText('did not answer').first().waitFor({ timeout: 10_000 });
    await agree(ann, bob, 'not_answered', 'declined');
  });

  cut('that is hung up without a network ends for both once it is back, with both reports, and one can call again', async ({ ann, bob, wires }) => {
    await press(bob, 'Answer');
    await Promise.all([live(ann), live(bob)]);
    await Promise.all([flows(ann), flows(bob)]);
    wires.ann.cut();
    await ann.waitForFunction(() => document.body.textContent.includes('You are offline.'));
    await press(ann, 'Hang up');
    wires.ann.mend();
    await bob.getByText('Voice call ended').first().waitFor({ timeout: 10_000 });
    const { record, reports } = await kept(ann, { reports: 2 });
    assert.equal(record.outcome, 'completed');
    assert.deepEqual(reports.map(({ report }) => JSON.parse(report).ended).toSorted(), ['far_hang_up', 'hang_up']);
    for (const page of [ann, bob]) {
      await page.keyboard.press('Escape');
      await stage(page).waitFor({ state: 'detached' });
    }
    await call(ann);
    await press(bob, 'Answer');
    await Promise.all([live(ann), live(bob)]);
    await press(ann, 'Hang up');
    await bob.getByText('Voice call ended').first().waitFor();
  });
});
