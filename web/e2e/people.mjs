// Nicknames, favourites, the profile card, privacy, reports, do not disturb and a copy of one's data, as a reader has them:
// `node --test e2e/people.mjs`. The server is a real one.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { breaches, bubble, ground, overflow, picture, plain, tick, two, write } from './harness.mjs';

ground({ last: 'people-last' });

const card = (page) => page.getByRole('dialog');
const list = (page) => page.locator('[data-region="list"]');
const head = (page) => page.locator('[data-region="head"]');

const row = (page, name) => page.locator('li.person').filter({ hasText: name });

/** Opens the card of the one whose chat is open. */
async function openCard(page) {
  await head(page).getByRole('button', { name: /More/ }).click();
  await page.getByRole('menuitem', { name: 'Profile' }).click();
  await card(page).waitFor();
}

test('a nickname and a favourite are one\'s own, and shown everywhere', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  const real = plain(await head(ann).locator('.title').textContent());
  await write(bob, 'hello there');
  await bubble(ann, 'hello there').waitFor();
  await openCard(ann);
  await card(ann).getByLabel('Your name for them').fill('Captain');
  await card(ann).getByRole('button', { name: 'Save' }).click();
  await card(ann).getByRole('heading', { name: 'Captain' }).waitFor();
  await card(ann).getByText(real, { exact: true }).waitFor();
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'card');
  await card(ann).getByRole('button', { name: 'Add to favourites' }).click();
  await card(ann).getByRole('button', { name: 'Remove from favourites' }).waitFor();
  await ann.keyboard.press('Escape');
  await head(ann).getByText('Captain').waitFor();
  await list(ann).getByText('Captain').first().waitFor();
  await ann.locator('[data-region="rail"] a[href="#/people"]').click();
  await ann.getByRole('heading', { name: /^Favourites/ }).waitFor();
  await row(ann, 'Captain').waitFor();
  await ann.getByRole('searchbox').fill(real.toLowerCase());
  await row(ann, 'Captain').waitFor();
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'favourites');
  // A page that is loaded again has it, and the other one was told nothing.
  await ann.reload();
  await ann.getByRole('heading', { name: /^Favourites/ }).waitFor();
  assert.equal(await bob.getByText('Captain').count(), 0);
});

test('what is shown to nobody is gone from the other screen at once', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  await bob.getByRole('button', { name: /Your status/ }).click();
  await bob.getByLabel('Mood').fill('over the lake');
  await bob.getByRole('button', { name: 'Save' }).click();
  await head(ann).getByText('over the lake').waitFor();
  await bob.goto(`${new URL(bob.url()).origin}/#/settings/privacy`);
  const mood = bob.getByLabel('My mood');
  await mood.selectOption({ label: 'Nobody' });
  await head(ann).getByText('over the lake').waitFor({ state: 'detached' });
  assert.deepEqual(await breaches(bob), []);
  await picture(bob, 'privacy');
  await bob.setViewportSize({ width: 320, height: 640 });
  assert.equal(await overflow(bob), 0);
  await bob.setViewportSize({ width: 1280, height: 800 });
  await mood.selectOption({ label: 'My contacts' });
  await head(ann).getByText('over the lake').waitFor();
});

test('a message is reported with its words, and the one reported hears nothing', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  await write(bob, 'you goose');
  await bubble(ann, 'you goose').waitFor();
  await bubble(ann, 'you goose').hover();
  await bubble(ann, 'you goose').locator('[data-menu]').click();
  await ann.getByRole('menuitem', { name: 'Report' }).click();
  const form = card(ann);
  await form.getByRole('button', { name: 'Send report' }).click();
  await form.getByText('Choose what it is about.').waitFor();
  await form.getByLabel('Threats, insults or stalking').check();
  assert.equal(await form.getByRole('checkbox', { name: /you goose/ }).isChecked(), true);
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'report');
  await form.getByRole('button', { name: 'Send report' }).click();
  await ann.getByText('The report was sent.').waitFor();
});

test('who is not to be disturbed says until when, on every device', { timeout: 90_000 }, async () => {
  const { ann, bob } = await two();
  await ann.getByRole('button', { name: /Your status/ }).click();
  await ann.getByRole('radio', { name: /^Do not disturb/ }).check();
  await head(bob).getByText('Busy, do not disturb').waitFor();
  await ann.getByRole('radio', { name: 'After an hour' }).check();
  await ann.getByText(/^Until /).waitFor();
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'quiet');
});

test('a copy of one\'s data is saved as a whole archive', { timeout: 90_000 }, async () => {
  const { ann } = await two();
  await write(ann, 'keep this');
  await tick(ann, 'keep this', 'read');
  await ann.goto(`${new URL(ann.url()).origin}/#/settings/privacy`);
  const [saved] = await Promise.all([ann.waitForEvent('download'), ann.getByRole('link', { name: 'Save' }).click()]);
  assert.equal(saved.suggestedFilename(), `skein-${ann.person}.zip`);
  const read = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(" ".join(z.read(n).decode() for n in z.namelist()))';
  assert.match(execFileSync('python3', ['-c', read, await saved.path()], { encoding: 'utf8' }), /keep this/);
});
