// Every screen of the messenger, in both themes, wide and on a telephone: pictures to look at, axe on each, and no page
// that scrolls sideways: `node --test e2e/screens.mjs`. Pictures go to out/screens.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  PASSWORD, Robot, breaches, browser, bubble, command, composer, ground, keep, keepCode, openChatWith, overflow, person,
  picture, register, server, tick, visit, write,
} from './harness.mjs';

const PICTURES = [[1280, 800], [390, 844]];
const SIZES = [[320, 640], [640, 800], [768, 1024], [844, 390], [900, 700]];

ground({ last: 'last' });

/** Every screen is looked at in all three languages, each with its own theme and kind of window; the fourth time in the first. */
const LANGUAGES = { 'light-1280': undefined, 'light-390': 'pt-PT', 'dark-1280': 'pt-BR', 'dark-390': undefined };

/** Both themes, both kinds of window, all languages, every width, text of twice the size: a picture, axe, and nothing sideways. */
async function look(page, name, { wide = true, narrow = true } = {}) {
  const wrong = [];
  const first = await page.evaluate(() => document.documentElement.lang);
  const once = !wide || !narrow;
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const [width, height] of PICTURES) {
      if (!(width > 600 ? wide : narrow)) continue;
      const language = LANGUAGES[`${theme}-${width}`] ?? first;
      await page.setViewportSize({ width, height });
      await set(page, { language });
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
      await settled(page);
      await picture(page, `${width > 600 ? '' : 'phone-'}${name}-${theme}`);
      for (const breach of await breaches(page)) wrong.push(`${name} ${theme} ${width} ${language}: ${breach}`);
    }
  }
  // What is shown in one kind of window has one more language to go.
  if (once) {
    await set(page, { language: wide ? 'pt-PT' : 'pt-BR' });
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, wide ? 'pt-PT' : 'pt-BR');
    for (const breach of await breaches(page)) wrong.push(`${name} in the third language: ${breach}`);
  }
  await set(page, { language: first });
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, first);
  for (const [width, height] of [...SIZES, ...PICTURES]) {
    await page.setViewportSize({ width, height });
    for (const dir of ['ltr', 'rtl']) {
      await page.evaluate((way) => (document.documentElement.dir = way), dir);
      await settled(page);
      const sideways = await overflow(page);
      if (sideways > 0) wrong.push(`${name} ${width} × ${height} ${dir}: ${sideways} px sideways`);
    }
    await page.evaluate(() => document.documentElement.removeAttribute('dir'));
  }
  // The reader's own text size, on a computer and on a telephone.
  await set(page, { textSize: 200 });
  for (const [width, height] of PICTURES) {
    await page.setViewportSize({ width, height });
    await settled(page);
    const sideways = await overflow(page);
    if (sideways > 0) wrong.push(`${name} ${width} × ${height} at 200 %: ${sideways} px sideways`);
  }
  await set(page, { textSize: 100 });
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual(wrong, []);
}

/** Changes settings of this browser, as another page of it would. */
const set = (page, change) =>
  page.evaluate((wanted) => {
    const key = 'skein.settings';
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key) ?? '{}'), ...wanted }));
    window.dispatchEvent(new StorageEvent('storage', { key }));
  }, change);

/** Two frames: styles and observers have had their turn. */
const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

const go = async (page, hash, ready) => {
  await page.evaluate((to) => (location.hash = to), hash);
  await ready(page).waitFor();
};

test('the door', { timeout: 180_000 }, async () => {
  const page = keep(await visit(browser, server));
  await page.getByLabel('Your name here').fill('nobody');
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('do not match').waitFor();
  await look(page, 'sign-in');

  await go(page, '#/recover', () => page.getByRole('heading', { name: 'Use your recovery code' }));
  await look(page, 'recover');

  await register(page, 'Ada Sample', { name: 'ada' });
  await look(page, 'recovery');
  await keepCode(page);
  await page.getByRole('heading', { name: /Welcome/ }).waitFor();
  await look(page, 'first-run');
});

