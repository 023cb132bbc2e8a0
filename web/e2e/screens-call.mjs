// Every screen of a call, in both themes and on a phone: a picture of each, no breach of WCAG, nothing sideways.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { befriend, breaches, enter, flows, live, openChat, overflow, picture, press, ringer, startChromium, startServer } from './call-lab.mjs';

/** Looks like a person's name in a mock, so that pictures can be laid beside the reference. */
const LOOKS = [
  { name: 'light', colorScheme: 'light' },
  { name: 'dark', colorScheme: 'dark' },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { name: 'narrow', colorScheme: 'dark', viewport: { width: 320, height: 640 }, locale: 'pt-PT', language: 'pt-PT' },
];

for (const look of LOOKS) {
  test(`screens of calls: ${look.name}`, { timeout: 300_000 }, async () => {
    const server = await startServer();
    const browser = await startChromium();
    const found = [];
    const keep = async (page, screen) => {
      await page.waitForTimeout(500);
      await picture(page, `call-${screen}-${look.name}`);
      for (const breach of await breaches(page)) found.push(`${screen}: ${breach}`);
      const sideways = await overflow(page);
      if (sideways > 0) found.push(`${screen}: ${sideways} px sideways`);
    };
    try {
      const { name: _, language, ...context } = look;
      const settings = language ? { language } : {};
      const ann = await enter(browser, server.url, 'ann', { display: 'Ann Sample', firstCall: true, settings, ...context });
      const bob = await enter(browser, server.url, 'bob', { display: 'Bruno Exemplo', ...context, locale: 'en', settings: {} });
      await befriend(ann, bob);
      await openChat(ann, bob.person);

      await head(ann, 1).click();
      await ann.locator('dialog .start button').first().waitFor();
      await ann.locator('dialog video').waitFor();
      await keep(ann, 'before');
      await ann.locator('dialog .start button').first().click();
      await ringer(bob).waitFor();
      await keep(ann, 'outgoing');
      await keep(bob, 'incoming');
      await press(bob, 'Answer with video');
      await Promise.all([live(ann), live(bob)]);
      await Promise.all([flows(ann, { video: true }), flows(bob, { video: true })]);
      await keep(ann, 'video');
      await press(bob, 'Camera');
      await ann.locator('video.far').waitFor({ state: 'detached' });
      await keep(ann, 'voice');
      await press(bob, 'Back to chats, the call goes on');
      await keep(bob, 'small');
      await press(bob, 'Hang up');
      await ann.locator('dialog .acts').waitFor();
      await ann.locator('dialog dl').waitFor();
      await ann.waitForTimeout(700);
      await keep(ann, 'ended');
      await ann.locator('dialog .acts button').nth(2).click();
      await ann.locator('svg[role="list"]').waitFor();
      await ann.waitForTimeout(1_000);
      await keep(ann, 'page');
      await ann.evaluate(() => (location.hash = '#/calls'));
      await keep(ann, 'history');

      await openChat(ann, bob.person);
      await head(ann, 0).click();
      await ringer(bob).waitFor();
      await keep(bob, 'incoming-voice');
      await press(bob, 'Decline');
      await ann.locator('dialog .say').waitFor();
      await keep(ann, 'not-answered');
      await ann.keyboard.press('Escape');
      await keep(ann, 'line');

      await openChat(ann, 'echo');
      await head(ann, 0).click();
      await ann.locator('dialog.stage').waitFor();
      await ann.waitForTimeout(2_500);
      await keep(ann, 'echo-greeting');
      await ann.locator('dialog .acts').waitFor({ timeout: 60_000 });
      await ann.locator('dialog .acts button').first().click();
      await ann.waitForTimeout(1_000);
      await keep(ann, 'echo-card');
      await ann.evaluate(() => (location.hash = '#/settings/sound'));
      await ann.waitForTimeout(1_000);
      await keep(ann, 'settings');
      assert.deepEqual(found, []);
      assert.deepEqual([...ann.errors, ...bob.errors], []);
    } finally {
      await browser.close();
      await server.stop();
    }
  });
}

/** Call (0) or video call (1) in the head of the open conversation. */
const head = (page, at) => page.locator('header .calls button').nth(at);
