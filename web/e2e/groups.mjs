// Groups as people make them, look after them and leave them: `node --test e2e/groups.mjs`. The server is a real one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Robot, another, breaches, browser, bubble, command, composer, ground, keep, keepCode, overflow, person, picture, plain, server, visit, write,
} from './harness.mjs';

ground({ last: 'groups-last' });

/** Somebody at their chats. */
const enter = async (display, name) => keep(await person(browser, server, display, { name }));

/** Somebody without a browser who is in the contacts of somebody with one. */
async function friend(page, name, display) {
  const robot = await Robot.register(server, name, display);
  await robot.ask(page.person);
  await command(page, { type: 'relate', other: robot.id, change: 'accept' });
  return robot;
}

/** Waits for a line of the system in the open log. */
const line = (page, words) =>
  page.waitForFunction((wanted) => {
    const all = [...document.querySelectorAll('p.sys')].map((each) => each.textContent.replace(/[\u2066-\u2069]/g, '').trim());
    return all.includes(wanted);
  }, words);

const details = (page) => page.locator('[data-region="details"]');
const dialog = (page, name) => page.getByRole('dialog', { name });

/** Opens the details of the open chat by its head. */
async function open(page) {
  await page.locator('.conv [data-region="head"] a').click();
  await details(page).getByRole('heading', { name: 'Group details' }).waitFor();
}

/** The row of somebody in the details. */
const row = (page, display) => details(page).locator('li', { hasText: display });

/** Chooses from the menu of somebody in the details. */
async function choose(page, display, entry) {
  await row(page, display).getByRole('button', { name: display }).first().click();
  await page.getByRole('menuitem', { name: entry }).click();
}

/** Makes a group by the dialog, with these people. */
async function make(page, title, people, { history = false } = {}) {
  await page.getByRole('button', { name: 'New group' }).click();
  const box = dialog(page, 'New group');
  await box.getByLabel('Title of the group').fill(title);
  for (const display of people) await box.getByRole('checkbox', { name: display }).check();
  if (history) await box.getByRole('switch').click();
  await box.getByRole('button', { name: 'Make the group' }).click();
  await line(page, `${page.display} made the group “${title}”.`);
}

