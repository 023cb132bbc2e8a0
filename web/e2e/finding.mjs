// Finding one's way: search, jump, pin, mute, archive, and a page whose first scripts are lost, through a real server:
// `node --test e2e/finding.mjs`. Pictures go to out/screens, each in both themes and at 320 px, with axe on each.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Robot, another, ask, breaches, browser, bubble, command, composer, ground, keep, openChatWith, overflow, people, person, picture,
  plain, server, texts, visit, write,
} from './harness.mjs';

ground({ last: 'finding-last' });

async function someone(options = {}) {
  another();
  return keep(await person(browser, server, `Ann Sample ${people}`, { name: `ann${people}`, ...options }));
}

/** A robot who is a contact of somebody. */
async function contactOf(page, display) {
  another();
  const robot = await Robot.register(server, `robot${people}`, display);
  await robot.ask(page.person);
  await command(page, { type: 'relate', other: robot.id, change: 'accept' });
  return robot;
}

const numbered = (word, from, to) => Array.from({ length: to - from }, (_, index) => `${word} ${from + index}.`);
const log = (page) => page.getByRole('log', { name: 'Messages' });
const field = (page) => page.getByRole('combobox');
const options = (page) => page.getByRole('option');
const rows = (page) => page.locator('[data-region="list"] .row');
const rowOf = (page, name) => page.locator('[data-region="list"] .item', { hasText: name });
const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** Both themes and a narrow window: a picture, axe, nothing sideways. */
async function look(page, name) {
  const wrong = [];
  const size = page.viewportSize();
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const [width, height] of [[1280, 800], [320, 640]]) {
      await page.setViewportSize({ width, height });
      await settled(page);
      await picture(page, `finding-${name}-${width}-${theme}`);
      for (const breach of await breaches(page)) wrong.push(`${name} ${theme} ${width}: ${breach}`);
      const sideways = await overflow(page);
      if (sideways > 0) wrong.push(`${name} ${width}: ${sideways} px sideways`);
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(size);
  assert.deepEqual(wrong, []);
}

/** The message that has the focus and lies in the middle of what is seen. */
const looksAt = (page, text) =>
  page.waitForFunction((wanted) => {
    const at = document.activeElement;
    const box = document.querySelector('[role="log"]')?.getBoundingClientRect();
    if (!box || !at?.matches('[role="article"]') || !at.textContent.includes(wanted)) return false;
    const { top, bottom } = at.getBoundingClientRect();
    return top >= box.top && bottom <= box.bottom;
  }, text);

test('a search in all chats finds by any case and accent, marks it, and goes there by keyboard', { timeout: 180_000 }, async () => {
  const ann = await someone();
  const [bob, zoe] = [await contactOf(ann, 'Bob Sample'), await contactOf(ann, 'Zoë Exemplo')];
  await bob.say(ann.person, 'The map of São Paulo', ...numbered('filler', 0, 130));
  await zoe.say(ann.person, `${'a long way round '.repeat(20)}to sao tomé and back again`, 'nothing here');
  await ann.keyboard.press('Control+k');
  await field(ann).waitFor();
  await ann.getByText('Recent chats').waitFor();
  await look(ann, 'search-empty');
  await field(ann).fill('SAO');
  await options(ann).filter({ hasText: 'map of' }).waitFor();
  const hits = await options(ann).locator('mark').allTextContents();
  assert.deepEqual(hits, ['sao', 'São']);
  // What is cut stays in sight.
  assert.match(plain(await options(ann).first().locator('.words').textContent()), /^…/);
  await look(ann, 'search');
  // Names, too, by the same rules.
  await field(ann).fill('zoe ex');
  await options(ann).filter({ hasText: 'Zoë Exemplo' }).waitFor();
  await field(ann).fill('sao');
  await options(ann).filter({ hasText: 'map of' }).waitFor();
  await ann.keyboard.press('ArrowDown');
  assert.equal(await options(ann).nth(1).getAttribute('aria-selected'), 'true');
  await ann.keyboard.press('Enter');
  await looksAt(ann, 'The map of São Paulo');
  assert.equal(await log(ann).locator('[data-lit]').count(), 1);
  await picture(ann, 'finding-jumped-light');
  await ann.waitForFunction(() => document.querySelector('[data-lit]') === null);
  // Again: the question is still there, at the hit one came from.
  await ann.keyboard.press('Control+k');
  assert.equal(await field(ann).inputValue(), 'sao');
  assert.match(plain(await ann.locator('[role="option"][aria-selected="true"]').textContent()), /map of/);
  await ann.keyboard.press('ArrowUp');
  await ann.keyboard.press('Enter');
  await looksAt(ann, 'to sao tomé');
  await ann.keyboard.press('Control+k');
  await field(ann).waitFor();
  await ann.keyboard.press('Escape');
  await field(ann).waitFor({ state: 'detached' });
});