test('create an account', { timeout: 120_000 }, async () => {
  const page = keep(await visit(browser, server, { hash: '#/register' }));
  await page.getByLabel('What should people call you?').fill('Beatriz Exemplo');
  await page.getByText('is free').waitFor();
  await page.getByLabel('Password', { exact: true }).fill('a long sample phrase');
  await look(page, 'register');
});

test('chats, people and settings', { timeout: 420_000 }, async () => {
  const ana = keep(await person(browser, server, 'Ana Sample', { name: 'ana' }));
  const bruno = keep(await person(browser, server, 'Bruno Exemplo', { name: 'bruno' }));
  await command(bruno, { type: 'update_account', mood: 'Back from the lake' });
  const robots = await Promise.all([
    ['carla', 'Carla Muster'], ['dora', 'Dora Placeholder'], ['gesellschaft', 'Gesellschaft für Musterbeispiele und Testdaten e. V.'],
    ['mara.teste', 'Mara Teste'], ['paulo', 'Paulo Fictício'], ['noisy-sample', 'noisy-sample'], ['zoe.sample', 'Zoë Sample'],
  ].map(([name, display]) => Robot.register(server, name, display)));
  const [carla, dora, gm, mara, , noisy] = robots;
  const meet = async (robot) => {
    await robot.ask('ana');
    await command(ana, { type: 'relate', other: robot.id, change: 'accept' });
  };
  for (const robot of [carla, dora, gm, noisy]) await meet(robot);
  await mara.ask('ana', 'Hi Ana, it is Mara from the Thursday crew.');
  await command(ana, { type: 'relate', other: await robotId(ana, 'paulo'), change: 'ask' });
  await command(ana, { type: 'relate', other: noisy.id, change: 'block' });
  await command(ana, { type: 'relate', other: await robotId(ana, 'bruno'), change: 'ask' });
  await command(bruno, { type: 'relate', other: await robotId(bruno, 'ana'), change: 'accept' });
  await gm.say('ana', 'Protokoll: Jahreshauptversammlung und Kassenbericht');
  await carla.say('ana', 'See you on Thursday at the boat house');
  await dora.say('ana', 'I can bring the charts on Saturday', 'and the map', 'https://example.org/map');

  await openChatWith(bruno, 'Ana Sample');
  await write(bruno, 'Look who crossed the lake');
  await openChatWith(ana, 'Bruno Exemplo');
  await write(ana, 'Eight of them! They changed places twice.');
  await tick(ana, 'Eight of them!', 'read');
  await write(ana, 'A long list\n'.repeat(40).trim());
  await write(bruno, `Z${'\u0301\u0302\u0303'.repeat(1_000)} marks`);
  await write(bruno, 'Got it, thanks. Can you show me the map on a screen share?');
  await bubble(ana, 'Got it, thanks').waitFor();
  await composer(bruno).pressSequentially('I am');
  await ana.getByText('is typing…').first().waitFor();
  await look(ana, 'chats');

  await bubble(ana, 'Eight of them!').hover();
  await bubble(ana, 'Eight of them!').getByRole('button', { name: 'More for this message' }).click();
  await ana.getByRole('menuitem', { name: 'Edit' }).waitFor();
  await look(ana, 'message-menu', { narrow: false });
  await ana.getByRole('menuitem', { name: 'Remove for everyone' }).click();
  await ana.getByRole('dialog', { name: 'Remove this message for everyone?' }).waitFor();
  await look(ana, 'remove-message');
  await ana.getByRole('button', { name: 'Remove it' }).click();
  await ana.getByText('You removed this message').waitFor();

  await go(ana, '#/chats', () => ana.getByText('Choose a chat to read'));
  await look(ana, 'chat-list');

  await go(ana, '#/people', () => ana.getByRole('heading', { name: 'Wants to add you' }));
  await look(ana, 'people');
  await ana.getByRole('button', { name: 'Add a contact' }).click();
  await ana.getByLabel('Their exact name').fill('zoe.sample');
  await ana.getByRole('button', { name: 'Find' }).click();
  await ana.getByLabel('A line with it, if you like').waitFor();
  await look(ana, 'add-contact');
  await ana.getByRole('button', { name: 'Cancel' }).click();

  for (const name of ['account', 'privacy', 'notifications', 'appearance', 'language', 'devices', 'shortcuts']) {
    await go(ana, `#/settings/${name}`, () => ana.locator('.column'));
    if (name === 'devices') await ana.getByText('This device').waitFor();
    await look(ana, `settings-${name}`);
  }
  await go(ana, '#/calls', () => ana.getByRole('heading', { name: 'Calls', exact: true }));
  await look(ana, 'calls-none');
  await go(ana, '#/settings', () => ana.getByRole('navigation', { name: 'Settings pages' }));
  await look(ana, 'settings-list', { wide: false });
  await ana.getByRole('button', { name: /Your status/ }).click();
  await ana.getByRole('dialog', { name: 'How others see you' }).waitFor();
  await look(ana, 'status', { narrow: false });
  await ana.keyboard.press('Escape');

  await go(ana, '#/settings/account', () => ana.getByRole('button', { name: 'Change password' }));
  await ana.getByRole('button', { name: 'Change password' }).click();
  await look(ana, 'change-password');
  await ana.keyboard.press('Escape');

  await openChatWith(ana, 'Bruno Exemplo');
  await ana.context().setOffline(true);
  await ana.getByText('You are offline.').waitFor();
  await write(ana, 'Yes, in ten minutes');
  await bubble(ana, 'Yes, in ten minutes').getByText('waits for connection').waitFor();
  await look(ana, 'offline');
  await ana.context().setOffline(false);
  await tick(ana, 'Yes, in ten minutes', 'read');
});