test('a group is made, renamed, filled, handed over and left by hand', { timeout: 120_000 }, async () => {
  const number = another();
  const ann = await enter(`Ann Owner ${number}`, `ann${number}`);
  ann.display = `Ann Owner ${number}`;
  const bob = await friend(ann, `bob${number}`, `Bob Member ${number}`);
  const cem = await friend(ann, `cem${number}`, `Cem Later ${number}`);
  await ann.getByRole('button', { name: 'New group' }).click();
  const box = dialog(ann, 'New group');
  await box.getByRole('button', { name: 'Make the group' }).click();
  await box.getByText('Give the group a title.').waitFor();
  await box.getByRole('checkbox', { name: bob.display }).check();
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'groups-new');
  await box.getByLabel('Title of the group').fill('Geese');
  await box.getByRole('button', { name: 'Make the group with one person' }).click();
  await line(ann, `${ann.display} made the group “Geese”.`);

  await open(ann);
  await row(ann, bob.display).waitFor();
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'groups-details');
  await details(ann).getByRole('button', { name: 'Change the title' }).click();
  await details(ann).getByLabel('Title of the group').fill('Swans');
  await details(ann).getByLabel('Title of the group').press('Enter');
  await line(ann, `${ann.display} named the group “Swans”.`);
  await details(ann).getByRole('switch', { name: 'Show newcomers what was said before' }).click();
  await line(ann, `${ann.display} lets newcomers see what was said before them.`);

  await details(ann).getByRole('button', { name: 'Add people' }).click();
  const add = dialog(ann, 'Add people to');
  assert.equal(await add.getByRole('checkbox', { name: bob.display }).count(), 0, 'who is in it is not offered');
  await add.getByRole('checkbox', { name: cem.display }).check();
  await add.getByText('They will read everything that was said before.').waitFor();
  await add.getByRole('button', { name: 'Add one person' }).click();
  await line(ann, `${ann.display} added ${cem.display}.`);
  await row(ann, cem.display).waitFor();

  // By keyboard: the list is one stop, Enter opens what one may do.
  await row(ann, bob.display).getByRole('button', { name: bob.display }).first().focus();
  await ann.keyboard.press('Enter');
  await ann.getByRole('menuitem', { name: 'Make admin' }).press('Enter');
  await line(ann, `${ann.display} made ${bob.display} admin.`);
  await row(ann, bob.display).getByText('admin', { exact: true }).waitFor();
  await choose(ann, cem.display, 'Remove from the group');
  await dialog(ann, 'Remove').getByRole('button', { name: 'Remove from the group' }).click();
  await line(ann, `${ann.display} removed ${cem.display}.`);
  await row(ann, cem.display).waitFor({ state: 'detached' });

  // Whoever owns it alone is told what becomes of it, and may choose instead.
  await details(ann).getByRole('button', { name: 'Leave the group' }).click();
  const leave = dialog(ann, 'Leave');
  await leave.getByText('Nobody else owns it.', { exact: false }).waitFor();
  assert.deepEqual(await breaches(ann), []);
  await leave.getByRole('button', { name: 'Stay' }).click();
  await choose(ann, bob.display, 'Hand the group over');
  await dialog(ann, 'Hand the group over').getByRole('button', { name: 'Hand the group over' }).click();
  await line(ann, `${ann.display} made ${ann.display} admin.`);
  await row(ann, bob.display).getByText('owner', { exact: true }).waitFor();
  assert.equal(await details(ann).getByRole('switch').count(), 0, 'rules are for owners');
  await details(ann).getByRole('button', { name: 'Leave the group' }).click();
  assert.equal(await leave.getByText('Nobody else owns it.', { exact: false }).count(), 0);
  await leave.getByRole('button', { name: 'Leave the group' }).click();
  await ann.getByText('You are not in this group any more.', { exact: false }).first().waitFor();
  await ann.keyboard.press('Escape');
  await details(ann).waitFor({ state: 'detached' });
});

test('a link brings in somebody who has no account yet, and says so when it is used up', { timeout: 120_000 }, async () => {
  const number = another();
  const ann = await enter(`Ann Links ${number}`, `ann${number}`);
  ann.display = `Ann Links ${number}`;
  await make(ann, 'Open water', []);
  await open(ann);
  await details(ann).getByRole('button', { name: 'Make a link' }).click();
  await dialog(ann, 'Make a link').getByLabel('How often it can be used').selectOption('1');
  await dialog(ann, 'Make a link').getByRole('button', { name: 'Make a link' }).click();
  await details(ann).getByRole('button', { name: 'Copy the link' }).click();
  await ann.getByText('Link copied.').first().waitFor();
  await details(ann).getByText('once more').waitFor();
  const address = await ann.evaluate(() => navigator.clipboard.readText());
  assert.equal(address, await details(ann).getByLabel('The new link').inputValue());
  assert.ok(address.startsWith(`${server.url}/#/join/`), address);
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'groups-link');

  const dee = keep(await visit(browser, server, { hash: address.slice(address.indexOf('#')) }));
  await dee.getByText('You are invited to a group.', { exact: false }).waitFor();
  await dee.getByRole('link', { name: 'Create an account' }).click();
  const hash = new URL(dee.url()).hash;
  assert.ok(hash.startsWith('#/register/join/'), hash);
  await dee.getByLabel('What should people call you?').fill(`Dee New ${number}`);
  await dee.getByText('is free. People add you by it').waitFor();
  await dee.getByLabel('Password', { exact: true }).fill('a goose takes turns at the front');
  await dee.getByRole('button', { name: 'Create account' }).click();
  await keepCode(dee);
  await dee.getByRole('heading', { name: 'Open water' }).waitFor();
  await dee.getByText('invites you to this group.').filter({ hasText: ann.display }).waitFor();
  await dee.getByText('One person').waitFor();
  assert.deepEqual(await breaches(dee), []);
  await picture(dee, 'groups-join');
  await dee.setViewportSize({ width: 320, height: 640 });
  assert.equal(await overflow(dee), 0);
  await dee.getByRole('button', { name: 'Join' }).click();
  await line(dee, `Dee New ${number} joined by a link.`);
  await line(ann, `Dee New ${number} joined by a link.`);
  await row(ann, `Dee New ${number}`).waitFor();
  await details(ann).getByText('once more').waitFor({ state: 'detached' });
  // On a telephone the details cover the conversation, and the browser's back closes them.
  await open(dee);
  await row(dee, ann.display).waitFor();
  assert.equal(await overflow(dee), 0);
  assert.equal(await details(dee).getByRole('heading', { name: 'Invitation links' }).count(), 0, 'links are for owners and admins');
  assert.deepEqual(await breaches(dee), []);
  await picture(dee, 'groups-details-320');
  await dee.goBack();
  await details(dee).waitFor({ state: 'detached' });
  await composer(dee).waitFor();

  const eve = await enter(`Eve Late ${number}`, `eve${number}`);
  await eve.goto(address);
  await eve.getByRole('heading', { name: 'This link leads nowhere' }).waitFor();
  await eve.getByText('It was used as often as it may be.', { exact: false }).waitFor();
  await eve.goto(`${server.url}/#/join/nonsense`);
  await eve.getByText('It does not exist, or was ended.', { exact: false }).waitFor();
  assert.deepEqual(await breaches(eve), []);
  await eve.getByRole('button', { name: 'Go to your chats' }).click();
  await eve.getByRole('heading', { name: 'Chats' }).waitFor();
});