test('a search in one chat has pages, and says what it did not find', { timeout: 180_000 }, async () => {
  const ann = await someone();
  const [bob, eve] = [await contactOf(ann, 'Bob Sample'), await contactOf(ann, 'Eve Sample')];
  await bob.say(ann.person, ...numbered('goose', 0, 47));
  await eve.say(ann.person, 'a goose of Eve');
  await openChatWith(ann, 'Bob Sample');
  await ann.keyboard.press('Control+f');
  await ann.getByRole('button', { name: /^Only with.*Bob/, pressed: true }).waitFor();
  await field(ann).fill('goose');
  await options(ann).filter({ hasText: 'Show older messages' }).waitFor();
  assert.equal(await options(ann).count(), 21);
  assert.equal(await options(ann).filter({ hasText: 'of Eve' }).count(), 0);
  // On and on by the keyboard: the last one reads the next page and goes on in it.
  for (let step = 0; step < 20; step += 1) await ann.keyboard.press('ArrowDown');
  await ann.keyboard.press('Enter');
  await options(ann).filter({ hasText: 'goose 7.' }).waitFor();
  assert.match(plain(await ann.locator('[role="option"][aria-selected="true"]').textContent()), /goose 26\./);
  await options(ann).filter({ hasText: 'Show older messages' }).click();
  await options(ann).filter({ hasText: 'goose 0.' }).waitFor();
  assert.equal(await options(ann).count(), 47);
  await options(ann).filter({ hasText: 'goose 3.' }).click();
  await looksAt(ann, 'goose 3.');
  await ann.keyboard.press('Control+f');
  await ann.getByRole('button', { name: /^Only with/ }).click();
  await options(ann).filter({ hasText: 'of Eve' }).waitFor();
  await field(ann).fill('swan');
  await ann.getByText('Nothing found for').waitFor();
  await field(ann).fill('?!');
  await ann.getByText('Write a word to look for').waitFor();
  await look(ann, 'search-nothing');
});

test('a search says when it is not whole, when there were too many, and when nobody answers', { timeout: 120_000 }, async () => {
  const ann = await someone();
  const bob = await contactOf(ann, 'Bob Sample');
  await bob.say(ann.person, 'the lake');
  let answer;
  await ann.route('**/v1/skein/search?*', (route) => answer(route));
  answer = async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), whole: false } });
  };
  await ann.keyboard.press('Control+k');
  await field(ann).fill('lake');
  await ann.getByText('The newest messages may be missing still').waitFor();
  await look(ann, 'search-not-whole');
  answer = (route) => route.continue();
  await ann.getByRole('button', { name: 'Search again' }).click();
  await ann.getByText('The newest messages may be missing still').waitFor({ state: 'detached' });
  let times = 0;
  answer = (route) => {
    times += 1;
    if (times > 1) return route.continue();
    return route.fulfill({ status: 429, json: { kind: 'too_many', code: 'too_many', message: 'slower', retry_after: 2_000 } });
  };
  await field(ann).fill('the lake');
  await ann.getByRole('alert').getByText('Many searches at once').waitFor();
  await look(ann, 'search-too-many');
  await options(ann).filter({ hasText: 'the lake' }).waitFor();
  assert.equal(times, 2);
  answer = (route) => route.fulfill({ status: 503, json: { kind: 'unavailable', code: 'unavailable', message: 'not now', retry_after: 60_000 } });
  await field(ann).fill('lake the');
  await ann.getByText('The server cannot do that now').waitFor();
  answer = (route) => route.continue();
  await ann.getByRole('button', { name: 'Try again' }).click();
  await options(ann).filter({ hasText: 'the lake' }).waitFor();
  // Offline names are looked through all the same, and the rest follows.
  await ann.context().setOffline(true);
  await ann.getByText('You are offline: only names').waitFor();
  await field(ann).fill('bob');
  await options(ann).filter({ hasText: 'Bob Sample' }).first().waitFor();
  await field(ann).fill('lake');
  await ann.context().setOffline(false);
  await options(ann).filter({ hasText: 'the lake' }).waitFor();
});