test('what must be read, and what went wrong', { timeout: 240_000 }, async () => {
  const eva = keep(await person(browser, server, 'Eva Sample', { name: 'eva' }));
  const robot = await Robot.register(server, 'emil', 'Emil Ejemplo');
  await robot.ask('eva');
  await command(eva, { type: 'relate', other: robot.id, change: 'accept' });
  await openChatWith(eva, 'Emil Ejemplo');
  await eva.context().setOffline(true);
  await eva.getByText('You are offline.').waitFor();
  await write(eva, 'See you at the boat house');
  await robot.command({ type: 'relate', other: await robot.find('eva'), change: 'remove' });
  await eva.context().setOffline(false);
  await bubble(eva, 'See you at the boat house').getByText('Not sent').waitFor();
  await eva.getByText('You can write as soon as').waitFor();
  await look(eva, 'not-sent');

  // A device that signs in elsewhere, and a code that was not kept.
  await eva.evaluate((id) => localStorage.setItem(`skein.recovery.${id}`, '{"asked":0,"at":1}'), await ownId(eva));
  await eva.reload();
  await eva.getByText('You have not kept a recovery code yet').waitFor();
  const other = keep(await visit(browser, server));
  await other.getByLabel('Your name here').fill('eva');
  await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await other.getByRole('button', { name: 'Sign in', exact: true }).click();
  await eva.getByText('New sign-in on').waitFor();
  await look(eva, 'notices');
  await eva.getByRole('button', { name: 'Sign it out' }).click();
  await other.getByText('This device was signed out').waitFor();
  await look(other, 'signed-out');

  await go(eva, '#/chats/no-such-chat', () => eva.getByText('This chat is not here'));
  await look(eva, 'unknown-chat');
});

test('the server is silent', { timeout: 120_000 }, async () => {
  const page = keep(await visit(browser, server));
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.route('**/v1/skein/server', (route) => route.abort());
  await page.reload();
  await page.getByText('does not answer').waitFor();
  await look(page, 'silent');
  await page.unroute('**/v1/skein/server');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('in Portuguese, of both countries', { timeout: 120_000 }, async () => {
  for (const locale of ['pt-BR', 'pt-PT']) {
    const page = keep(await visit(browser, server, { locale, hash: '#/register' }));
    await page.getByRole('heading', { name: 'Criar uma conta' }).waitFor();
    await look(page, `register-${locale}`);
  }
});

const ownId = (page) => page.evaluate(async () => (await (await fetch('/v1/skein/sync')).json()).snapshot.account.id);

async function robotId(page, name) {
  return page.evaluate(async (wanted) => (await (await fetch(`/v1/skein/find?name=${wanted}`)).json()).contact.profile.id, name);
}
