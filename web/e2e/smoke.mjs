// The one browser test of `make test`: two people find each other, write, and call: `node --test e2e/smoke.mjs`.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { bubble, composer, keepCode, openChatWith, register, startChromium, startServer, tick, visit, write } from './harness.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await startChromium();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test('two people find each other, write and talk', { timeout: 120_000 }, async () => {
  const arrive = async (display) => {
    const page = await register(await visit(browser, server), display);
    await keepCode(page);
    // The screen before a first call has tests of its own.
    await page.evaluate(() => localStorage.setItem('skein.call.seen', 'yes'));
    return page;
  };
  const ada = await arrive('Ada Sample');
  const bruno = await arrive('Bruno Exemplo');
  assert.equal(bruno.person, 'bruno.exemplo');

  // Ada asks by exact name, Bruno accepts.
  await ada.getByRole('button', { name: 'Add a contact' }).first().click();
  await ada.getByLabel('Their exact name').fill('Bruno.Exemplo');
  await ada.getByRole('button', { name: 'Find' }).click();
  await ada.getByLabel('A line with it, if you like').fill('It is Ada from the lake');
  await ada.getByRole('button', { name: 'Send request' }).click();
  await bruno.getByRole('link', { name: /People.*1.*new/ }).click();
  await bruno.getByText('It is Ada from the lake').waitFor();
  await bruno.getByRole('button', { name: /^Accept/ }).click();

  // They write; ticks follow.
  await bruno.getByTitle(/Write to/).first().click();
  await openChatWith(ada, 'Bruno Exemplo');
  await write(ada, 'Look who crossed the lake');
  await bubble(bruno, 'Look who crossed the lake').waitFor();
  await tick(ada, 'Look who crossed the lake', 'read');
  await composer(bruno).pressSequentially('Ei');
  await ada.getByText('is typing…').waitFor();
  await write(bruno, 'Eight of them!');
  await bubble(ada, 'Eight of them!').waitFor();

  // They talk.
  await ada.getByRole('button', { name: 'Call', exact: true }).click();
  await bruno.getByRole('button', { name: 'Answer', exact: true }).click();
  await ada.getByRole('timer').waitFor({ timeout: 30_000 });
  await bruno.getByRole('timer').waitFor({ timeout: 30_000 });
  await ada.getByRole('button', { name: 'Hang up' }).first().click();
  await bruno.getByText(/call ended/i).first().waitFor({ timeout: 15_000 });

  assert.deepEqual([...ada.errors, ...bruno.errors], []);
});