test('a jump into the past reads on both ways, loses nothing that comes, and leads back', { timeout: 240_000 }, async () => {
  const ann = await someone();
  const bob = await contactOf(ann, 'Bob Sample');
  await bob.say(ann.person, ...numbered('line', 0, 260));
  await openChatWith(ann, 'Bob Sample');
  await bubble(ann, /line 0\./).waitFor();
  await ann.getByRole('button', { name: /Jump to newest/ }).click();
  await bubble(ann, /line 259\./).waitFor();
  await ann.keyboard.press('Control+f');
  await field(ann).fill('line 100');
  await options(ann).filter({ hasText: 'line 100.' }).waitFor();
  await ann.keyboard.press('Enter');
  await looksAt(ann, 'line 100.');
  const shown = async () => (await texts(ann)).map((text) => Number(/^\w+ (\d+)\./.exec(text)?.[1]));
  const whole = async () => {
    const numbers = await shown();
    assert.ok(numbers.every((number, index) => index === 0 || number === numbers[index - 1] + 1), `a hole: ${numbers.join(' ')}`);
    return numbers;
  };
  assert.ok(!(await whole()).includes(259));
  // While it stands in the past somebody writes: counted, not shown, no hole.
  await bob.say(ann.person, 'line 260.', 'line 261.');
  const jump = ann.getByRole('button', { name: /Jump to newest/ });
  await ann.getByRole('button', { name: /2\W* new messages.*Jump to newest/ }).waitFor();
  await look(ann, 'past');
  assert.ok(!(await whole()).includes(260));
  for (let page = 0; page < 10 && (await bubble(ann, /line 0\./).count()) === 0; page += 1) {
    const had = await ann.getByRole('article').count();
    await log(ann).evaluate((box) => (box.scrollTop = 0));
    await ann.waitForFunction((before) => document.querySelectorAll('[role="article"]').length !== before, had);
  }
  await bubble(ann, /line 0\./).waitFor();
  for (let page = 0; page < 20 && (await bubble(ann, /line 261\./).count()) === 0; page += 1) {
    const last = await ann.getByRole('article').last().textContent();
    await log(ann).evaluate((box) => (box.scrollTop = box.scrollHeight));
    await ann.waitForFunction((before) => [...document.querySelectorAll('[role="article"]')].at(-1)?.textContent !== before, last);
  }
  await bubble(ann, /line 261\./).waitFor();
  assert.equal((await whole()).at(-1), 261);
  // All of it was seen now.
  await log(ann).evaluate((box) => (box.scrollTop = box.scrollHeight));
  await jump.waitFor({ state: 'detached' });
  // Once more into the past, and back by the button.
  await ann.keyboard.press('Control+f');
  await options(ann).filter({ hasText: 'line 100.' }).waitFor();
  await ann.keyboard.press('Enter');
  await looksAt(ann, 'line 100.');
  await bob.say(ann.person, 'line 262.');
  await ann.getByRole('button', { name: /One new message/ }).waitFor();
  await jump.click();
  await bubble(ann, /line 262\./).waitFor();
  await jump.waitFor({ state: 'detached' });
  assert.equal((await whole()).at(-1), 262);
  // What one writes oneself is looked at, wherever one stands.
  await ann.keyboard.press('Control+f');
  await options(ann).filter({ hasText: 'line 100.' }).waitFor();
  await ann.keyboard.press('Enter');
  await looksAt(ann, 'line 100.');
  await write(ann, 'line 263.');
  await bubble(ann, 'line 263.').waitFor();
  assert.equal((await whole()).at(-1), 263);
});

