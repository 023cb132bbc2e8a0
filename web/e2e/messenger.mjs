// What readers do, through a real server: `node --test e2e/messenger.mjs`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import {
  PASSWORD, Robot, browser, bubble, composer, ground, keep, keepCode, openChatWith, person, plain, register, server,
  texts, tick, two, visit, write, withRobot,
} from './harness.mjs';

ground();

test('the form says what is wrong, in its place, and keeps what was typed', { timeout: 60_000 }, async () => {
  await Robot.register(server, 'taken.name');
  const page = keep(await visit(browser, server, { hash: '#/register' }));
  await page.getByRole('button', { name: 'Create account' }).click();
  assert.equal(await page.getByRole('alert').count(), 3);
  assert.ok(await page.getByLabel('What should people call you?').evaluate((field) => field === document.activeElement));
  await page.getByLabel('What should people call you?').fill('Tåken Name');
  assert.equal(await page.getByLabel('Your name on this server').inputValue(), 'taken.name');
  await page.getByText('is taken').waitFor();
  await page.getByLabel('Password', { exact: true }).fill('password');
  await page.getByText('Easy to guess').first().waitFor();
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('alert').first().waitFor();
  assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), 'password');
  await page.getByLabel('Your name on this server').fill('fresh.name');
  await page.getByText('is free').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password', { exact: true }).press('Enter');
  await page.getByRole('group', { name: 'Recovery code' }).waitFor();
});

test('a lost password is replaced by the recovery code, which is replaced itself', { timeout: 60_000 }, async () => {
  const first = keep(await visit(browser, server));
  await register(first, 'Rita Sample', { name: 'rita' });
  const [download] = await Promise.all([first.waitForEvent('download'), first.getByRole('button', { name: 'Save as a file' }).click()]);
  assert.equal(download.suggestedFilename(), 'skein-rita.txt');
  await first.getByRole('button', { name: 'Copy' }).click();
  await first.getByText('Copied.').waitFor();
  assert.equal(await first.evaluate(() => navigator.clipboard.readText()), first.code);
  await keepCode(first);

  const second = keep(await visit(browser, server, { hash: '#/recover' }));
  await second.getByLabel('Your name here').fill('Rita');
  await second.getByLabel('Recovery code').fill('AAAA BBBB CCCC DDDD EEEE FFFF GGGG HHHH');
  await second.getByLabel('New password').fill('four brown geese in a row');
  await second.getByRole('button', { name: 'Set password and sign in' }).click();
  await second.getByText('That name and code do not match').waitFor();
  await second.getByLabel('Recovery code').fill(first.code.toLowerCase().replaceAll('-', ' '));
  await second.getByRole('button', { name: 'Set password and sign in' }).click();
  const box = second.getByRole('group', { name: 'Recovery code' });
  await box.waitFor();
  assert.notEqual((await box.locator('span').allTextContents()).join('-'), first.code);
  await keepCode(second);
  // The other device was signed out, as the form offered.
  await first.getByText('This device was signed out').waitFor();
  await first.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await first.getByRole('button', { name: 'Sign in', exact: true }).click();
  await first.getByText('do not match').waitFor();
});

test('an own message is edited and removed, for everyone', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  await write(ann, 'I bring the boots');
  await bubble(bob, 'I bring the boots').waitFor();
  await tick(ann, 'I bring the boots', 'read');
  // Up in the empty composer edits.
  await composer(ann).press('ArrowUp');
  await ann.getByText('You are editing a message').waitFor();
  assert.equal(await composer(ann).inputValue(), 'I bring the boots');
  await composer(ann).press('Escape');
  assert.equal(await composer(ann).inputValue(), '');
  await composer(ann).press('ArrowUp');
  await write(ann, 'I bring the boats');
  await bubble(bob, 'I bring the boats').getByText('edited').waitFor();
  assert.equal(await bubble(bob, 'I bring the boots').count(), 0);

  // By keyboard alone: to the message, its menu, remove.
  await ann.getByRole('log', { name: 'Messages' }).focus();
  await ann.keyboard.press('ArrowUp');
  await ann.keyboard.press('Enter');
  await ann.getByRole('menuitem', { name: 'Copy text' }).waitFor();
  await ann.keyboard.press('End');
  await ann.keyboard.press('Enter');
  await ann.getByRole('button', { name: 'Remove it' }).click();
  await bob.getByText('removed this message').first().waitFor();
  await ann.getByText('You removed this message').waitFor();
  // Both see it so after a reload too.
  await bob.reload();
  await bob.getByText('removed this message').first().waitFor();
});

