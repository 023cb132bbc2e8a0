// The application itself: it starts without a network, it is replaced by a newer one, it tells of what comes in, its keys,
// its text and its steps back: `node --test e2e/shell.mjs`. Only here pages have a service worker.

import assert from 'node:assert/strict';
import { createServer, request as ask } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';

import {
  Robot, another, ask as api, breaches, browser, bubble, command, composer, ground, keep, openChatWith, overflow, people, person, server, tick,
  visit, write,
} from './harness.mjs';

ground({ last: 'last-shell', counts: (error) => !/Failed to fetch|ERR_|WebSocket connection/.test(error) });

const WORKING = { serviceWorkers: 'allow', permissions: ['notifications', 'microphone', 'clipboard-read', 'clipboard-write'] };

/** Somebody new with a friend who speaks the API, at the chat with them. */
async function withRobot(context = {}, home = server) {
  const number = another();
  const ann = keep(await person(browser, home, `Ann Sample ${number}`, { name: `anna${number}`, context }));
  const robot = await Robot.register(home, `robot${number}`, `Robot ${number}`);
  await robot.ask(ann.person);
  await command(ann, { type: 'relate', other: robot.id, change: 'accept' });
  await openChatWith(ann, `Robot ${number}`);
  return { ann, robot };
}

/** Waits until the browser keeps the shell and its worker answers for this page. */
async function kept(page) {
  await page.waitForFunction(async () => {
    if (!navigator.serviceWorker.controller) return false;
    for (const name of await caches.keys()) if (await (await caches.open(name)).match('/')) return true;
    return false;
  });
}

test('it starts without its server, says so, and keeps what was written', { timeout: 90_000 }, async () => {
  const { ann } = await withRobot(WORKING);
  await kept(ann);
  await server.down('SIGTERM');
  await write(ann, 'written without a server');
  await bubble(ann, 'written without a server').getByText('waits for connection').waitFor();
  await composer(ann).fill('half a sentence');
  await ann.reload();
  await ann.getByRole('heading', { name: 'does not answer' }).waitFor();
  await ann.getByText('One message waits on this device').waitFor();
  await ann.getByText('One draft is kept.').waitFor();
  assert.deepEqual(await breaches(ann), []);
  await server.up();
  await ann.getByRole('button', { name: 'Try again' }).click();
  await tick(ann, 'written without a server', 'sent');
  await ann.waitForFunction(() => document.querySelector('#composer')?.value === 'half a sentence');
  // Now the server has it, and nothing is left here.
  await ann.waitForFunction(() => Object.keys(localStorage).every((key) => !/^skein\.(?:outbox|draft)\./.test(key)));

  // Without a network the reader is told just that.
  await server.down('SIGTERM');
  await ann.context().setOffline(true);
  await ann.reload();
  await ann.getByRole('heading', { name: 'You are offline.' }).waitFor();
  await server.up();
  await ann.context().setOffline(false);
  await composer(ann).waitFor();
});

test('nothing of people is in the caches, and the operator can end the worker', { timeout: 90_000 }, async () => {
  const { ann, robot } = await withRobot(WORKING);
  await kept(ann);
  await robot.say(ann.person, 'between us');
  await bubble(ann, 'between us').waitFor();
  await ann.reload();
  await bubble(ann, 'between us').waitFor();
  const paths = await ann.evaluate(async () => {
    const all = [];
    for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) all.push(new URL(url).pathname);
    return all;
  });
  assert.ok(paths.length > 20);
  assert.deepEqual(paths.filter((path) => path !== '/' && !path.startsWith('/assets/')), []);

  process.env.SKEIN_SERVER__OFFLINE_SHELL = 'false';
  try {
    await server.restart();
  } finally {
    delete process.env.SKEIN_SERVER__OFFLINE_SHELL;
  }
  await ann.reload();
  await ann.waitForFunction(async () => (await navigator.serviceWorker.getRegistrations()).length === 0 && (await caches.keys()).length === 0);
  await ann.reload();
  await bubble(ann, 'between us').waitFor();
  await server.restart();
});