test('a chat opens at its first unread message, with days that are right', { timeout: 120_000 }, async () => {
  const ann = await someone();
  const bob = await contactOf(ann, 'Bob Sample');
  await bob.say(ann.person, 'read already');
  await openChatWith(ann, 'Bob Sample');
  await ann.waitForFunction(async () => {
    const { conversations } = await (await fetch('/v1/skein/conversations')).json();
    return conversations.every(({ unread }) => unread === 0);
  });
  await ann.evaluate(() => (location.hash = '#/people'));
  await bob.say(ann.person, ...numbered('new', 0, 75));
  // Another device: nothing of it is here yet.
  await ann.reload();
  await openChatWith(ann, 'Bob Sample');
  await ann.getByText('New since').waitFor();
  await bubble(ann, 'new 0.').waitFor();
  const order = await log(ann).evaluate((box) => {
    const all = [...box.querySelectorAll('[role="separator"], [role="article"]')];
    const at = all.findIndex((each) => each.matches('.new'));
    return [all.filter((each) => each.matches('.day:not(.new)')).length, all[at + 1]?.textContent.includes('new 0.')];
  });
  assert.deepEqual(order, [1, true]);
  assert.ok(await bubble(ann, 'new 0.').evaluate((each) => each.getBoundingClientRect().top < innerHeight));
  await ann.getByRole('button', { name: /75\W* new messages.*Jump to newest/ }).waitFor();
  await look(ann, 'unread');
  await ann.getByRole('button', { name: /Jump to newest/ }).click();
  await bubble(ann, 'new 74.').waitFor();
});

