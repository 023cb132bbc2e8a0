// One Chromium with people who are signed in there, for `ci/lab/skype`: whoever a program of another maker talks to sits here. One JSON
// object a line comes in, `{id, name, args}`; one goes out for each, `{id, value}` or `{id, error}`. The first argument of every act
// says whose page is meant.
//
//   skype_browser.mjs URL

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { enter, startChromium } from '../../web/e2e/call-lab.mjs';
import { look, standing } from './skype_look.mjs';

const url = process.argv[2];
const SOON = 20_000; // ms that a screen may take
const browser = await startChromium();
const pages = new Map();

const of = (who) => pages.get(who) ?? Promise.reject(new Error(`nobody called ${who} sits here`));
const composer = (page) => page.locator('#composer');
const details = (page) => page.locator('[data-region="details"]');
const bubble = (page, text) => page.getByRole('article').filter({ hasText: text }).last();
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Types all at once. The space at the end is no part of a message, and a list of names does not open after it. */
const fill = (page, text) => composer(page).fill(`${text} `);

/** Nothing is on its way any more, and nothing was refused. */
async function gone(page) {
  await page.locator('[data-key^="out "]').last().waitFor({ state: 'detached' });
}

async function menuOf(page, text, entry) {
  const found = bubble(page, text);
  await found.hover();
  await found.locator('[data-menu]').click();
  await page.getByRole('menuitem', { name: entry }).click();
}

async function openDetails(page) {
  if (await details(page).count() === 0) await page.locator('.conv [data-region="head"] a').click();
  await details(page).getByRole('heading', { name: 'Group details' }).waitFor();
}

async function status(page) {
  await page.getByRole('button', { name: /Your status/ }).click();
}