test('what is written offline goes out by itself, once and in order', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  await write(ann, 'before');
  await bubble(bob, 'before').waitFor();
  await ann.context().setOffline(true);
  await ann.getByText('You are offline.').waitFor();
  assert.equal(await ann.getByRole('button', { name: 'Call', exact: true }).getAttribute('aria-disabled'), 'true');
  for (const text of ['one', 'two', 'three']) await write(ann, `offline ${text}`);
  await bubble(ann, 'offline three').getByText('waits for connection').waitFor();
  await write(bob, 'meanwhile');
  await ann.context().setOffline(false);
  await tick(ann, 'offline three', 'read');
  await bubble(ann, 'meanwhile').waitFor();
  assert.deepEqual(await texts(bob), await texts(ann));
  assert.deepEqual((await texts(bob)).filter((text) => text.startsWith('offline')), ['offline one', 'offline two', 'offline three']);
});

test('people ask, accept, decline, block, unblock and remove', { timeout: 90_000 }, async () => {
  const ann = keep(await person(browser, server, 'Ann Asker', { name: 'ann.asker' }));
  const [one, two] = await Promise.all(['one', 'two'].map((name) => Robot.register(server, `asker.${name}`, `Asker ${name}`)));
  await one.ask('ann.asker', 'Let me in');
  await two.ask('ann.asker');
  await ann.getByRole('link', { name: /People/ }).click();
  await ann.getByText('Let me in').waitFor();
  await ann.getByRole('button', { name: /^Decline.*Asker two/ }).click();
  await ann.getByRole('button', { name: /^Accept.*Asker one/ }).click();
  await ann.getByTitle(/Write to.*Asker one/).first().waitFor();
  assert.equal(await ann.getByRole('button', { name: /^Accept/ }).count(), 0);
  assert.equal(await ann.getByText('Asker two', { exact: true }).count(), 0);

  await ann.getByRole('button', { name: /More about.*Asker one/ }).click();
  await ann.getByRole('menuitem', { name: 'Block' }).click();
  await ann.getByRole('dialog').getByRole('button', { name: 'Block' }).click();
  await ann.getByText('Nobody here yet').waitFor();
  await assert.rejects(one.say('ann.asker', 'are you there?'));
  await ann.evaluate(() => (location.hash = '#/settings/privacy'));
  await ann.getByRole('button', { name: /Unblock.*Asker one/ }).click();
  await ann.getByText('You have blocked nobody').waitFor();
  await ann.getByRole('link', { name: /People/ }).click();
  await ann.getByRole('button', { name: /More about.*Asker one/ }).click();
  await ann.getByRole('menuitem', { name: 'Remove from contacts' }).click();
  await ann.getByRole('dialog').getByRole('button', { name: 'Remove from contacts' }).click();
  await ann.getByText('Nobody here yet').waitFor();

  await ann.getByRole('button', { name: 'Add a contact' }).first().click();
  await ann.getByLabel('Their exact name').fill('nobody.at.all');
  await ann.keyboard.press('Enter');
  await ann.getByText('Nobody here is called').waitFor();
  await ann.getByLabel('Their exact name').fill('ann.asker');
  await ann.keyboard.press('Enter');
  await ann.getByText('That is your own name').waitFor();
});

