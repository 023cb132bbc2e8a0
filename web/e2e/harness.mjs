// What the tests of the messenger stand on: people who come in by the door, as a reader would. The server, the browser
// and the looks into a page are those of the tests of calls.

import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';

import { PASSWORD, ask, befriend, breaches, command, nameFailures, overflow, picture, startChromium, startServer } from './call-lab.mjs';

export { PASSWORD, ask, befriend, breaches, command, overflow, picture, startChromium, startServer };

/** What `ground` lays for a file of tests; each file is a process of its own. */
export let server;
export let browser;
let pages = [];
/** How many people `another` has counted: part of their names. */
export let people = 0;

/**
 * Lays the ground of a file of tests: a server, a browser, and the pages of each test, which are closed after it without an error
 * in them. With `last`, what was on each page at the end is kept in pictures of that name, to look at when something failed;
 * `counts` says which errors count.
 */
export function ground({ last, counts = () => true } = {}) {
  before(async () => {
    server = await startServer();
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(async () => {
    const errors = pages.flatMap((page) => page.errors).filter(counts);
    for (const [index, page] of pages.entries()) {
      if (last !== undefined) await picture(page, `${last}-${index}`).catch(() => undefined);
      await page.context().close();
    }
    pages = [];
    assert.deepEqual(errors, [], 'errors in pages');
  });
}

/** A page of this test. */
export const keep = (page) => {
  pages.push(page);
  return page;
};

/** A page that the test closes itself is not looked at afterwards. */
export function letGo(page) {
  pages = pages.filter((other) => other !== page);
}

/** One more person, or two: their number. */
export const another = () => (people += 1);

/** Two people who are contacts, each looking at the chat with the other. */
export async function two(home = server) {
  const both = await inChat(browser, home, another());
  pages.push(both.ann, both.bob);
  return both;
}

/** A person and a robot who are contacts. */
export async function withRobot() {
  another();
  const ann = keep(await person(browser, server, `Ann Sample ${people}`, { name: `ann${people}` }));
  const robot = await Robot.register(server, `robot${people}`, `Robot ${people}`);
  await robot.ask(ann.person);
  await command(ann, { type: 'relate', other: robot.id, change: 'accept' });
  return { ann, robot };
}

/** Without the marks that keep a name's direction apart from its sentence. */
export const plain = (text) => text.replace(/[\u2066-\u2069\u200e\u200f]/g, '');

/**
 * A page of nobody yet that shows nothing yet, without a service worker, which would hide its requests from a test. Errors
 * of the page, of its policy included, are kept in `errors`.
 */
async function blank(browser, server, context = {}) {
  const made = await browser.newContext({
    viewport: { width: 1280, height: 800 }, locale: 'en-GB', permissions: ['microphone', 'camera', 'clipboard-read', 'clipboard-write'],
    serviceWorkers: 'block', ...context,
  });
  const page = await made.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error)));
  nameFailures(page, 'a page');
  page.on('console', (message) => {
    // An address that answers 4xx is an answer; a broken policy or a broken script is not.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) page.errors.push(message.text());
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (/^(?:https?|wss?):$/.test(protocol) && origin !== new URL(server.url).origin) page.errors.push(`left the origin: ${request.url()}`);
  });
  return page;
}

/** A page of nobody yet at the door, or at another screen. */
export async function visit(browser, server, { hash = '', ...context } = {}) {
  const page = await blank(browser, server, context);
  await page.goto(`${server.url}/${hash}`);
  return page;
}

/** Creates an account by the form and keeps its code. */
export async function register(page, display, { name, password = PASSWORD } = {}) {
  await page.goto(`${new URL(page.url()).origin}/#/register`);
  await page.getByLabel('What should people call you?').fill(display);
  const field = page.getByLabel('Your name on this server');
  if (name !== undefined) await field.fill(name);
  page.person = await field.inputValue();
  await page.getByText('is free. People add you by it').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  const box = page.getByRole('group', { name: 'Recovery code' });
  await box.waitFor();
  page.code = (await box.locator('span').allTextContents()).join('-');
  return page;
}

