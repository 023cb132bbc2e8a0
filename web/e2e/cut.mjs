// What breaks on the way and nobody loses: `node --test e2e/cut.mjs`. The server goes and comes, and connections end at
// the moment of a request, as they do in Chromium whenever an address of the machine comes or goes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  PASSWORD, Robot, another, ask, browser, bubble, command, composer, ground, keep, keepCode, openChatWith, people, person, register,
  server, startServer, texts, tick, two, visit, write,
} from './harness.mjs';

// What breaks on purpose may be complained of in the console; what a script did not expect may not.
ground({ counts: (error) => /Error:/.test(error) });

/** What the server keeps of the chat that a page shows, oldest first. */
async function stored(page) {
  const id = new URL(page.url()).hash.split('/').at(-1);
  const { messages } = await ask(page, `/conversations/${id}/messages?limit=200`);
  return messages.filter(({ body }) => body.type === 'text').map(({ body }) => body.blocks[0].inline[0].text);
}

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`what is written while the server is down (${signal}) waits, says so, and goes out once and in order`, { timeout: 180_000 }, async () => {
    const own = await startServer();
    try {
      const { ann, bob } = await two(own);
      await write(ann, 'before');
      await tick(ann, 'before', 'read');
      // On its way, or answered, or neither, when the server goes.
      await write(ann, 'at that moment');
      await own.down(signal);
      await ann.getByText('You are offline.').waitFor();
      for (const text of ['one', 'two', 'three']) await write(ann, `down ${text}`);
      await bubble(ann, 'down three').getByText('waits for connection').waitFor();
      await own.up();
      await tick(ann, 'down three', 'read');
      const wanted = ['before', 'at that moment', 'down one', 'down two', 'down three'];
      for (const page of [ann, bob]) assert.deepEqual(await texts(page), wanted);

      // The page is closed while the server is away; another one of the same browser finds what waits.
      await own.down(signal);
      await ann.getByText('You are offline.').waitFor();
      for (const text of ['four', 'five']) await write(ann, `kept ${text}`);
      await bubble(ann, 'kept five').getByText('waits for connection').waitFor();
      const address = ann.url();
      await ann.close();
      await own.up();
      const later = await ann.context().newPage();
      await later.goto(address);
      await tick(later, 'kept five', 'read');
      await bubble(bob, 'kept five').waitFor();
      wanted.push('kept four', 'kept five');
      for (const page of [later, bob]) assert.deepEqual(await texts(page), wanted);
      assert.deepEqual(await stored(bob), wanted);
    } finally {
      await own.stop();
    }
  });
}

test('what waits survives a reload of the page', { timeout: 60_000 }, async () => {
  another();
  const ann = keep(await person(browser, server, 'Ann Sample', { name: `ann${people}` }));
  const robot = await Robot.register(server, `robot${people}`, 'Robot');
  await robot.ask(ann.person);
  await command(ann, { type: 'relate', other: robot.id, change: 'accept' });
  await openChatWith(ann, 'Robot');
  await ann.context().setOffline(true);
  await ann.getByText('You are offline.').waitFor();
  await write(ann, 'kept over a reload');
  await bubble(ann, 'kept over a reload').getByText('waits for connection').waitFor();
  await ann.context().setOffline(false);
  await ann.reload();
  await tick(ann, 'kept over a reload', 'sent');
  assert.deepEqual(await stored(ann), ['kept over a reload']);
});

// --- requests that break ---------------------------------------------------------------------------------------------

/** Breaks the first requests to an address; `after` lets the server have them first, so that only the answer is lost. */
async function breaks(page, address, why, { times = 1, after: late = false } = {}) {
  const seen = { broken: 0, all: 0 };
  await page.route(address, async (route) => {
    seen.all += 1;
    if (seen.broken >= times) return route.continue();
    seen.broken += 1;
    if (late) await route.fetch();
    return route.abort(why);
  });
  return seen;
}

async function signIn(page, name) {
  await page.getByLabel('Your name here').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

for (const why of ['connectionreset', 'internetdisconnected', 'failed']) {
  test(`a connection that breaks (${why}) while the page begins or one signs in is tried again`, { timeout: 60_000 }, async () => {
    another();
    const { name } = await Robot.register(server, `again${people}`);
    const page = keep(await visit(browser, server, { hash: '#/register' }));
    const [begun, signed, caught] = [
      await breaks(page, '**/v1/skein/server', why), await breaks(page, '**/v1/skein/sign-in', why), await breaks(page, '**/v1/skein/sync?*', why),
    ];
    await page.goto(`${server.url}/#/sign-in`);
    await page.reload();
    await signIn(page, name);
    await page.locator('[data-region="rail"]').waitFor();
    assert.deepEqual([begun.broken, signed.broken, signed.all, caught.broken], [1, 1, 2, 1]);
  });
}

test('parts of the page that break on the way are asked for once more', { timeout: 60_000 }, async () => {
  another();
  const { name } = await Robot.register(server, `again${people}`);
  const page = keep(await visit(browser, server, { hash: '#/sign-in' }));
  const asked = new Map();
  await page.route('**/assets/*', (route) => {
    const { pathname } = new URL(route.request().url());
    asked.set(pathname, (asked.get(pathname) ?? 0) + 1);
    return asked.get(pathname) === 1 ? route.abort('connectionreset') : route.continue();
  });
  await signIn(page, name);
  await page.locator('[data-region="rail"]').waitFor();
  assert.ok([...asked].some(([path, times]) => path.endsWith('.js') && times === 2));
  // The calls are there, too, and everything has its looks.
  // A sheet that failed may not be read.
  await page.waitForFunction(() => {
    try {
      return [...document.querySelectorAll('link[rel="stylesheet"]')].every((link) => link.sheet.cssRules.length > 0);
    } catch {
      return false;
    }
  });
  assert.ok([...asked].some(([path, times]) => /CallLayer.*js/.test(path) && times === 2), [...asked.keys()].join(' '));
});

test('without a network one is told, keeps what was typed, and the page comes by itself with the network', { timeout: 60_000 }, async () => {
  another();
  const { name } = await Robot.register(server, `again${people}`);
  const page = keep(await visit(browser, server, { hash: '#/sign-in' }));
  await breaks(page, '**/v1/skein/sign-in', 'internetdisconnected', { times: 2 });
  await signIn(page, name);
  await page.getByRole('alert').getByText('does not answer').waitFor();
  assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), PASSWORD);
  await breaks(page, '**/v1/skein/server', 'internetdisconnected', { times: 2 });
  await page.reload();
  await page.getByRole('heading', { name: 'does not answer' }).waitFor();
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await page.getByLabel('Your name here').waitFor();
});