test('presence follows people: online, busy, invisible, gone', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  const shown = (words) => bob.locator('[data-region="head"]').getByText(words).waitFor();
  const choose = async (label) => {
    await ann.getByRole('button', { name: /Your status/ }).click();
    await ann.getByRole('radio', { name: label }).check();
    await ann.keyboard.press('Escape');
  };
  await shown('Online');
  await choose(/^Do not disturb/);
  await shown('Busy, do not disturb');
  await choose(/^Invisible/);
  await shown(/Last here|Offline/);
  await choose(/^Online/);
  await shown('Online');
  await ann.getByRole('button', { name: /Your status/ }).click();
  await ann.getByLabel('Mood').fill('Back from the lake');
  await ann.getByRole('button', { name: 'Save' }).click();
  await shown('Back from the lake');
  await ann.context().close();
  await shown(/Last here/);
});

test('a long history is read upwards, and one jumps back to the newest', { timeout: 120_000 }, async () => {
  const { ann, robot } = await withRobot();
  await robot.say(ann.person, ...Array.from({ length: 420 }, (_, index) => `line ${index}.`));
  await openChatWith(ann, robot.display);
  const log = ann.getByRole('log', { name: 'Messages' });
  // Nothing of it was read: it opens at its beginning.
  await bubble(ann, /line 0\./).waitFor();
  await ann.getByRole('button', { name: /Jump to newest/ }).click();
  await bubble(ann, /line 419\./).waitFor();
  const first = () => log.evaluate((box) => box.querySelector('[role="article"]').dataset.key);
  for (let page = 0; page < 12 && (await bubble(ann, /line 0\./).count()) === 0; page += 1) {
    const before = await first();
    await log.evaluate((box) => (box.scrollTop = 0));
    await ann.waitForFunction((key) => document.querySelector('[role="log"] [role="article"]').dataset.key !== key, before);
  }
  await bubble(ann, /line 0\./).waitFor();
  assert.ok((await ann.getByRole('article').count()) <= 310, 'the window stays small');
  await ann.getByRole('button', { name: /Jump to newest/ }).click();
  await bubble(ann, /line 419\./).waitFor();
  await robot.say(ann.person, 'the very last');
  await bubble(ann, 'the very last').waitFor();

  // More than a page unread: it opens where one stopped, with a line, and leads on to the newest.
  await ann.evaluate(() => (location.hash = '#/people'));
  await robot.say(ann.person, ...Array.from({ length: 90 }, (_, index) => `more ${index}.`));
  await openChatWith(ann, robot.display);
  await ann.getByText(/New since/).waitFor();
  await bubble(ann, /more 0\./).waitFor();
  assert.ok(await bubble(ann, /more 0\./).evaluate((each) => each.getBoundingClientRect().top < innerHeight));
  await ann.getByRole('button', { name: /Jump to newest/ }).click();
  await bubble(ann, /more 89\./).waitFor();
});

test('reading a page upwards does not move what is looked at', { timeout: 90_000 }, async () => {
  const { ann, robot } = await withRobot();
  await robot.say(ann.person, ...Array.from({ length: 160 }, (_, index) => `row ${index}.`));
  await openChatWith(ann, robot.display);
  await ann.getByRole('button', { name: /Jump to newest/ }).click();
  await bubble(ann, /row 159\./).waitFor();
  const moved = await ann.evaluate(async () => {
    const box = document.querySelector('[role="log"]');
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const first = () => Number(/row (\d+)/.exec(box.textContent)?.[1]);
    box.scrollTop = 400;
    await frame();
    const before = first();
    const at = [...box.querySelectorAll('[data-key]')].find((each) => each.getBoundingClientRect().bottom > box.getBoundingClientRect().top);
    const { key } = at.dataset;
    const top = at.getBoundingClientRect().top;
    for (let tries = 0; tries < 300 && first() === before; tries += 1) await frame();
    await frame();
    if (first() === before) return `no page came: ${before}`;
    return Math.abs(box.querySelector(`[data-key="${key}"]`).getBoundingClientRect().top - top);
  });
  assert.ok(typeof moved === 'number' && moved < 4, `it moved: ${moved}`);
});