/** From the recovery code to the chats. */
export async function keepCode(page) {
  await page.getByLabel('I have kept the code somewhere safe').check();
  await page.getByRole('button', { name: /^Go to/ }).click();
  await page.locator('[data-region="rail"]').waitFor();
}

/** Somebody new, at their chats; the form that makes an account and the screen before a first call have tests of their own. */
export async function person(browser, server, display, { name, password = PASSWORD, context } = {}) {
  const { origin } = new URL(server.url);
  const kept = { 'skein.call.seen': 'yes', 'skein.settings': JSON.stringify({ lastName: name }) };
  const localStorage = Object.entries(kept).map(([key, value]) => ({ name: key, value }));
  const page = await blank(browser, server, { storageState: { cookies: [], origins: [{ origin, localStorage }] }, ...context });
  const device = { label: 'Chrome on Linux', kind: 'browser' };
  const made = await page.request.post(`${server.url}/v1/skein/register`, {
    headers: { origin }, data: { name, display, password, device, session: 'cookie' },
  });
  assert.ok(made.ok(), `${name}: ${made.status()} ${await made.text()}`);
  page.person = name;
  await page.goto(`${server.url}/#/chats`);
  await page.locator('[data-region="rail"]').waitFor();
  return page;
}

/** Two people who are contacts, each looking at the chat with the other. */
export async function inChat(browser, server, number) {
  const ann = await person(browser, server, `Ann Sample ${number}`, { name: `ann${number}` });
  const bob = await person(browser, server, `Bob Sample ${number}`, { name: `bob${number}` });
  await befriend(ann, bob);
  await openChatWith(ann, 'Bob Sample');
  await openChatWith(bob, 'Ann Sample');
  return { ann, bob };
}

/** Opens the chat with somebody from the list. */
export async function openChatWith(page, display) {
  await page.locator('[data-region="rail"] a[href="#/chats"]').click();
  await page.locator('[data-region="list"] a', { hasText: display }).first().click();
  await composer(page).waitFor();
}

export const composer = (page) => page.locator('#composer');

/** Writes a message and sends it by Enter. */
export async function write(page, text) {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

/** The bubble that says something. */
export const bubble = (page, text) => page.getByRole('article').filter({ hasText: text });

/** The words of all bubbles, top to bottom. */
export async function texts(page) {
  const all = await page.getByRole('article').locator('.text').allTextContents();
  return all.map((text) => plain(text).trim());
}

/** Waits until the tick of a bubble is so: `sent`, `delivered`, `read`, `waiting`. */
export const tick = (page, text, state) => bubble(page, text).locator(`[data-tick="${state}"]`).waitFor();

/** Somebody without a browser, who speaks the API. */
export class Robot {
  static async register(server, name, display = name) {
    const robot = new Robot();
    robot.url = `${server.url}/v1/skein`;
    robot.name = name;
    robot.display = display;
    const device = { label: 'skein on a test', kind: 'bot' };
    const signedIn = await robot.#ask('/register', { name, display, password: PASSWORD, device, session: 'token' });
    robot.token = signedIn.token;
    robot.id = signedIn.account.id;
    return robot;
  }

  get(path) {
    return this.#ask(path);
  }

  command(body) {
    return this.#ask('/command', body);
  }

  async find(name) {
    return (await this.get(`/find?name=${name}`)).contact.profile.id;
  }

  async ask(name, greeting) {
    await this.command({ type: 'relate', other: await this.find(name), change: 'ask', ...(greeting ? { greeting } : {}) });
  }

  async accept(name) {
    await this.command({ type: 'relate', other: await this.find(name), change: 'accept' });
  }

  /** Says something to somebody; texts go out one after another. */
  async say(name, ...texts) {
    const account = await this.find(name);
    for (const text of texts) {
      this.count = (this.count ?? 0) + 1;
      await this.command({ type: 'send', to: { account }, body: { type: 'plain', text }, client: `${this.name}-${this.count}` });
    }
  }

  async #ask(path, body) {
    const headers = { 'content-type': 'application/json', ...(this.token ? { authorization: `Bearer ${this.token}` } : {}) };
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(this.url + path, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${this.name} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}