/** The server behind a proxy that can make it another build: other names in the page, and the old files are gone. */
async function behindProxy() {
  const { hostname, port } = new URL(server.url);
  const state = { build: undefined, gone: undefined };
  const sockets = new Set();
  const proxy = createServer((request, response) => {
    if (state.gone?.test(request.url)) return response.writeHead(404).end('there is nothing here\n');
    const { 'accept-encoding': _, 'if-none-match': ____, ...headers } = request.headers;
    const asked = ask({ hostname, port, path: request.url, method: request.method, headers }, (answer) => {
      const changes = state.build !== undefined && /^\/(?:|build-id\.json|sw\.js)$/.test(request.url) && answer.statusCode === 200;
      if (!changes) {
        response.writeHead(answer.statusCode, answer.headers);
        return answer.pipe(response);
      }
      const parts = [];
      answer.on('data', (part) => parts.push(part)).on('end', () => {
        const text = Buffer.concat(parts).toString()
          .replace(/(build"?[:=]\s*")[0-9a-f]{16}/g, `$1${state.build}`)
          // What is gone is not of this build.
          .replace(/"(assets\/[^"]+)",?/g, (all, path) => (state.gone?.test(`/${path}`) ? '' : all));
        const { 'content-length': __, etag: ___, ...rest } = answer.headers;
        response.writeHead(200, rest).end(text);
      });
    });
    asked.on('error', () => response.destroy());
    request.pipe(asked);
  });
  proxy.on('connection', (socket) => sockets.add(socket));
  proxy.on('upgrade', (request, socket, head) => {
    const far = connect(port, hostname, () => {
      far.write(`GET ${request.url} HTTP/1.1\r\n${request.rawHeaders.flatMap((each, at, all) => (at % 2 ? [] : `${each}: ${all[at + 1]}`)).join('\r\n')}\r\n\r\n`);
      far.write(head);
      socket.pipe(far).pipe(socket);
    });
    sockets.add(far);
    for (const one of [socket, far]) one.on('error', () => (socket.destroy(), far.destroy()));
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    state,
    url: `http://127.0.0.1:${proxy.address().port}`,
    cut: () => sockets.forEach((socket) => socket.destroy()),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

test('a newer one takes over: the open page says so, has its parts still, and is loaded anew by its reader alone', { timeout: 90_000 }, async () => {
  const home = await behindProxy();
  try {
    const { ann } = await withRobot(WORKING, home);
    await kept(ann);
    await composer(ann).fill('not yet');
    await ann.evaluate(() => (window.same = true));
    home.state.build = 'abcdef0123456789';
    home.state.gone = /^\/assets\/SettingsPage-/;
    home.cut();
    await ann.getByText('The server has a newer Skein.').waitFor();
    assert.deepEqual(await breaches(ann), []);
    // A new worker is there; the page has what it was made with, although no server has it any more.
    await ann.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    await ann.waitForFunction(async () => (await caches.keys()).includes('skein-shell-abcdef0123456789'));
    await ann.evaluate(() => (location.hash = '#/settings/appearance'));
    await ann.getByRole('heading', { name: 'Text size' }).waitFor();
    assert.ok(await ann.evaluate(() => window.same), 'it was not loaded anew by itself');

    // Nobody loads it in a call.
    const load = ann.getByRole('button', { name: 'Load the new one' });
    await ann.evaluate(() => history.back());
    await composer(ann).waitFor();
    await ann.evaluate(() => (window.draftAt = location.hash));
    const echo = (await api(ann, '/find?name=echo')).contact.profile.id;
    const { value } = await command(ann, { type: 'open_conversation', to: { account: echo } });
    await ann.evaluate((id) => (location.hash = `#/chats/${id}`), value.conversation.id);
    await ann.getByRole('button', { name: 'Call', exact: true }).first().click();
    await ann.locator('dialog.stage').waitFor();
    await ann.waitForFunction((button) => button.getAttribute('aria-disabled') === 'true', await load.elementHandle());
    await ann.keyboard.press('Alt+Shift+H');
    await ann.waitForFunction((button) => button.getAttribute('aria-disabled') === null, await load.elementHandle());
    home.state.gone = undefined;
    await ann.evaluate(() => (location.hash = window.draftAt));
    // Had the call begun by then, its end is shown over the page.
    await load.evaluate((button) => button.click());
    await ann.waitForFunction(() => window.same === undefined && document.documentElement.dataset.build === 'abcdef0123456789');
    await ann.waitForFunction(() => document.querySelector('#composer')?.value === 'not yet');
    assert.equal(await ann.getByText('The server has a newer Skein.').count(), 0);
  } finally {
    await home.stop();
  }
});

/** Counts what pages of a context show by the system from now on. */
const countNotices = (context) =>
  context.addInitScript(() => {
    window.notices = [];
    const show = ServiceWorkerRegistration.prototype.showNotification;
    ServiceWorkerRegistration.prototype.showNotification = function counted(title, options) {
      window.notices.push(`${title}: ${options.body}`);
      return show.call(this, title, options);
    };
  });

test('one notice for all pages, none where the chat is looked at, and a click leads to the message', { timeout: 90_000 }, async () => {
  const { ann, robot } = await withRobot(WORKING);
  await kept(ann);
  const context = ann.context();
  await countNotices(context);
  await ann.goto(`${server.url}/#/people`);
  await ann.reload();
  const second = await context.newPage();
  await second.goto(`${server.url}/#/people`);
  for (const page of [ann, second]) await page.getByRole('heading', { name: 'People', exact: true }).waitFor();
  // Both follow what comes in: the locks are asked for.
  const locks = (test) => ann.waitForFunction(test);
  await locks(async () => {
    const { held, pending } = await navigator.locks.query();
    return [...held, ...pending].filter(({ name }) => name === 'skein.notify').length === 2;
  });
  const chat = second.locator('a[href="#/chats"]', { hasText: 'new' });
  const shown = async () => [...(await ann.evaluate(() => window.notices)), ...(await second.evaluate(() => window.notices))];
  await robot.say(ann.person, 'the first one');
  await chat.waitFor();
  await ann.waitForFunction(async () => (await (await navigator.serviceWorker.ready).getNotifications()).length === 1);
  assert.deepEqual(await shown(), [`${robot.display}: the first one`]);

  // A click goes to the message, in a page that is there. The browser lets nobody but people click: the event is made.
  const [worker] = context.serviceWorkers();
  await worker.evaluate(async () => {
    const [notification] = await self.registration.getNotifications();
    self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
  });
  await Promise.race([ann, second].map((page) => bubble(page, 'the first one').waitFor()));
  const [reader, other] = (await bubble(ann, 'the first one').count()) > 0 ? [ann, second] : [second, ann];
  assert.equal(await other.getByRole('article').count(), 0);

  // It is looked at there: no page tells of the next one.
  await locks(async () => (await navigator.locks.query()).held.some(({ name }) => /^skein\.seen\../.test(name)));
  await robot.say(ann.person, 'the second one');
  await bubble(reader, 'the second one').waitFor();
  await reader.evaluate(() => (location.hash = '#/people'));
  await locks(async () => !(await navigator.locks.query()).held.some(({ name }) => /^skein\.seen\../.test(name)));
  await robot.say(ann.person, 'the third one');
  await ann.waitForFunction(async () => (await (await navigator.serviceWorker.ready).getNotifications()).some(({ body }) => body === 'the third one'));
  assert.deepEqual(await shown(), [`${robot.display}: the first one`, `${robot.display}: the third one`]);

  // The chat can be told to be silent, and then it is.
  await reader.evaluate(() => (location.hash = '#/chats'));
  await openChatWith(reader, robot.display);
  await reader.getByRole('button', { name: 'More about this chat' }).click();
  await reader.getByRole('menuitem', { name: 'Notifications' }).click();
  const dialog = reader.getByRole('dialog', { name: /Notifications of/ });
  await dialog.getByLabel('Nothing').check();
  await dialog.getByLabel('Reed').check();
  assert.deepEqual(await breaches(reader), []);
  await reader.waitForFunction(() => /"silent":true/.test(localStorage['skein.chats-notify']));
  await dialog.getByRole('button', { name: 'Close' }).click();
  await reader.evaluate(() => (location.hash = '#/people'));
  await locks(async () => !(await navigator.locks.query()).held.some(({ name }) => /^skein\.seen\../.test(name)));
  await robot.say(ann.person, 'into the dark');
  await chat.waitFor();
  // What is told comes after what is counted: another chat's message comes after both.
  const loud = await Robot.register(server, `loud${people}`, 'Loud');
  await loud.ask(ann.person);
  await command(ann, { type: 'relate', other: loud.id, change: 'accept' });
  await loud.say(ann.person, 'hear me');
  await ann.waitForFunction(async () => (await (await navigator.serviceWorker.ready).getNotifications()).some(({ body }) => body === 'hear me'));
  assert.ok(!JSON.stringify(await shown()).includes('into the dark'));
  await second.close();
});

test('all keys are on a sheet, can be changed, and a taken one is told', { timeout: 60_000 }, async () => {
  const { ann, robot } = await withRobot();
  await robot.say(ann.person, 'reply to me');
  await bubble(ann, 'reply to me').focus();
  await ann.keyboard.press('?');
  const sheet = ann.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await sheet.waitFor();
  assert.ok(await ann.evaluate(() => document.activeElement?.matches('input[type="search"]')));
  assert.deepEqual(await breaches(ann), []);
  await ann.keyboard.type('reply');
  await ann.keyboard.press('Tab');
  assert.equal(await ann.evaluate(() => document.activeElement?.textContent.trim()), 'Change: Reply');
  await ann.keyboard.press('Enter');
  await ann.keyboard.press('e');
  await sheet.getByRole('alert').getByText('That key is taken: React.').waitFor();
  await ann.keyboard.press('a');
  await sheet.locator('kbd', { hasText: /^A$/ }).waitFor();
  await ann.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  await ann.reload();
  await bubble(ann, 'reply to me').focus();
  await ann.keyboard.press('a');
  await ann.getByRole('group', { name: /^You answer/ }).waitFor();
  // In a field a letter is a letter, and the other key of the sheet works.
  await composer(ann).press('?');
  assert.equal(await composer(ann).inputValue(), '?');
  await ann.keyboard.press('Control+/');
  await sheet.locator('kbd', { hasText: /^A$/ }).waitFor();
  await sheet.getByRole('button', { name: 'In the settings' }).click();
  await ann.getByRole('button', { name: 'Reset all' }).click();
  await ann.locator('kbd', { hasText: /^R$/ }).waitFor();
});

test('text grows to twice its size and the layout with it, in all pages of the browser', { timeout: 60_000 }, async () => {
  const { ann } = await withRobot();
  const other = await ann.context().newPage();
  await other.goto(`${server.url}/#/settings/appearance`);
  await other.getByRole('radio', { name: '200%' }).check();
  await ann.waitForFunction(() => getComputedStyle(document.documentElement).fontSize === '32px');
  // Half the room: as on 640 pixels, the sections are a bar below.
  await ann.waitForFunction(() => document.querySelector('[data-region="rail"]').getBoundingClientRect().top > 600);
  assert.equal(await overflow(ann), 0);
  await ann.setViewportSize({ width: 1_100, height: 800 });
  await ann.locator('[data-region="list"]').waitFor({ state: 'hidden' });
  await other.getByRole('radio', { name: '100%' }).check();
  await ann.locator('[data-region="list"]').waitFor();
  await other.close();
});

test('on a telephone the button and the browser step back to the same place', { timeout: 60_000 }, async () => {
  const { ann, robot } = await withRobot();
  const chat = await ann.evaluate(() => location.hash);
  await ann.setViewportSize({ width: 320, height: 640 });
  const back = ann.getByRole('button', { name: 'Back', exact: true });
  const list = ann.locator('[data-region="list"]');
  await back.click();
  await list.waitFor();
  await list.getByText(robot.display).click();
  await composer(ann).waitFor();
  await ann.goBack();
  await list.waitFor();
  // A page that begins in a chat, as after a notice, has nothing before it.
  await ann.goto('about:blank');
  await ann.goto(`${server.url}/${chat}`);
  await back.click();
  await list.waitFor();
  assert.equal(await ann.evaluate(() => location.hash), '#/chats');
  await ann.evaluate(() => (location.hash = '#/settings'));
  await ann.getByRole('link', { name: 'Shortcuts' }).click();
  await ann.getByRole('button', { name: 'Settings', exact: true }).click();
  await ann.getByRole('link', { name: 'Shortcuts' }).waitFor();
  assert.equal(await ann.evaluate(() => location.hash), '#/settings');
});

test('it can be installed, with its name and its icons, in the reader’s language', { timeout: 60_000 }, async () => {
  for (const [locale, words] of [['en', 'Calls that find their way.'], ['pt-PT', 'Chamadas que encontram o caminho.']]) {
    const page = keep(await visit(browser, server, { locale }));
    await page.locator(`link[rel="manifest"][href$="app.${locale}.webmanifest"]`).waitFor({ state: 'attached' });
    const session = await page.context().newCDPSession(page);
    const { errors, manifest, url } = await session.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    assert.ok(url.endsWith(`app.${locale}.webmanifest`), url);
    assert.match(manifest.description ?? JSON.stringify(manifest), new RegExp(words));
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
    const sizes = await page.evaluate(async () => {
      const { icons } = await (await fetch(document.querySelector('link[rel="manifest"]').href)).json();
      return Promise.all(icons.map(async ({ src, purpose, sizes: said }) => {
        const image = new Image();
        image.src = src;
        await image.decode();
        return `${purpose} ${said} ${image.naturalWidth}`;
      }));
    });
    assert.deepEqual(sizes, ['any 192x192 192', 'any 512x512 512', 'any 180x180 180', 'maskable 512x512 512']);
  }
});