test('a refused message says why and can be removed', { timeout: 60_000 }, async () => {
  const { ann, robot } = await withRobot();
  await openChatWith(ann, robot.display);
  await ann.context().setOffline(true);
  await ann.getByText('You are offline.').waitFor();
  await write(ann, 'too late');
  await robot.command({ type: 'relate', other: await robot.find(ann.person), change: 'remove' });
  await ann.context().setOffline(false);
  const failed = bubble(ann, 'too late');
  await failed.getByText('Not sent').waitFor();
  await failed.getByRole('button', { name: 'Try again' }).click();
  await failed.getByText('Not sent').waitFor();
  await failed.getByRole('button', { name: 'Remove it' }).click();
  await failed.waitFor({ state: 'detached' });
});

test('a second device is told of, listed, and cut off at once', { timeout: 90_000 }, async () => {
  const { ann } = await withRobot();
  const phone = keep(await visit(browser, server, { viewport: { width: 390, height: 844 } }));
  await phone.getByLabel('Your name here').fill(ann.person);
  await phone.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await phone.getByRole('button', { name: 'Sign in', exact: true }).click();
  await phone.locator('[data-region="rail"]').waitFor();
  await ann.getByRole('alert').getByText('New sign-in on').waitFor();
  await ann.getByRole('button', { name: 'It was me' }).click();
  await ann.evaluate(() => (location.hash = '#/settings/devices'));
  await ann.getByText('This device').waitFor();
  await ann.getByRole('button', { name: /^Sign out Chrome/ }).or(ann.getByRole('button', { name: /^Sign out.*Chrome/ })).first().click();
  await ann.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await phone.getByText('This device was signed out').waitFor({ timeout: 2_000 });
  assert.equal(plain(await phone.title()), 'Skein');
});

test('password, code and name are changed in the settings', { timeout: 90_000 }, async () => {
  const { ann } = await withRobot();
  await ann.evaluate(() => (location.hash = '#/settings/account'));
  await ann.getByLabel('Name that people see').fill('Ann of the Lake');
  await ann.getByRole('button', { name: 'Save' }).first().click();
  await ann.getByText('Saved.').waitFor();
  await ann.getByRole('button', { name: 'Change password' }).click();
  await ann.getByLabel('Current password').fill('not this one');
  await ann.getByLabel('New password').fill('five grey geese on ice');
  await ann.getByRole('button', { name: 'Change it' }).click();
  await ann.getByText('That is not your password').waitFor();
  await ann.getByLabel('Current password').fill(PASSWORD);
  await ann.getByRole('button', { name: 'Change it' }).click();
  await ann.getByText('Your password is changed').waitFor();
  await ann.getByRole('button', { name: 'Make a new one' }).click();
  await ann.getByLabel('Current password').fill('five grey geese on ice');
  await ann.getByRole('button', { name: 'Make it' }).click();
  await ann.getByRole('group', { name: 'Recovery code' }).waitFor();
  await ann.getByRole('button', { name: 'I have kept the code' }).click();
  await ann.getByRole('button', { name: 'Sign out' }).first().click();
  await ann.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await ann.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await ann.getByLabel('Your name here').inputValue(), ann.person);
});