test('chats are pinned, muted and archived, by menu, key and finger, on all devices', { timeout: 240_000 }, async () => {
  const ann = await someone();
  const [bob, eve, joe] = [await contactOf(ann, 'Bob Sample'), await contactOf(ann, 'Eve Sample'), await contactOf(ann, 'Joe Sample')];
  for (const robot of [bob, eve, joe]) await robot.say(ann.person, `hello from ${robot.display}`);
  await rows(ann).nth(2).waitFor();
  const order = async () => (await rows(ann).locator('.name bdi').allTextContents()).filter((name) => name.includes('Sample'));
  const inOrder = (...names) =>
    ann.waitForFunction((wanted) => {
      const all = [...document.querySelectorAll('[data-region="list"] .row .name bdi')].map((each) => each.textContent);
      return JSON.stringify(all.filter((name) => name.includes('Sample'))) === wanted;
    }, JSON.stringify(names.map((name) => `${name} Sample`)));
  await inOrder('Joe', 'Eve', 'Bob');

  // The menu key on the row, then arrows.
  await rowOf(ann, 'Bob Sample').locator('a').focus();
  await ann.keyboard.press('Shift+F10');
  await ann.getByRole('menuitem', { name: 'Pin on top' }).waitFor();
  await look(ann, 'row-menu');
  await ann.keyboard.press('Home');
  await ann.keyboard.press('Enter');
  await inOrder('Bob', 'Joe', 'Eve');
  await rowOf(ann, 'Bob Sample').getByText('pinned').waitFor();

  // The right button, for how long.
  await rowOf(ann, 'Joe Sample').click({ button: 'right' });
  await ann.getByRole('menuitem', { name: 'Mute' }).click();
  await ann.getByRole('dialog', { name: /Mute.*Joe/ }).waitFor();
  await look(ann, 'mute');
  await ann.getByRole('button', { name: 'For an hour' }).click();
  await rowOf(ann, 'Joe Sample').getByText('muted').waitFor();

  // It makes no sound, but counts; who is named hears it, and it has a mark.
  await ann.evaluate(() => {
    window.played = 0;
    // Sounds keep a distance from one another.
    window.ahead = 0;
    const now = Date.now.bind(Date);
    Date.now = () => now() + window.ahead;
    HTMLMediaElement.prototype.play = function play() {
      window.played += 1;
      return Promise.resolve();
    };
  });
  await ann.mouse.click(5, 5);
  const plays = (times) =>
    ann.waitForFunction((wanted) => window.played === wanted, times, { timeout: 10_000 }).catch(async () => {
      assert.equal(await ann.evaluate(() => window.played), times);
    });
  const unread = (name, count) => rowOf(ann, name).locator('.badge', { hasText: new RegExp(`${count}\\W* unread`) }).waitFor();
  await joe.say(ann.person, 'psst');
  await unread('Joe Sample', 2);
  const later = () => ann.evaluate(() => (window.ahead += 10_000));
  await later();
  await eve.say(ann.person, 'hear me');
  await unread('Eve Sample', 2);
  await plays(1);
  await later();
  const to = await joe.find(ann.person);
  const named = { type: 'text', blocks: [{ type: 'paragraph', inline: [{ type: 'mention', account: to, name: 'Ann' }] }] };
  await joe.command({ type: 'send', to: { account: to }, body: named, client: 'named' });
  await rowOf(ann, 'Joe Sample').locator('[data-mentions]').waitFor();
  await unread('Joe Sample', 3);
  await plays(2);
  await settled(ann);
  assert.equal(await ann.evaluate(() => window.played), 2);

  // From the head of the chat, and back by the toast.
  await openChatWith(ann, 'Eve Sample');
  await ann.getByRole('button', { name: 'More about this chat' }).click();
  await look(ann, 'head-menu');
  await ann.getByRole('menuitem', { name: 'Archive' }).click();
  await ann.getByText('is archived').waitFor();
  await ann.getByRole('button', { name: 'Undo' }).click();
  await ann.waitForFunction(() => !document.querySelector('.fold'));
  await ann.getByRole('button', { name: 'More about this chat' }).click();
  await ann.getByRole('menuitem', { name: 'Archive' }).click();
  const fold = ann.getByRole('button', { name: /Archived.*1/ });
  await fold.waitFor();
  // It is open while one of them is.
  assert.equal(await fold.getAttribute('aria-expanded'), 'true');
  await ann.evaluate(() => (location.hash = '#/chats'));
  await ann.waitForFunction(() => document.querySelector('.fold')?.getAttribute('aria-expanded') === 'false');
  assert.deepEqual(await order(), ['Bob Sample', 'Joe Sample']);
  await eve.say(ann.person, 'from the archive');
  await fold.getByText(/1\W* unread/).waitFor();
  await fold.focus();
  await ann.keyboard.press('Enter');
  await rowOf(ann, 'Eve Sample').waitFor();
  await look(ann, 'archived');

  // Another device has it all from the beginning, and a change at once.
  const again = keep(await ann.context().newPage());
  again.errors = [];
  await again.goto(`${server.url}/#/chats`);
  await again.getByRole('button', { name: /Archived.*1/ }).waitFor();
  assert.match(plain((await rows(again).first().textContent()) ?? ''), /Bob Sample/);
  await rowOf(again, 'Bob Sample').click({ button: 'right' });
  await again.getByRole('menuitem', { name: 'Unpin' }).click();
  await ann.waitForFunction(() => !document.querySelector('[data-region="list"] .row').textContent.includes('Bob'));
});

