// Groups and files that programs make, as the browser client shows them: `node --test e2e/shared.mjs`. The server is a real one.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';

import { Robot, breaches, bubble, command, composer, openChatWith, overflow, person, picture, plain, startChromium, startServer, write } from './harness.mjs';

const ICON = readFileSync(new URL('../../fuzz/corpus/backend_pictures/png-text', import.meta.url));
const PAGE = '<!doctype html><script>parent.document.title = document.title = "taken over"; fetch("/v1/skein/me")</script><h1>Hello</h1>';

let server;
let browser;
let bob;
let ann;

before(async () => {
  server = await startServer();
  browser = await startChromium();
  bob = await person(browser, server, 'Bob Sample', { name: 'bob' });
  ann = await Robot.register(server, 'ann', 'Ann Sample');
  await ann.ask('bob');
  await command(bob, { type: 'relate', other: ann.id, change: 'accept' });
});

afterEach(() => assert.deepEqual(bob.errors.splice(0), [], 'errors in the page'));

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Waits for a line of the system in Bob's log. */
const line = (words) =>
  bob.waitForFunction((wanted) => {
    const all = [...document.querySelectorAll('p.sys')].map((each) => each.textContent.replace(/[\u2066-\u2069]/g, '').trim());
    return all.includes(wanted);
  }, words);

/** Uploads bytes in two pieces and gives the id. */
async function upload(name, bytes) {
  const size = bytes.length;
  const { value } = await ann.command({ type: 'begin_object', name, size, client: `up-${name}` });
  const { id } = value.object;
  for (const [from, to] of [[0, size >> 1], [size >> 1, size]]) {
    const headers = { authorization: `Bearer ${ann.token}`, 'upload-offset': String(from), 'content-type': 'application/octet-stream' };
    const answer = await fetch(`${ann.url}/objects/${id}`, { method: 'PATCH', headers, body: bytes.subarray(from, to) });
    assert.equal(answer.status, 200, await answer.text());
  }
  await ann.command({ type: 'finish_object', object: id, sha256: createHash('sha256').update(bytes).digest('hex') });
  return id;
}

test('a group has its title, its lines, and an end for whoever is removed', { timeout: 120_000 }, async () => {
  const account = await ann.find('bob');
  const rules = { post: 'everybody', add: 'everybody', history: false };
  const { value } = await ann.command({ type: 'create_group', title: 'Geese & <b>friends</b>', members: [account], rules, client: 'g1' });
  const conversation = value.conversation.id;
  await openChatWith(bob, 'Geese & <b>friends</b>');
  await line('Ann Sample made the group “Geese & <b>friends</b>”.');
  await ann.command({ type: 'send', to: { conversation }, body: { type: 'plain', text: 'Honk' }, client: 'm1' });
  await bubble(bob, 'Honk').waitFor();
  await write(bob, 'Honk back');
  await bubble(bob, 'Honk back').locator('[data-tick]:not([data-tick="waiting"])').waitFor();
  await ann.command({ type: 'update_group', conversation, title: 'Swans', rules: { ...rules, post: 'admins' } });
  await line('Ann Sample named the group “Swans”.');
  await bob.getByText('Only owners and admins write in this group.').waitFor();
  assert.deepEqual(await breaches(bob), []);
  await picture(bob, 'group');
  await ann.command({ type: 'set_members', conversation, people: [account], to: 'removed' });
  await bob.getByText('You are not in this group any more.', { exact: false }).waitFor();
  await bubble(bob, 'Honk').first().waitFor();
});

test('files are shown and saved, and nothing of them runs', { timeout: 120_000 }, async () => {
  const ids = [await upload('goose.png', ICON), await upload('page.html', Buffer.from(PAGE))];
  const account = await ann.find('bob');
  await ann.command({ type: 'send', to: { account }, body: { type: 'objects', ids }, client: 'm2' });
  await openChatWith(bob, 'Ann Sample');
  const shown = bubble(bob, 'page.html');
  await shown.waitFor();
  const image = shown.locator('img[alt="goose.png"]');
  await image.waitFor();
  await bob.waitForFunction((at) => document.querySelector(at)?.naturalWidth > 0, 'img[alt="goose.png"]');
  await bob.setViewportSize({ width: 320, height: 640 });
  await composer(bob).waitFor();
  assert.equal(await overflow(bob), 0);
  await picture(bob, 'files-320');
  await bob.setViewportSize({ width: 1280, height: 800 });
  const [saved] = await Promise.all([bob.waitForEvent('download'), shown.getByRole('link', { name: 'Save page.html' }).click()]);
  assert.equal(plain(saved.suggestedFilename()), 'page.html');
  assert.equal(readFileSync(await saved.path(), 'utf8'), PAGE);
  // Opened as an address it is an attachment, and in a frame nothing of it runs.
  const title = await bob.title();
  await bob.evaluate(async (id) => {
    const frame = document.createElement('iframe');
    frame.src = `/v1/skein/objects/${id}/content`;
    document.body.append(frame);
    await Promise.race([new Promise((resolve) => frame.addEventListener('load', resolve)), fetch(frame.src)]);
    frame.remove();
  }, ids[1]);
  assert.equal(await bob.title(), title);
  bob.errors = bob.errors.filter((text) => !/frame/i.test(text)); // that it was refused is what was asked for
  assert.deepEqual(await breaches(bob), []);
});
