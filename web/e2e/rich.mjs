// Rich messages through a real server, by two people: `node --test e2e/rich.mjs`. Pictures go to out/screens.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  PASSWORD, Robot, another, breaches, browser, bubble, command, composer, ground, keep, letGo, openChatWith, overflow, people, picture,
  plain, server, tick, two, visit, write,
} from './harness.mjs';

ground({ last: 'rich-last' });

/** One more device of somebody, at their chat. */
async function secondDevice(page, display) {
  const other = keep(await visit(browser, server));
  await other.getByLabel('Your name here').fill(page.person);
  await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await other.getByRole('button', { name: 'Sign in', exact: true }).click();
  await other.locator('[data-region="rail"]').waitFor();
  await openChatWith(other, display);
  return other;
}

/** Waits until something holds; the tests know no other time. */
async function until(what, holds, now = async () => undefined) {
  const end = Date.now() + 10_000;
  for (;;) {
    if (await holds()) return;
    if (Date.now() > end) assert.fail(`it never happened: ${what}; it is ${JSON.stringify(await now())}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const value = (page, text) => until(`the field says ${JSON.stringify(text)}`, async () => (await composer(page).inputValue()) === text, () => composer(page).inputValue());

/** The newest message, by keyboard. */
async function focusLast(page) {
  await page.getByRole('log', { name: 'Messages' }).focus();
  await page.keyboard.press('ArrowUp');
}

test('marks are typed as people type them, and come back when they are edited', { timeout: 120_000 }, async () => {
  const { ann, bob } = await two();
  const typed = [
    'Look: *bold*, _italic_, ~gone~, `a*b*c` and snake_case_word', 'see https://example.org/a_b_(c)?q=*1* and www.example.org.', '',
    'Next paragraph', '> quoted *words*', '> go on', '- one', '- two', '  - deeper', '1. first', '2. second', '```', 'let x = "<b>";', '  y', '```', 'The end',
  ].join('\n');
  await write(ann, typed);
  for (const page of [ann, bob]) {
    const text = bubble(page, 'Look:').locator('.text');
    await text.waitFor();
    assert.equal(plain(await text.locator('strong').first().textContent()), 'bold');
    assert.equal(await text.locator('em').textContent(), 'italic');
    assert.equal(await text.locator('s').textContent(), 'gone');
    assert.equal(await text.locator('p code').textContent(), 'a*b*c');
    assert.equal(await text.locator('blockquote strong').textContent(), 'words');
    assert.deepEqual(await text.locator('ul > li').evaluateAll((items) => items.length), 3);
    assert.equal(await text.locator('ol > li').count(), 2);
    assert.equal(await text.locator('pre').textContent(), 'let x = "<b>";\n  y');
    const links = await text.locator('a').evaluateAll((all) => all.map((a) => [a.getAttribute('href'), a.textContent, a.rel, a.target]));
    assert.deepEqual(links, [
      ['https://example.org/a_b_(c)?q=*1', 'https://example.org/a_b_(c)?q=*1', 'noopener noreferrer', '_blank'],
      ['https://www.example.org', 'www.example.org', 'noopener noreferrer', '_blank'],
    ]);
  }
  // An edit that changes nothing is none; the field has what was typed.
  await composer(ann).press('ArrowUp');
  await value(ann, typed);
  await composer(ann).press('Enter');
  await ann.getByText('You are editing a message').waitFor({ state: 'detached' });
  await composer(ann).press('ArrowUp');
  await value(ann, typed);
  await write(ann, typed.replace('*bold*', '_*both*_'));
  await bubble(bob, 'Look:').getByText('edited', { exact: true }).waitFor();
  assert.equal(await bubble(bob, 'Look:').locator('em strong').textContent(), 'both');
  await bob.reload();
  await bubble(bob, 'Look:').locator('em strong').waitFor();
  assert.equal(await bubble(bob, 'Look:').locator('ol > li').count(), 2);
});

test('words are words, escaped exactly once', { timeout: 180_000 }, async () => {
  const { ann, bob } = await two();
  const words = [
    ['a < b && c', 'a < b && c'], ['&amp; &#39; <3', '&amp; &#39; <3'], ['<b>x</b>', '<b>x</b>'], ['<at id="8:nobody">x</at>', '<at id="8:nobody">x</at>'],
    ['unclosed <i>', 'unclosed <i>'], ['<a href="javascript:alert(1)">go</a>', '<a href="javascript:alert(1)">go</a>'], ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'], ['*', '*'], ['2 * 3 * 4', '2 * 3 * 4'], ['\\*as it is\\*', '*as it is*'], ['\\\\server\\share', '\\\\server\\share'],
    ['javascript:alert(2)', 'javascript:alert(2)'], ['{@html x} ${y} %s', '{@html x} ${y} %s'], ['tab\tin it', 'tab\tin it'],
  ];
  for (const [typed] of words) await write(ann, typed);
  for (const page of [ann, bob]) {
    await until('all are there', async () => (await page.getByRole('article').count()) === words.length);
    const shown = await page.getByRole('article').locator('.text').evaluateAll((all) => all.map((each) => each.textContent.trim()));
    assert.deepEqual(shown.map(plain), words.map(([, text]) => text));
    assert.equal(await page.getByRole('article').locator('.text :is(b, i, img, script, at, a)').count(), 0);
  }
  // What a program says in plain words stays so too, and is edited as such.
  await command(bob, { type: 'send', to: { account: (await who(bob, ann.person)) }, body: { type: 'plain', text: 'plain *stars* \\* <b>' }, client: 'plain-1' });
  await bubble(ann, 'plain *stars*').waitFor();
  await bubble(bob, 'plain *stars*').waitFor();
  await composer(bob).press('ArrowUp');
  await value(bob, 'plain \\*stars\\* \\\\* <b>');
  await write(bob, 'plain \\*stars\\* \\\\* <b>!');
  await bubble(ann, 'plain *stars* \\* <b>!').waitFor();
});

const who = (page, name) => page.evaluate(async (wanted) => (await (await fetch(`/v1/skein/find?name=${wanted}`)).json()).contact.profile.id, name);

test('people are named from a list, by keyboard, and see that they are', { timeout: 120_000 }, async () => {
  const { ann, bob } = await two();
  await composer(bob).pressSequentially('Hi @sam');
  const list = bob.getByRole('listbox', { name: 'People to name' });
  await list.getByRole('option').waitFor();
  assert.equal(await composer(bob).getAttribute('aria-activedescendant'), await list.getByRole('option').getAttribute('id'));
  await bob.keyboard.press('Escape');
  await list.waitFor({ state: 'detached' });
  await composer(bob).pressSequentially('p');
  assert.equal(await list.count(), 0);
  await composer(bob).fill('');
  await composer(bob).pressSequentially('Hi @ann');
  await list.waitFor();
  await look(bob, 'rich-mention-list');
  await bob.keyboard.press('Tab');
  await value(bob, `Hi @Ann Sample ${people} `);
  await composer(bob).pressSequentially('come');
  await bob.keyboard.press('Enter');
  const said = bubble(ann, 'come');
  await said.locator('.mention.me').waitFor();
  assert.equal(plain(await said.locator('.mention').textContent()), `@Ann Sample ${people}`);
  await said.getByText('Names you').waitFor({ state: 'attached' });
  assert.equal(await bubble(bob, 'come').locator('.mention.me').count(), 0);
  assert.equal(await bubble(bob, 'come').getByText('Names you').count(), 0);
  // Away from the chat it is marked as new when she comes back.
  await ann.evaluate(() => (location.hash = '#/people'));
  await composer(ann).waitFor({ state: 'detached' });
  await write(bob, `and you, @Ann Sample ${people}?`);
  await tick(bob, 'and you', 'delivered');
  await openChatWith(ann, 'Bob Sample');
  await bubble(ann, 'and you').locator('.named:not(.seen)').waitFor();
  assert.equal(await bubble(ann, 'come').locator('.named.seen').count(), 1);
});

test('emoji by name, by search and in a skin tone', { timeout: 120_000 }, async () => {
  const { ann, bob } = await two();
  await composer(ann).pressSequentially('A :goos');
  await ann.getByRole('listbox', { name: 'Emoji by name' }).getByRole('option', { name: 'goose' }).waitFor();
  await ann.keyboard.press('Enter');
  await value(ann, 'A 🪿 ');
  await composer(ann).pressSequentially(':swan:');
  await value(ann, 'A 🪿 🦢');
  await ann.getByRole('button', { name: 'Emoji', exact: true }).click();
  const picker = ann.getByRole('dialog', { name: 'Emoji' });
  await picker.getByRole('searchbox').waitFor();
  await until('the search has the focus', () => picker.getByRole('searchbox').evaluate((field) => field === document.activeElement));
  await look(ann, 'rich-picker', { close: false });
  await picker.getByRole('radio', { name: 'Dark skin tone', exact: true }).check();
  await picker.getByRole('searchbox').fill('waving');
  await picker.getByRole('button', { name: 'waving hand' }).waitFor();
  await ann.keyboard.press('Tab');
  await picker.getByRole('searchbox').focus();
  await ann.keyboard.press('ArrowDown');
  await ann.keyboard.press('Enter');
  await picker.waitFor({ state: 'detached' });
  await value(ann, 'A 🪿 🦢👋🏿');
  await ann.keyboard.press('Enter');
  await bubble(bob, 'A 🪿 🦢👋🏿').waitFor();
  // What was used stands first, after a reload too.
  await ann.reload();
  await composer(ann).waitFor();
  await ann.getByRole('button', { name: 'Emoji', exact: true }).click();
  await picker.getByRole('tab', { name: 'Used lately', selected: true }).waitFor();
  assert.deepEqual(await picker.getByRole('tabpanel').getByRole('button').allTextContents(), ['👋🏿', '🦢', '🪿']);
  // By keyboard through the groups.
  await picker.getByRole('tab', { name: 'Used lately' }).focus();
  await ann.keyboard.press('ArrowRight');
  await picker.getByRole('button', { name: 'grinning face', exact: true }).waitFor();
  await ann.keyboard.press('Escape');
  await picker.waitFor({ state: 'detached' });
});

test('emoji are found in Portuguese', { timeout: 60_000 }, async () => {
  const page = keep(await visit(browser, server, { locale: 'pt-PT' }));
  another();
  const robot = await Robot.register(server, `rp${people}`, 'Robô Exemplo');
  await page.evaluate(async (name) => {
    const body = { name, display: 'Rita Exemplo', password: 'a goose takes turns at the front', device: { label: 'test', kind: 'browser' }, session: 'cookie' };
    const answer = await fetch('/v1/skein/register', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
  }, `rita${people}`);
  await robot.ask(`rita${people}`);
  await command(page, { type: 'relate', other: robot.id, change: 'accept' });
  await page.reload();
  await page.locator('[data-region="list"] a', { hasText: 'Robô Exemplo' }).first().click();
  await composer(page).pressSequentially('Um :coração_ver');
  await page.getByRole('option', { name: /coração vermelho/ }).waitFor();
  await page.getByRole('option', { name: /coração vermelho/ }).click();
  await value(page, 'Um ❤️ ');
});

test('an answer shows what it answers', { timeout: 120_000 }, async () => {
  const { ann, bob } = await two();
  await write(ann, 'Who *brings* the boat?');
  await bubble(bob, 'Who brings').waitFor();
  await focusLast(bob);
  await bob.keyboard.press('r');
  const above = bob.getByRole('group', { name: /You answer/ });
  await above.getByText('Who brings the boat?').waitFor();
  assert.ok(await composer(bob).evaluate((field) => field === document.activeElement));
  await bob.keyboard.press('Escape');
  await above.waitFor({ state: 'detached' });
  await bubble(bob, 'Who brings').hover();
  await bubble(bob, 'Who brings').getByRole('button', { name: 'Reply' }).click();
  await above.waitFor();
  await look(bob, 'rich-reply');
  await write(bob, 'I do');
  assert.equal(await above.count(), 0);
  for (const page of [ann, bob]) {
    await bubble(page, 'I do').locator('.quote').getByText('Who brings the boat?').waitFor();
  }
  assert.equal(plain(await bubble(ann, 'I do').locator('.quote b').textContent()), 'You');
  assert.equal(plain(await bubble(bob, 'I do').locator('.quote b').textContent()), `Ann Sample ${people}`);
  await bob.reload();
  await bubble(bob, 'I do').locator('.quote').waitFor();
});

test('reactions: by keyboard, by click, from the picker, and who', { timeout: 120_000 }, async () => {
  const { ann, bob } = await two();
  await write(ann, 'We are there');
  await bubble(bob, 'We are there').waitFor();
  await focusLast(bob);
  await bob.keyboard.press('e');
  const row = bob.getByRole('toolbar', { name: 'React' });
  await row.getByRole('button', { name: 'Thumbs up' }).waitFor();
  await look(bob, 'rich-react', { close: false });
  await bob.keyboard.press('ArrowRight');
  await bob.keyboard.press('Enter');
  const chip = (page, key) => bubble(page, 'We are there').getByRole('list', { name: 'Reactions' }).getByRole('button', { name: key });
  await chip(ann, '❤️').waitFor();
  assert.equal(await chip(ann, '❤️').getAttribute('aria-pressed'), 'false');
  assert.equal(await chip(bob, '❤️').getAttribute('aria-pressed'), 'true');
  assert.match(plain(await chip(ann, '❤️').textContent()), /One person: Bob Sample/);
  await chip(ann, '❤️').click();
  await until('both', async () => /2 people: Bob Sample \d+ and You/.test(plain(await chip(ann, '❤️').textContent())));
  await chip(bob, '❤️').focus();
  await bob.keyboard.press('Enter');
  await until('one is left', async () => /One person: You/.test(plain(await chip(ann, '❤️').textContent())));
  // Any emoji.
  await bubble(bob, 'We are there').hover();
  await bubble(bob, 'We are there').getByRole('button', { name: 'React' }).click();
  await row.getByRole('button', { name: 'More emoji' }).click();
  await bob.getByRole('dialog', { name: 'React' }).getByRole('searchbox').fill('goose');
  await bob.getByRole('dialog', { name: 'React' }).getByRole('button', { name: 'goose' }).waitFor();
  await bob.keyboard.press('Enter');
  await chip(ann, '🪿').waitFor();
  // Known again after a reload, and gone when the last is taken back.
  await ann.reload();
  await chip(ann, '🪿').waitFor();
  await chip(ann, '❤️').click();
  await chip(bob, '❤️').waitFor({ state: 'detached' });
});

test('words are passed on with who said them first', { timeout: 120_000 }, async () => {
  const { ann, bob } = await two();
  const robot = await Robot.register(server, `robot${people}`, `Robot ${people}`);
  await robot.ask(bob.person);
  await command(bob, { type: 'relate', other: robot.id, change: 'accept' });
  await write(ann, 'The *key* is with Dora');
  await bubble(bob, 'is with Dora').waitFor();
  await focusLast(bob);
  await bob.keyboard.press('Enter');
  await bob.getByRole('menuitem', { name: 'Forward' }).click();
  const dialog = bob.getByRole('dialog', { name: 'Forward this message' });
  await dialog.getByText('is with Dora').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Forward' }).getAttribute('aria-disabled'), 'true');
  await dialog.getByLabel('Search chats and people').fill('robot');
  await dialog.getByRole('checkbox').check();
  await dialog.getByLabel('Search chats and people').fill('');
  await dialog.getByRole('checkbox', { name: /Ann Sample/ }).check();
  await look(bob, 'rich-forward', { close: false });
  await dialog.getByRole('button', { name: /^Forward to.*2.*chats$/ }).click();
  await dialog.waitFor({ state: 'detached' });
  await until('the robot has it', async () => {
    const { messages = [] } = await robot.get(`/conversations/${await conversationWith(robot)}/messages`);
    return messages.some((each) => each.forwarded?.name === `Ann Sample ${people}` && JSON.stringify(each.body).includes('"bold"'));
  });
  const passed = bubble(ann, 'Forwarded from').last();
  await passed.locator('strong').getByText('key').waitFor();
  assert.equal(plain(await passed.locator('.line').textContent()).trim(), 'Forwarded from You');
});

const conversationWith = async (robot) => {
  const { conversations } = await robot.get('/conversations');
  return conversations.find(({ kind, members }) => kind === 'cast' && members.length === 2 && !members.some(({ account }) => account === '1'))?.id;
};

/** Whether the server has this draft in one of somebody's chats. */
const keptDraft = (page, draft) =>
  page.evaluate(async (wanted) => (await (await fetch('/v1/skein/conversations')).json()).conversations.some(({ own }) => own.draft === wanted), draft);

test('a draft is on every device, and not over what is typed there', { timeout: 120_000 }, async () => {
  const { ann } = await two();
  const phone = await secondDevice(ann, 'Bob Sample');
  await composer(ann).pressSequentially('half a *thought*');
  await value(phone, 'half a *thought*');
  // What is being typed stays; the newest wins once it is kept.
  await composer(phone).fill('another');
  await composer(ann).press('!');
  await value(phone, 'another');
  await until('both are kept', () => keptDraft(ann, 'half a *thought*!'));
  await composer(phone).fill('');
  await composer(phone).pressSequentially('from the phone');
  await phone.evaluate(() => (location.hash = '#/people'));
  // Leaving keeps it at once; a device that begins now has it.
  const third = await secondDevice(ann, 'Bob Sample');
  await value(third, 'from the phone');
  await write(third, 'from the phone, sent');
  await phone.evaluate(() => (location.hash = '#/chats'));
  await openChatWith(phone, 'Bob Sample');
  await bubble(phone, 'from the phone, sent').waitFor();
  await value(phone, '');
});

test('trees and answers wait in the outbox, over a reload, and go out once and in order', { timeout: 120_000 }, async () => {
  const { ann, bob } = await two();
  await write(bob, 'Are you there?');
  await bubble(ann, 'Are you there?').waitFor();
  await ann.context().setOffline(true);
  await ann.getByText('You are offline.').waitFor();
  await bubble(ann, 'Are you there?').hover();
  await bubble(ann, 'Are you there?').getByRole('button', { name: 'Reply' }).click();
  await write(ann, '*Yes*, here');
  await write(ann, '- one\n- two');
  await bubble(ann, 'Yes, here').locator('.quote').waitFor();
  await bubble(ann, 'Yes, here').locator('strong').waitFor();
  const context = ann.context();
  const { person } = ann;
  const again = await context.newPage();
  await ann.close();
  letGo(ann);
  again.errors = [];
  again.person = person;
  keep(again);
  await context.setOffline(false);
  await again.goto(`${server.url}/`);
  await bubble(bob, 'Yes, here').locator('.quote').getByText('Are you there?').waitFor();
  await bubble(bob, 'one').locator('li').first().waitFor();
  const shown = await bob.getByRole('article').locator('.text').evaluateAll((all) => all.map((each) => each.textContent.trim()));
  assert.deepEqual(shown.map((text) => plain(text).replace(/\s+/g, '')), ['Areyouthere?', 'Yes,here', 'onetwo']);
});

/** Both themes, wide and narrow: a picture, axe, and nothing sideways at 320 px. */
async function look(page, name, { close = true } = {}) {
  const wrong = [];
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const [width, height] of close ? [[1280, 800], [320, 640]] : [[1280, 800]]) {
      await page.setViewportSize({ width, height });
      await settled(page);
      await picture(page, `${name}-${theme}-${width}`);
      for (const breach of await breaches(page)) wrong.push(`${name} ${theme} ${width}: ${breach}`);
      const sideways = await overflow(page);
      if (sideways > 0) wrong.push(`${name} ${width}: ${sideways} px sideways`);
    }
  }
  if (!close) {
    await page.setViewportSize({ width: 320, height: 640 });
    await settled(page);
    await picture(page, `${name}-dark-320`);
    for (const breach of await breaches(page)) wrong.push(`${name} 320: ${breach}`);
    if ((await overflow(page)) > 0) wrong.push(`${name} 320: sideways`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  assert.deepEqual(wrong, []);
}

const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

test('a chat full of it', { timeout: 180_000 }, async () => {
  const { ann, bob } = await two();
  await write(ann, 'Plan for *Thursday*:\n- boots\n- the map: https://example.org/lake_map\n- `oars`\n\n> bring the *key*\n> says Dora\n\n1. meet\n2. cross\n```\nfor goose in skein:\n    goose.turn("at the front")\n```');
  await bubble(bob, 'Plan for').waitFor();
  await focusLast(bob);
  await bob.keyboard.press('r');
  await write(bob, `I am in, @Ann Sample ${people}. _Really_ ~not~ 🪿`);
  await bubble(ann, 'I am in').waitFor();
  for (const [key, page] of [['👍', ann], ['❤️', ann], ['❤️', bob], ['🪿', bob]]) {
    const id = await bubble(page, 'I am in').getAttribute('data-key');
    await command(page, { type: 'react', message: id, key, on: true });
  }
  await bubble(ann, 'I am in').getByRole('button', { name: '🪿' }).waitFor();
  await bubble(ann, 'I am in').hover();
  await look(ann, 'rich-chat');
  await look(bob, 'rich-chat-bob');
});