test('an account whose answer was lost is made once, and one comes in with the same words and a code', { timeout: 60_000 }, async () => {
  another();
  const name = `lost.answer.${people}`;
  const page = keep(await visit(browser, server));
  const seen = await breaks(page, '**/v1/skein/register', 'connectionreset', { after: true });
  const asked = register(page, 'Lena Sample', { name });
  await page.getByRole('alert').getByText('does not answer').waitFor();
  await page.getByRole('button', { name: 'Create account' }).click();
  await asked;
  assert.deepEqual(seen, { broken: 1, all: 2 });
  await keepCode(page);
  // The code that was shown is the one that counts.
  const other = keep(await visit(browser, server, { hash: '#/recover' }));
  await other.getByLabel('Your name here').fill(name);
  await other.getByLabel('Recovery code').fill(page.code);
  await other.getByLabel('New password').fill('four brown geese in a row');
  await other.getByRole('button', { name: 'Set password and sign in' }).click();
  await other.getByRole('group', { name: 'Recovery code' }).waitFor();
});

/** Ends the socket of a page at its first command of a kind; `after`: when the server has answered it. */
async function breakSocket(page, type, late) {
  const seen = { broken: 0, all: 0 };
  await page.routeWebSocket('**/v1/skein/socket', (near) => {
    const far = near.connectToServer();
    let ended = false;
    // The page may have more to say (a draft, a read mark) before it hears of the end.
    const end = () => {
      if (ended) return;
      ended = true;
      seen.broken += 1;
      void far.close();
      void near.close();
    };
    let last;
    near.onMessage((text) => {
      const frame = JSON.parse(text);
      const meant = frame.command?.type === type;
      seen.all += meant ? 1 : 0;
      if (meant && seen.broken === 0) last = frame.id;
      if (last === undefined || late) far.send(text);
      else end();
    });
    far.onMessage((text) => (last !== undefined && JSON.parse(text).id === last ? end() : near.send(text)));
  });
  await page.reload();
  await composer(page).waitFor();
  return seen;
}

for (const late of [false, true]) {
  test(`a message whose ${late ? 'answer' : 'request'} breaks off is there once`, { timeout: 60_000 }, async () => {
    const { ann, bob } = await two();
    const seen = await breakSocket(ann, 'send', late);
    await write(ann, 'only once');
    await write(ann, 'and this after it');
    await tick(ann, 'and this after it', 'read');
    for (const page of [ann, bob]) assert.deepEqual(await texts(page), ['only once', 'and this after it']);
    assert.deepEqual(await stored(bob), ['only once', 'and this after it']);
    assert.equal(seen.broken, 1);
    if (!late) assert.equal(seen.all, 3);
  });
}

test('what was read is told although the connection broke at that moment', { timeout: 60_000 }, async () => {
  const { ann, bob } = await two();
  const seen = await breakSocket(bob, 'mark_read', false);
  await write(ann, 'do you read this?');
  await tick(ann, 'do you read this?', 'read');
  assert.equal(seen.broken, 1);
});

test('another command that breaks off says so, and works when it is asked for again', { timeout: 60_000 }, async () => {
  const { ann, bob } = await two();
  await write(ann, 'to be removed');
  await tick(ann, 'to be removed', 'read');
  const seen = await breakSocket(ann, 'delete', false);
  const remove = async () => {
    await ann.getByRole('log', { name: 'Messages' }).focus();
    await ann.keyboard.press('ArrowUp');
    await ann.keyboard.press('Enter');
    await ann.getByRole('menuitem', { name: /^Remove/ }).click();
    await ann.getByRole('button', { name: 'Remove it' }).click();
  };
  await remove();
  await ann.getByText('The server does not answer. Try again in a moment.').first().waitFor();
  assert.equal(await bob.getByText('removed this message').count(), 0);
  await ann.getByText('You are offline.').waitFor({ state: 'detached' });
  await remove();
  await bob.getByText('removed this message').first().waitFor();
  assert.equal(seen.broken, 1);
});
