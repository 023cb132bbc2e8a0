// Who comes in by invitation, and who leaves for good: `node --test e2e/accounts.mjs`. Pictures go to out/screens.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import {
  PASSWORD, befriend, breaches, bubble, keepCode, openChatWith, overflow, picture, plain, startChromium, startServer, visit, write,
} from './harness.mjs';

let server;
let browser;
let pages = [];

before(async () => {
  server = await startServer('[accounts]\nregistration = "invite"\nmembers_invite = true\n');
  browser = await startChromium();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(async () => {
  const errors = pages.flatMap((page) => page.errors);
  await Promise.all(pages.map((page) => page.context().close()));
  pages = [];
  assert.deepEqual(errors, [], 'errors in pages');
});

/** A page at an address of ours. */
async function at(hash) {
  const page = await visit(browser, server, { hash });
  pages.push(page);
  return page;
}

/** axe in both themes, and nothing sideways on a narrow screen. */
async function look(page, name) {
  const wrong = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await picture(page, `${name}-${colorScheme}`);
    wrong.push(...(await breaches(page)));
  }
  await page.setViewportSize({ width: 320, height: 640 });
  await picture(page, `phone-${name}`);
  if ((await overflow(page)) > 0) wrong.push('sideways');
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual(wrong, [], name);
}

const code = (page) => page.getByLabel('Your invitation');

/** Fills the form, whatever the invitation. */
async function fill(page, display, name) {
  page.person = name;
  await page.getByLabel('What should people call you?').fill(display);
  await page.getByLabel('Your name on this server').fill(name);
  await page.getByText('is free. People add you by it').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
}

const create = (page) => page.getByRole('button', { name: 'Create account' }).click();

/** From the form to the chats. */
async function comesIn(page) {
  await create(page);
  await page.getByRole('group', { name: 'Recovery code' }).waitFor();
  await keepCode(page);
  await page.evaluate(() => localStorage.setItem('skein.call.seen', 'yes'));
}

test('one comes in by an invitation, invites another, and leaves for good', { timeout: 180_000 }, async () => {
  // By hand: no code, a wrong one, one that has ended, and the right one in small letters.
  const ann = await at('#/register');
  await fill(ann, 'Ann Sample', 'ann');
  await create(ann);
  await ann.getByText('Write the code of your invitation.').waitFor();
  await code(ann).fill('AAAA-AAAA-AAAA-AAAA');
  await create(ann);
  await ann.getByText('There is no such invitation').waitFor();
  await look(ann, 'register-invite');
  const { code: first, link } = server.operate('invite', 'new');
  assert.equal(link, null, 'the server has no public name');
  await code(ann).fill(first.toLowerCase().replaceAll('-', ' '));
  await comesIn(ann);

  // It was for one.
  const late = await at(`#/register/${first}`);
  assert.equal(await code(late).inputValue(), first, 'the link carries it');
  await fill(late, 'Late Sample', 'late');
  await create(late);
  await late.getByText('This invitation was used as often as it may be.').waitFor();

  // Members invite here: a link in the settings, which is used and can be revoked.
  await ann.evaluate(() => (location.hash = '#/settings/account'));
  const invites = ann.getByRole('region', { name: 'Invitations' });
  await invites.getByRole('button', { name: 'Make a link' }).click();
  const shown = invites.getByText('/#/register/');
  await shown.waitFor();
  await invites.getByText('Lets one more person in').waitFor();
  await look(ann, 'settings-invites');
  const address = new URL((await shown.textContent()).trim());
  await invites.getByRole('button', { name: /^Revoke/ }).click();
  await invites.getByText('Lets one more person in').waitFor({ state: 'detached' });
  const bob = await at(address.hash);
  await fill(bob, 'Bob Sample', 'bob');
  await create(bob);
  await bob.getByText('or it was revoked').waitFor();
  await invites.getByRole('button', { name: 'Make a link' }).click();
  await shown.waitFor();
  await code(bob).fill((await shown.textContent()).trim().split('/').at(-1));
  await comesIn(bob);

  // They talk; then Bob leaves, by the keyboard.
  await befriend(ann, bob);
  await openChatWith(ann, 'Bob Sample');
  await openChatWith(bob, 'Ann Sample');
  await write(bob, 'Remember the lake');
  await bubble(ann, 'Remember the lake').waitFor();
  await bob.evaluate(() => (location.hash = '#/settings/account'));
  await bob.getByRole('button', { name: 'Delete my account' }).press('Enter');
  const dialog = bob.getByRole('dialog', { name: 'Delete your account?' });
  await dialog.getByText('it is their conversation too').waitFor();
  await dialog.getByLabel('Current password').fill('not my password');
  await bob.keyboard.press('Enter');
  await dialog.getByText('That is not your password.').waitFor();
  await look(bob, 'delete-account');
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Delete it for ever' }).press('Enter');
  await bob.getByText('Your account is deleted').waitFor();
  await bob.getByLabel('Your name here').fill('bob');
  await bob.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await bob.getByRole('button', { name: 'Sign in', exact: true }).click();
  await bob.getByText('do not match').waitFor();

  // Ann keeps what he wrote, and sees that nobody is there.
  await ann.locator('[data-region="list"] a', { hasText: 'Deleted account' }).first().waitFor();
  assert.equal(await bubble(ann, 'Remember the lake').count(), 1);
  await ann.reload();
  await openChatWith(ann, 'Deleted account');
  await bubble(ann, 'Remember the lake').waitFor();
  const page = plain(await ann.locator('body').innerText());
  assert.ok(!/Bob Sample/.test(page), 'his name is told no more');
  await ann.locator('#composer').getByText('This account was deleted.').waitFor();
});

test('a server that waits for its turn is told of, and nothing is sent twice', { timeout: 60_000 }, async () => {
  const page = await at('');
  const sent = [];
  let go;
  const held = new Promise((resolve) => (go = resolve));
  await page.route('**/v1/skein/sign-in', async (route) => {
    sent.push(route.request().method());
    await held;
    await route.continue();
  });
  const name = 'carl';
  const invitation = server.operate('invite', 'new').code;
  const body = { name, display: 'Carl Sample', password: PASSWORD, invite: invitation, device: { label: 'elsewhere', kind: 'bot' }, session: 'token' };
  const made = await fetch(`${server.url}/v1/skein/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  assert.ok(made.ok, await made.text());
  await page.clock.install();
  await page.getByLabel('Your name here').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.clock.runFor(5_000);
  const sentence = page.getByRole('status').filter({ hasText: 'It takes longer than usual' });
  await sentence.waitFor();
  assert.deepEqual(await breaches(page), []);
  await page.clock.runFor(25_000);
  assert.equal(await page.getByText('does not answer').count(), 0);
  go();
  await page.locator('[data-region="rail"]').waitFor();
  await sentence.waitFor({ state: 'detached' });
  assert.deepEqual(sent, ['POST']);
});