test('language and theme change at once and stay', { timeout: 60_000 }, async () => {
  const { ann } = await withRobot();
  await ann.evaluate(() => (location.hash = '#/settings/language'));
  await ann.getByRole('radio', { name: 'Português (Portugal)' }).check();
  await ann.getByRole('heading', { name: 'Definições' }).waitFor();
  await ann.evaluate(() => (location.hash = '#/settings/appearance'));
  await ann.getByRole('radio', { name: 'Escuro' }).check();
  await ann.reload();
  await ann.getByRole('heading', { name: 'Definições' }).waitFor();
  assert.equal(await ann.evaluate(() => document.documentElement.dataset.theme), 'dark');
  assert.equal(await ann.evaluate(() => document.documentElement.lang), 'pt-PT');
});

test('unread counts in the title, and the regions are reached by F6', { timeout: 60_000 }, async () => {
  const { ann, robot } = await withRobot();
  await robot.say(ann.person, 'unread');
  await ann.waitForFunction(() => document.title.startsWith('('));
  await openChatWith(ann, robot.display);
  await ann.waitForFunction(() => document.title === 'Skein');
  const regions = [];
  for (let step = 0; step < 5; step += 1) {
    await ann.keyboard.press('F6');
    regions.push(await ann.evaluate(() => document.activeElement.closest('[data-region]')?.dataset.region));
  }
  assert.deepEqual(regions, ['rail', 'list', 'head', 'content', 'composer']);
  await ann.keyboard.press('Shift+F6');
  assert.equal(await ann.evaluate(() => document.activeElement.closest('[data-region]')?.dataset.region), 'content');
});

test('devices whose clocks are off show the same order, the same days and the same times', { timeout: 120_000 }, async () => {
  const { ann, bob } = await two();
  const device = { label: 'Chrome on Linux', kind: 'browser' };
  const origin = new URL(server.url).origin;
  const minutes = (count) => Date.now() + count * 60_000;
  const off = [minutes(-1_440), minutes(-7), minutes(7), Date.UTC(2038, 0, 20), Date.UTC(1970, 0, 2)];
  const pages = [ann, bob, ...(await Promise.all(off.map(async (time, index) => {
    const [me, other] = index % 2 === 0 ? [ann, 'Bob Sample'] : [bob, 'Ann Sample'];
    const page = keep(await visit(browser, server));
    await page.clock.install({ time });
    const data = { name: me.person, password: PASSWORD, device, session: 'cookie' };
    assert.ok((await page.request.post(`${server.url}/v1/skein/sign-in`, { headers: { origin }, data })).ok());
    await page.reload();
    await page.locator('[data-region="rail"]').waitFor();
    await openChatWith(page, other);
    return page;
  })))];
  // Each says something, and each hears it before the next one speaks.
  const said = pages.map((_, index) => `number ${index}`);
  for (const [index, page] of pages.entries()) {
    await write(page, said[index]);
    await Promise.all(pages.map((each) => bubble(each, said[index]).waitFor()));
  }
  const seen = () => Promise.all(pages.map(async (page) => ({
    texts: await texts(page),
    days: (await page.getByRole('log').locator('.day').allTextContents()).map(plain),
    times: await page.getByRole('article').evaluateAll((all) => all.map((each) => /\d+:\d\d/.exec(each.ariaLabel)?.[0])),
    // In the list: a time of today, however far away the device thinks that is.
    listed: await page.locator('[data-region="list"] .time').first().textContent(),
  })));
  let shown = await seen();
  // A page looks at its clock twice a minute: at midnight, one may be in the new day before the others.
  for (let tries = 0; tries < 35 && shown.some((each) => !isDeepStrictEqual(each, shown[0])); tries += 1) {
    await ann.waitForTimeout(1_000);
    shown = await seen();
  }
  for (const each of shown) assert.deepEqual(each, shown[0]);
  assert.match(shown[0].listed, /\d+:\d\d/);
  assert.deepEqual(shown[0].texts, said);
  // What came is still there, in the same order, for whoever loads the page anew.
  await pages[5].reload();
  await composer(pages[5]).waitFor();
  await bubble(pages[5], said.at(-1)).waitFor();
  assert.deepEqual(await texts(pages[5]), said);
});
