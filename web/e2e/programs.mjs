// Bots of one's own, and what old programs need of one's settings: `node --test e2e/programs.mjs`. Pictures go to out/screens.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';

import { PASSWORD, breaches, overflow, person, picture, startChromium, startServer } from './harness.mjs';

let server;
let browser;

before(async () => {
  server = await startServer('[skype]\nenabled = true\n');
  browser = await startChromium();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Somebody at a page of their settings. */
async function settings(name, page) {
  const ann = await person(browser, server, `${name} Sample`, { name });
  await ann.goto(`${server.url}/#/settings/${page}`);
  return ann;
}

/** The button of these words, whatever marks stand around a name in them. */
const button = (page, words, name) => page.getByRole('button', { name: new RegExp(`^${words} .?${name.replace('.', '\\.')}.?$`) });

/** Closes a page in which nothing went wrong. */
async function leave(page) {
  await page.context().close();
  assert.deepEqual(page.errors, [], 'errors in pages');
}

/** axe in both themes, wide and on a narrow phone, and nothing sideways there. */
async function look(page, name) {
  const wrong = [];
  for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [320, 'light'], [320, 'dark']]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await picture(page, `${name}-${width}-${colorScheme}`);
    wrong.push(...(await breaches(page)));
    if ((await overflow(page)) > 0) wrong.push(`${width} px: sideways`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual(wrong, [], name);
}

/** What the API answers to whom a token belongs to. */
async function whose(token) {
  const answer = await fetch(`${server.url}/v1/skein/me`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, name: answer.ok ? (await answer.json()).name : undefined };
}

test('a bot has a name that stays, tokens that are shown once, and ends at once', { timeout: 120_000 }, async () => {
  const ann = await settings('ann', 'bots');
  const name = ann.getByLabel('Name of a new bot');
  const make = ann.getByRole('button', { name: 'Make a bot' });
  await make.click();
  await ann.getByText('Give the bot a name.').waitFor();
  await name.fill('ann');
  await make.click();
  await ann.getByRole('alert').getByText(/taken/).waitFor();
  await name.fill('weather.bot');
  await name.press('Enter');
  await ann.getByRole('heading', { name: 'weather.bot' }).waitFor();

  await button(ann, 'Make a token for', 'weather.bot').click();
  await ann.getByText('This token is shown once.').waitFor();
  await ann.getByRole('button', { name: 'Copy the token' }).click();
  await ann.getByText('The token is copied').waitFor();
  const first = await ann.evaluate(() => navigator.clipboard.readText());
  await ann.locator('.mono', { hasText: first }).waitFor();
  assert.deepEqual(await whose(first), { status: 200, name: 'weather.bot' });
  await look(ann, 'settings-bots');

  // Another one beside it; after a reload none is shown any more.
  await button(ann, 'Make a token for', 'weather.bot').click();
  await ann.locator('.mono').filter({ hasNotText: first }).waitFor();
  const second = await ann.locator('.mono').textContent();
  await ann.reload();
  await button(ann, 'Revoke the token', 'weather.bot 2').waitFor();
  assert.equal(await ann.locator('.mono').count(), 0);
  await button(ann, 'Revoke the token', 'weather.bot 1').click();
  await button(ann, 'Revoke the token', 'weather.bot 1').waitFor({ state: 'detached' });
  assert.equal((await whose(first)).status, 401);
  assert.deepEqual(await whose(second), { status: 200, name: 'weather.bot' });

  await button(ann, 'Delete the bot', 'weather.bot').click();
  await look(ann, 'delete-bot');
  await ann.getByRole('dialog').getByRole('button', { name: 'Delete the bot' }).click();
  await ann.getByText('The bot is deleted').waitFor();
  assert.equal((await whose(second)).status, 401);
  await name.fill('weather.bot');
  await make.click();
  await ann.getByRole('alert').getByText(/taken/).waitFor();
  await leave(ann);
});

/** Signs in as programs before 2015 did: the status, and the words of a refusal. */
async function byHash(name, password) {
  const passwordHash = createHash('md5').update(`${name}\nskyper\n${password}`).digest('base64');
  const body = new URLSearchParams({ scopes: 'client', clientVersion: '0/7.4.85.102/259/', username: name, passwordHash });
  const answer = await fetch(`${server.url}/_/api.skype.com/login/skypetoken`, { method: 'POST', body });
  return { ok: answer.ok && 'skypetoken' in (await answer.json()), status: answer.status };
}

test('old programs come in once they may, by any of one’s names, and no more after that', { timeout: 120_000 }, async () => {
  const ann = await settings('old.ann', 'account');
  const mail = 'ann@example.org';
  await ann.getByLabel('Another name').fill('no mail');
  await ann.getByRole('button', { name: 'Add it' }).click();
  await ann.getByLabel('Another name').and(ann.locator('[aria-invalid="true"]')).waitFor();
  await ann.getByLabel('Another name').fill(mail);
  await ann.getByRole('button', { name: 'Add it' }).click();
  await button(ann, 'Remove', mail).waitFor();
  assert.equal((await byHash('old.ann', PASSWORD)).ok, false);

  const allow = ann.getByRole('switch', { name: 'Allow old programs' });
  const dialog = ann.getByRole('dialog');
  await allow.click();
  await look(ann, 'old-programs');
  await dialog.getByLabel('Current password').fill('not the password');
  await dialog.getByRole('button', { name: 'Allow them' }).click();
  await dialog.getByText(/not.*password|does not match|do not match/i).first().waitFor();
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Allow them' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await allow.getAttribute('aria-checked') ?? String(await allow.isChecked()), 'true');
  assert.equal((await byHash('old.ann', PASSWORD)).ok, true);
  assert.equal((await byHash(mail, PASSWORD)).ok, true);
  assert.equal((await byHash('old.ann', 'another password')).ok, false);
  await look(ann, 'settings-account-old');

  // A name that comes now needs the password, and lets old programs in at once.
  const late = 'ann.late@example.org';
  await ann.getByLabel('Another name').fill(late);
  await ann.getByRole('button', { name: 'Add it' }).click();
  await look(ann, 'old-programs-name');
  await dialog.getByLabel('Current password').fill('not the password');
  await dialog.getByRole('button', { name: 'Add it' }).click();
  await dialog.getByText(/not.*password|does not match|do not match/i).first().waitFor();
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Add it' }).click();
  await dialog.waitFor({ state: 'detached' });
  await button(ann, 'Remove', late).waitFor();
  assert.equal((await byHash(late, PASSWORD)).ok, true);
  await button(ann, 'Remove', late).click();
  await button(ann, 'Remove', late).waitFor({ state: 'detached' });
  assert.equal((await byHash(late, PASSWORD)).ok, false);

  await allow.click();
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Turn off' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal((await byHash('old.ann', PASSWORD)).ok, false);
  await button(ann, 'Remove', mail).click();
  await button(ann, 'Remove', mail).waitFor({ state: 'detached' });
  await leave(ann);
});