test('an own message says who has read it, and names come from all people of a large group', { timeout: 120_000 }, async () => {
  const number = another();
  const ann = await enter(`Ann Reads ${number}`, `ann${number}`);
  ann.display = `Ann Reads ${number}`;
  const bob = await friend(ann, `bob${number}`, `Bob Reads ${number}`);
  const cem = await friend(ann, `cem${number}`, `Cem Reads ${number}`);
  await make(ann, 'Readers', [bob.display, cem.display]);
  await write(ann, 'Who reads this');
  const own = bubble(ann, 'Who reads this');
  await own.locator('[data-tick]:not([data-tick="waiting"], [data-tick="sending"])').waitFor();
  const { conversations } = await bob.get('/conversations');
  const { id: conversation, last } = conversations.find(({ group }) => group);
  await bob.command({ type: 'mark_read', conversation, upto: last.id });
  await own.getByRole('button', { name: /Read by .?1/ }).waitFor();
  await cem.command({ type: 'mark_read', conversation, upto: last.id });
  await own.getByRole('button', { name: /Read by .?2/ }).click();
  const readers = dialog(ann, 'Who has read it');
  await readers.getByText(bob.display).waitFor();
  await readers.getByText(cem.display).waitFor();
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'groups-readers');
  await ann.keyboard.press('Escape');

  // People who came by a link: with them more than a conversation names.
  const { value } = await command(ann, { type: 'make_link', conversation });
  for (let index = 0; index < 49; index += 1) {
    const name = `crowd${number}x${String(index).padStart(2, '0')}`;
    const one = await Robot.register(server, name, `Crowd ${String(index).padStart(2, '0')}`);
    await one.command({ type: 'join_group', token: value.token });
  }
  await ann.getByText(/52.? people/).waitFor();
  await open(ann);
  await details(ann).getByLabel('Search the people').fill('crowd 48');
  await row(ann, 'Crowd 48').waitFor();
  await details(ann).getByRole('button', { name: 'Close' }).click();
  await composer(ann).fill('Hello @crowd 48');
  await ann.getByRole('option', { name: 'Crowd 48' }).click();
  await composer(ann).press('Enter');
  await bubble(ann, 'Hello').locator('.mention', { hasText: '@Crowd 48' }).waitFor();
  await picture(ann, 'groups-large');
  const text = plain(await bubble(ann, 'Hello').locator('.text').textContent());
  assert.equal(text.trim(), 'Hello @Crowd 48');
});