test('a finger that stays on a row opens its menu, which stays while the row moves, and does not open the chat', { timeout: 90_000 }, async () => {
  const ann = await someone({ context: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } });
  const cy = await contactOf(ann, 'Cy Example');
  const bob = await contactOf(ann, 'Bob Sample');
  await bob.say(ann.person, 'hello');
  const row = rowOf(ann, 'Bob Sample');
  await row.getByText('hello').waitFor();
  const { x, y, height } = await row.boundingBox();
  const session = await ann.context().newCDPSession(ann);
  const touchPoints = [{ x: x + 60, y: y + height / 2 }];
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await ann.locator('[data-held]').waitFor();
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await ann.getByRole('menuitem', { name: 'Pin on top' }).waitFor();
  assert.ok(!ann.url().includes('#/chats/'));
  await picture(ann, 'finding-long-press');
  await cy.say(ann.person, 'first now');
  await rowOf(ann, 'Cy Example').getByText('first now').waitFor();
  await ann.getByRole('menuitem', { name: 'Pin on top' }).tap();
  await row.getByText('pinned').waitFor();
  await row.tap();
  await composer(ann).waitFor();
});

test('pinned chats older than the first page of the list are on top', { timeout: 240_000 }, async () => {
  const ann = await someone();
  const robots = [];
  for (let index = 0; index < 54; index += 1) robots.push(await contactOf(ann, `Robot ${String(index).padStart(2, '0')}`));
  for (const robot of robots) await robot.say(ann.person, 'hello');
  const { conversations } = await ask(ann, '/conversations?limit=100');
  const oldest = conversations.find(({ members }) => members.some(({ account }) => account === robots[0].id));
  await command(ann, { type: 'set_own', conversation: oldest.id, pinned: true });
  await ann.reload();
  await ann.waitForFunction(() => document.querySelector('[data-region="list"] .row')?.textContent.includes('Robot 00'));
  await picture(ann, 'finding-pinned-old');
});

for (const lost of [1, 2, 3]) {
  test(`a page whose first scripts are lost, ${lost} times one after another, starts again`, { timeout: 60_000 }, async () => {
    const page = keep(await visit(browser, server));
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    let loads = 0;
    let boots = 0;
    page.on('request', (request) => {
      if (!request.isNavigationRequest()) return;
      loads += 1;
      boots = 0;
    });
    await page.route('**/assets/*', (route) => {
      // Of the very first script one tag after another asks.
      const isBoot = route.request().url().includes('/boot-');
      boots += isBoot ? 1 : 0;
      const gone = isBoot ? boots < 3 : true;
      return loads <= lost && gone ? route.abort('failed') : route.continue();
    });
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(loads, lost + 1);
    assert.equal(await page.evaluate(() => document.getElementById('still')), null);
    assert.equal(await page.evaluate(() => history.state), null);
    page.errors = page.errors.filter((error) => !/ERR_FAILED/.test(error));
  });
}

test('a page that lost its looks alone gets them', { timeout: 60_000 }, async () => {
  const page = keep(await visit(browser, server));
  let lost = 0;
  await page.route('**/assets/index-*.css', (route) => {
    lost += 1;
    return lost === 1 ? route.abort('failed') : route.continue();
  });
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  // A sheet that failed may not be read.
  await page.waitForFunction(() => {
    try {
      return [...document.querySelectorAll('link[rel="stylesheet"]')].every((link) => link.sheet.cssRules.length > 0);
    } catch {
      return false;
    }
  });
  assert.equal(lost, 2);
});

test('a page whose scripts never come says what to do, with and without its looks', { timeout: 90_000 }, async () => {
  for (const which of ['**/assets/index-*.js', '**/assets/*']) {
    const page = keep(await visit(browser, server));
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    let loads = 0;
    page.on('request', (request) => (loads += request.isNavigationRequest() ? 1 : 0));
    await page.route(which, (route) => route.abort('failed'));
    await page.reload();
    await page.getByText('Skein has not opened yet').waitFor({ timeout: 20_000 });
    if (which.includes('index')) {
      await page.waitForFunction(() => document.getElementById('still').classList.contains('now'));
      assert.equal(loads, 4);
      for (const theme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: theme });
        await picture(page, `finding-still-${theme}`);
      }
      assert.deepEqual(await breaches(page), []);
    }
    await page.unroute(which);
    await page.getByRole('link', { name: 'load the page again' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    page.errors = page.errors.filter((error) => !/ERR_FAILED|Failed to load/.test(error));
  }
});