const acts = {
  /** Somebody who has an account sits down. */
  async enter(who) {
    const page = await enter(browser, url, who, { again: true, acceptDownloads: true });
    page.setDefaultTimeout(SOON);
    pages.set(who, page);
  },

  async leave(who) {
    const page = await of(who);
    pages.delete(who);
    await page.context().close();
    if (page.errors.length > 0) throw new Error(`errors in the page: ${page.errors.join('; ')}`);
  },

  /** Opens a conversation, and waits until it is read. */
  async chat(who, conversation) {
    const page = await of(who);
    await page.evaluate((id) => (location.hash = `#/chats/${id}`), conversation);
    await page.locator(`[data-region="content"][aria-busy="false"]`).waitFor();
    await page.locator('.log > :not(.ghosts)').first().waitFor({ state: 'attached' });
  },

  async go(who, hash) {
    await (await of(who)).evaluate((to) => (location.hash = to), hash);
  },

  /** Writes messages, one after another. */
  async write(who, ...texts) {
    const page = await of(who);
    for (const text of texts) {
      await fill(page, text);
      await composer(page).press('Enter');
      await gone(page);
    }
  },

  /** Types without sending. */
  async type(who, text) {
    await composer(await of(who)).pressSequentially(text);
  },

  async clear(who) {
    await composer(await of(who)).fill('');
  },

  /** Changes one's newest message. */
  async edit(who, text) {
    const page = await of(who);
    await composer(page).press('ArrowUp');
    await page.getByText('You are editing a message').waitFor();
    await fill(page, text);
    await composer(page).press('Enter');
    await page.getByText('You are editing a message').waitFor({ state: 'detached' });
    await page.locator('[data-tick="sending"], [data-tick="waiting"]').last().waitFor({ state: 'detached' });
  },

  async remove(who, text) {
    const page = await of(who);
    await menuOf(page, text, 'Remove for everyone');
    await page.getByRole('button', { name: 'Remove it' }).click();
    await page.getByText('You removed this message').last().waitFor();
  },

  async reply(who, text, answer) {
    const page = await of(who);
    await bubble(page, text).hover();
    await bubble(page, text).getByRole('button', { name: 'Reply' }).click();
    await fill(page, answer);
    await composer(page).press('Enter');
    await gone(page);
  },

  /** Sends files from the disk, as one message. */
  async attach(who, ...paths) {
    const page = await of(who);
    await page.locator('[data-attach]').setInputFiles(paths);
    await page.getByRole('list', { name: 'Files to be sent' }).getByRole('listitem').nth(paths.length - 1).waitFor();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await gone(page);
  },

  /** Saves the newest file of that name, by its link; gives what came. */
  async save(who, name) {
    const page = await of(who);
    const link = page.locator('a.file').filter({ has: page.locator(`bdi[title=${JSON.stringify(name)}]`) }).last();
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const bytes = readFileSync(await download.path());
    return { name: download.suggestedFilename(), size: bytes.length, sha256: sha256(bytes) };
  },

  /** What lies at an address of ours, for whoever sits there: its SHA-256. */
  async fetch(who, address) {
    const bytes = await (await of(who)).evaluate(async (at) => [...new Uint8Array(await (await fetch(at)).arrayBuffer())], address);
    return sha256(Buffer.from(bytes));
  },

  /** What is on the screen: the newest `last` messages and lines, the head, who types. */
  look: async (who, last) => (await of(who)).evaluate(look, last),

  /** Who stands in the list of chats, and how. */
  standing: async (who) => (await of(who)).evaluate(standing),

  /** Whether the page has these words anywhere. */
  says: async (who, words) => (await (await of(who)).getByText(words).count()) > 0,

  /** Goes up the open conversation until it begins, and gives the words of all messages that were seen, oldest first. */
  async history(who) {
    const page = await of(who);
    const log = page.getByRole('log', { name: 'Messages' });
    const seen = new Map();
    for (let turn = 0; turn < 60; turn += 1) {
      const all = await page.getByRole('article').evaluateAll((found) => found.map((each) => [each.dataset.key, each.querySelector('.text')?.textContent.trim() ?? '']));
      const fresh = all.filter(([key]) => !seen.has(key));
      for (const [key, text] of fresh) seen.set(key, text);
      if (turn > 0 && fresh.length === 0) break;
      await log.evaluate((box) => (box.scrollTop = 0));
      const first = all[0]?.[0];
      const more = page.waitForFunction((key) => document.querySelector('[role="log"] [role="article"]')?.dataset.key !== key, first, { timeout: 1_500 });
      if (!(await more.then(() => true, () => false))) break;
    }
    return [...seen.entries()].toSorted(([a], [b]) => a.length - b.length || (a < b ? -1 : 1)).map(([, text]) => text);
  },

  async newest(who) {
    const page = await of(who);
    const jump = page.getByRole('button', { name: /Jump to newest/ });
    if (await jump.count() > 0) await jump.click();
  },

  // --- oneself ---

  async mood(who, text) {
    const page = await of(who);
    await status(page);
    await page.getByLabel('Mood').fill(text);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByLabel('Mood').waitFor({ state: 'detached' });
  },

  async be(who, label) {
    const page = await of(who);
    await status(page);
    await page.getByRole('radio', { name: new RegExp(`^${label}`) }).check();
    await page.keyboard.press('Escape');
  },

  async picture(who, path) {
    const page = await of(who);
    await page.evaluate(() => (location.hash = '#/settings/account'));
    await page.locator('[data-picture]').setInputFiles(path);
    const dialog = page.getByRole('dialog', { name: 'Choose what shows' });
    await dialog.getByRole('button', { name: 'Use this picture' }).click();
    await dialog.waitFor({ state: 'detached' });
  },

  /** One more name to sign in with. */
  async handle(who, mail) {
    const page = await of(who);
    await page.evaluate(() => (location.hash = '#/settings/account'));
    await page.getByLabel('Another name').fill(mail);
    await page.getByRole('button', { name: 'Add it' }).click();
    await page.getByRole('button', { name: /^Remove .*@/ }).waitFor();
  },

  /** Lets programs of before 2015 in. */
  async allowOld(who, password) {
    const page = await of(who);
    await page.evaluate(() => (location.hash = '#/settings/account'));
    await page.getByRole('switch', { name: 'Allow old programs' }).click();
    const box = page.getByRole('dialog', { name: 'Allow old programs?' });
    await box.locator('input').first().fill(password);
    await box.getByRole('button', { name: 'Allow them' }).click();
    await box.waitFor({ state: 'detached' });
  },

  // --- people ---

  /** Asks somebody to be a contact. */
  async ask(who, name, greeting) {
    const page = await of(who);
    await page.evaluate(() => (location.hash = '#/people'));
    await page.getByRole('button', { name: 'Add a contact' }).first().click();
    await page.getByLabel('Their exact name').fill(name);
    await page.keyboard.press('Enter');
    const field = page.getByRole('dialog').getByLabel('A line with it, if you like');
    await field.fill(greeting);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  },

  /** Requests and contacts as the page of people shows them. */
  async people(who) {
    const page = await of(who);
    await page.evaluate(() => (location.hash = '#/people'));
    await page.locator('main.page, [data-region="list"]').first().waitFor();
    return page.evaluate(() => {
      const bare = (found) => (found?.textContent ?? '').replace(/[\u2066-\u2069]/g, '').trim();
      const all = (selector) => [...document.querySelectorAll(selector)];
      return {
        requests: all('li.request').map((each) => ({ name: bare(each.querySelector('.mono')), greeting: bare(each.querySelector('.greeting')) })),
        contacts: all('li.person').map((each) => ({ name: bare(each.querySelector('.name')), line: bare(each.querySelector('.line')) })),
      };
    });
  },

  async answer(who, how, display) {
    const page = await of(who);
    await page.evaluate(() => (location.hash = '#/people'));
    const button = page.getByRole('button', { name: new RegExp(`^${how}.*${display}`) });
    await button.click();
    await button.waitFor({ state: 'detached' });
  },

  // --- groups ---

  async makeGroup(who, title, ...people) {
    const page = await of(who);
    await page.evaluate(() => (location.hash = '#/chats'));
    await page.getByRole('button', { name: 'New group' }).click();
    const box = page.getByRole('dialog', { name: 'New group' });
    await box.getByLabel('Title of the group').fill(title);
    for (const display of people) await box.getByRole('checkbox', { name: display }).check();
    await box.getByRole('button', { name: 'Make the group' }).click();
    await page.locator('p.sys', { hasText: 'made the group' }).last().waitFor();
    return page.evaluate(() => location.hash.split('/')[2]);
  },

  async titleGroup(who, title) {
    const page = await of(who);
    await openDetails(page);
    await details(page).getByRole('button', { name: 'Change the title' }).click();
    await details(page).getByLabel('Title of the group').fill(title);
    await details(page).getByLabel('Title of the group').press('Enter');
  },

  async addToGroup(who, display) {
    const page = await of(who);
    await openDetails(page);
    await details(page).getByRole('button', { name: 'Add people' }).click();
    const box = page.getByRole('dialog', { name: 'Add people to' });
    await box.getByRole('checkbox', { name: display }).check();
    await box.getByRole('button', { name: /^Add / }).click();
    await box.waitFor({ state: 'detached' });
  },

  /** Chooses from the menu of somebody in the details, and says yes where it asks. */
  async member(who, display, entry, sure) {
    const page = await of(who);
    await openDetails(page);
    await details(page).locator('li', { hasText: display }).getByRole('button', { name: display }).first().click();
    await page.getByRole('menuitem', { name: entry }).click();
    if (sure !== undefined) {
      const box = page.getByRole('dialog', { name: sure });
      await box.getByRole('button', { name: entry }).click();
      await box.waitFor({ state: 'detached' });
    }
  },

  /** Whom the details show, with their roles. */
  async members(who) {
    const page = await of(who);
    await openDetails(page);
    await details(page).locator('li').first().waitFor();
    return details(page).locator('li').evaluateAll((all) => all.map((each) => each.textContent.replace(/[\u2066-\u2069]/g, '').replace(/\s+/g, ' ').trim()));
  },

  async link(who) {
    const page = await of(who);
    await openDetails(page);
    await details(page).getByRole('button', { name: 'Make a link' }).click();
    const box = page.getByRole('dialog', { name: 'Make a link' });
    await box.getByRole('button', { name: 'Make a link' }).click();
    await box.waitFor({ state: 'detached' });
    return details(page).getByLabel('The new link').inputValue();
  },

  async leaveGroup(who) {
    const page = await of(who);
    await openDetails(page);
    await details(page).getByRole('button', { name: 'Leave the group' }).click();
    await page.getByRole('dialog', { name: 'Leave' }).getByRole('button', { name: 'Leave the group' }).click();
    await page.getByText('You are not in this group any more.', { exact: false }).first().waitFor();
  },

  // --- calls ---

  /** Calls the other one of the open chat. */
  async call(who) {
    await (await of(who)).getByRole('button', { name: 'Call', exact: true }).first().click();
  },

  async press(who, name) {
    await (await of(who)).getByRole('button', { name, exact: true }).first().click({ timeout: 5_000 });
  },

  /** A picture of the screen, to look at when something failed. */
  async shot(who, path) {
    await (await of(who)).screenshot({ path });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, name, args } = JSON.parse(line);
  let said;
  try {
    said = { id, value: (await acts[name](...args)) ?? null };
  } catch (error) {
    said = { id, error: String(error?.message ?? error).slice(0, 1_500) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
await browser.close();
process.exit(0);
