// What the tests of calls stand on: a server of ours on free ports, browsers with a made-up camera and microphone,
// people who are contacts, and a look into the connections of a page.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const TOP = fileURLToPath(new URL('../../', import.meta.url));
export const PROGRAM = process.env.SKEIN_PROGRAM ?? join(TOP, 'target/debug/skein');
/** Where pictures of the screens go. */
export const OUT = process.env.SKEIN_OUT ?? join(TOP, 'out/screens');
export const PASSWORD = 'a goose takes turns at the front';

/** Starts a server that is gone again after `stop`. `more` is added to its configuration. */
export async function startServer(more = '', udp = '127.0.0.1:0') {
  const folder = mkdtempSync(join(tmpdir(), 'skein-call-'));
  const config = join(folder, 'skein.toml');
  writeFileSync(config, `[limits]\nexempt = ["127.0.0.0/8", "::1"]\n${more}`);
  let child;
  let gone;

  async function start(http, on) {
    child = spawn(
      PROGRAM,
      ['serve', '--config', config, '--data', join(folder, 'data'), '--http', http, '--tls', '127.0.0.1:0', '--udp', on, '--json'],
      // Nobody reads figures here, and the usual port may be somebody else's.
      { stdio: ['ignore', 'pipe', process.env.SKEIN_LOG ? 'inherit' : 'ignore'], env: { ...process.env, SKEIN_METRICS__LISTEN: '[]' } },
    );
    gone = new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
    const line = await Promise.race([
      new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
      gone.then((status) => Promise.reject(new Error(`the server ended with ${status} before it was ready`))),
    ]);
    return JSON.parse(line);
  }

  async function end(signal) {
    child.kill(signal);
    await gone;
  }

  const ready = await start('127.0.0.1:0', udp);
  return {
    url: `http://${ready.http[0]}`,
    /** What the operator asks for on the command line: its answer as JSON. */
    operate: (...words) => JSON.parse(execFileSync(PROGRAM, [...words, '--config', config, '--data', join(folder, 'data'), '--json'])),
    /** The process of now. */
    pid: () => child.pid,
    /** Ends it by a signal. */
    down: end,
    /** Starts it again with the same data and addresses. */
    up: () => start(ready.http[0], ready.udp[0]),
    async restart(signal = 'SIGTERM') {
      await this.down(signal);
      await this.up();
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A browser with devices that are made up: a tone that beeps and a picture that turns. */
export function startChromium(more = []) {
  return chromium.launch({
    executablePath: process.env.SKEIN_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
      '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--disable-background-timer-throttling',
      '--autoplay-policy=no-user-gesture-required', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream=fps=15',
      '--allow-loopback-in-peer-connection',
      ...more,
    ],
  });
}

/**
 * A page of somebody, without a service worker, which would hide its requests from a test: a new person, or another device
 * of one who is there. Errors of the page are kept in `errors`.
 */
export async function enter(browser, url, name, { display = name, again = false, firstCall = false, settings = {}, ...context } = {}) {
  const made = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en', bypassCSP: true, permissions: ['microphone', 'camera'], serviceWorkers: 'block', ...context });
  const page = await made.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(`${name}: ${error}`));
  nameFailures(page, name);
  await page.addInitScript(watchConnections);
  await page.goto(url);
  await page.evaluate(signIn, { name, display, again, password: PASSWORD, settings, firstCall });
  await page.goto(`${url}/#/chats`);
  await page.reload();
  await page.locator('[data-region="rail"]').waitFor();
  page.person = name;
  return page;
}

/** Says which request of a page got no answer, and why: the page itself learns no more than that it failed. */
export function nameFailures(page, name) {
  const say = (url, why) => console.error(`${name}: ${url}: ${why}`);
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // What a page leaves unfinished when it goes elsewhere is no failure.
    if (why !== 'net::ERR_ABORTED') say(request.url(), why);
  });
  page.on('websocket', (socket) => socket.on('socketerror', (why) => say(socket.url(), why)));
}

async function signIn({ name, display, again, password, settings, firstCall }) {
  const device = { label: 'Chrome on Linux', kind: 'browser' };
  const answer = await fetch(`/v1/skein/${again ? 'sign-in' : 'register'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, ...(again ? {} : { display }), password, device, session: 'cookie' }),
  });
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  localStorage.setItem('skein.settings', JSON.stringify(settings));
  if (!firstCall) localStorage.setItem('skein.call.seen', 'yes');
}

/** A request of the API from inside a page. */
export function ask(page, path, body) {
  return page.evaluate(
    async ([to, sent]) => {
      const init = sent === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(sent) };
      const answer = await fetch(`/v1/skein${to}`, init);
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${to}: ${answer.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
    [path, body],
  );
}

export const command = (page, body) => ask(page, '/command', body);

export const idOf = async (page, name) => (await ask(page, `/find?name=${name}`)).contact.profile.id;

/** The two become contacts. */
export async function befriend(one, other) {
  await command(one, { type: 'relate', other: await idOf(one, other.person), change: 'ask' });
  await command(other, { type: 'relate', other: await idOf(other, one.person), change: 'accept' });
}

/** Opens the conversation with somebody. */
export async function openChat(page, name) {
  const done = await command(page, { type: 'open_conversation', to: { account: await idOf(page, name) } });
  await page.evaluate((id) => (location.hash = `#/chats/${id}`), done.value.conversation.id);
  // The page did not ask for it itself, so it does not know yet who that is.
  await page.reload();
  await page.locator('header .calls button').first().waitFor();
}

/** The people of a test: each with a page of their own, which are closed when they leave; errors in them are failures. */
export class People {
  static #count = 0;
  #browser;
  #url;
  #pages = [];

  constructor(browser, url) {
    this.#browser = browser;
    this.#url = url;
  }

  /** A name that nobody has yet. */
  fresh(name) {
    People.#count += 1;
    return `${name}${People.#count}`;
  }

  async person(name, { url = this.#url, ...options } = {}) {
    const page = await enter(this.#browser, url, name, options);
    this.#pages.push(page);
    return page;
  }

  /** Two who are contacts, each looking at the chat with the other. `to`: the addresses they come by. */
  async two({ to = {}, ...options } = {}) {
    const ann = await this.person(this.fresh('ann'), { ...options, url: to.ann });
    const bob = await this.person(this.fresh('bob'), { ...options, url: to.bob });
    await befriend(ann, bob);
    await openChat(ann, bob.person);
    await openChat(bob, ann.person);
    return { ann, bob };
  }

  async leave() {
    const pages = this.#pages.splice(0);
    const errors = pages.flatMap((page) => page.errors);
    for (const page of pages) await page.context().close();
    assert.deepEqual(errors, [], 'errors in pages');
  }
}

/** Those of `callGround`; each file of tests is a process of its own. */
export let people;

/** Lays the ground of a file of tests of calls: a server, a browser, and people who leave after each test. `more`: flags of the browser. */
export function callGround(more = []) {
  let server;
  let browser;
  before(async () => {
    server = await startServer();
    browser = await startChromium(more);
    people = new People(browser, server.url);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  afterEach(() => people.leave());
}

export async function call(page, { video = false } = {}) {
  await page.getByRole('button', { name: video ? 'Video call' : 'Call', exact: true }).first().click();
}

/** Connections of a page that are not closed. */
export const connections = (page) => page.evaluate(() => window.skeinTest.open());

/** Presses *Call* in the open chat at a moment of the one clock of this machine, by the page's own timer; says when. */
export function callAt(page, moment) {
  return page.evaluate(async (when) => {
    const button = document.querySelector('header .calls button');
    await new Promise((resolve) => setTimeout(resolve, when - Date.now()));
    const clicked = Date.now();
    button.click();
    return clicked;
  }, moment);
}

export const ringer = (page) => page.locator('[data-region="ring"]');
export const stage = (page) => page.locator('dialog.stage');
export const press = (page, name) => page.getByRole('button', { name, exact: true }).first().click({ timeout: 40_000 });

/** Waits until people can talk on this page. */
export const live = (page) => page.getByRole('timer').waitFor({ timeout: 40_000 });

/** What the newest connection of a page has counted; the counts of those that are gone stay. */
export const figures = (page) => page.evaluate(() => window.skeinTest.figures());

/** Waits until a page has heard and, if asked, seen the other one. */
export async function flows(page, { video = false, packets = 50, frames = 10 } = {}) {
  let now;
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(250)) {
    now = await figures(page);
    if ((now.audio?.received ?? 0) >= packets && (!video || (now.video?.frames ?? 0) >= frames)) return;
  }
  throw new Error(`${page.person} hears or sees too little after a minute: ${JSON.stringify(now)}`);
}

/** Waits until the connection of a page goes through the relay, or does not: ICE may change its pair for a while. */
export async function goesBy(page, relay) {
  let path;
  for (const end = Date.now() + 20_000; Date.now() < end; await pause(250)) {
    ({ path } = await figures(page));
    if (path && (path[0] === 'relay') === relay) return;
  }
  throw new Error(`${page.person} goes ${relay ? 'past' : 'through'} the relay after 20 s: ${path}`);
}

/** Waits for the first sound of a call that began at a moment; says when it came. */
export async function heardSince(page, moment) {
  await page.waitForFunction((since) => window.skeinTest.heard > since, moment, { polling: 50, timeout: 40_000 });
  return page.evaluate(() => window.skeinTest.heard);
}

/** The call as the server keeps it, once it has ended and so many reports are there. */
export async function kept(page, { reports = 0 } = {}) {
  for (let tries = 0; tries < 100; tries += 1) {
    const [newest] = (await ask(page, '/calls?limit=1')).calls;
    if (newest?.ended !== undefined && newest.reports >= reports) return ask(page, `/calls/${newest.key}`);
    await pause(100);
  }
  throw new Error(`no ended call with ${reports} reports: ${JSON.stringify(await ask(page, '/calls?limit=2'))}`);
}

/** How the calls in a history ended, newest first, once so many are written down as over. `running`: those that go on. */
export async function outcomes(page, { running = 0 } = {}) {
  let seen = [];
  for (let tries = 0; tries < 50; tries += 1) {
    seen = (await ask(page, '/calls?limit=20')).calls.map((record) => record.outcome);
    if (seen.length > 0 && seen.filter((outcome) => outcome === 'open').length === running) break;
    await pause(100);
  }
  return seen;
}

/** In the page, before its own scripts: keeps every connection, to look at its counts. */
export function watchConnections() {
  const Native = window.RTCPeerConnection;
  const all = [];
  window.RTCPeerConnection = class extends Native {
    constructor(config) {
      super(config);
      this.config = config;
      all.push(this);
      // A track that comes in is muted until its first packet (WebRTC 1.0 §5.3).
      this.addEventListener('track', ({ track }) => {
        if (track.kind === 'audio') track.addEventListener('unmute', () => (window.skeinTest.heard = Date.now()), { once: true });
      });
    }
  };
  const last = {};
  window.skeinTest = {
    /** When sound last began to come in. */
    heard: 0,
    /** Connections that are not closed. */
    open: () => all.filter((peer) => peer.signalingState !== 'closed').length,
    made: () => all.length,
    config: () => all.at(-1)?.config,
    async figures() {
      const peer = all.at(-1);
      if (!peer || peer.signalingState === 'closed') return last;
      // Firefox never answers for a connection that closes meanwhile.
      const stats = await Promise.race([peer.getStats(), new Promise((resolve) => setTimeout(resolve, 2000))]);
      if (!stats) return last;
      // Where the transport names no pair, one is marked as selected.
      const chosen = [...stats.values()].find(({ type }) => type === 'transport')?.selectedCandidatePairId;
      const pair = stats.get(chosen) ?? [...stats.values()].find((entry) => entry.type === 'candidate-pair' && entry.selected);
      if (pair) last.path = [pair.localCandidateId, pair.remoteCandidateId].map((id) => stats.get(id)?.candidateType);
      stats.forEach((entry) => {
        // What comes after the first two sections belongs to the screen.
        if (entry.type === 'inbound-rtp' && !(Number(entry.mid) > 1)) last[entry.kind] = { received: entry.packetsReceived, lost: entry.packetsLost, frames: entry.framesDecoded ?? 0 };
      });
      return last;
    },
  };
}

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Breaches of WCAG 2.2 A and AA and of good practice on what a page shows once nothing moves that comes to an end: half-way into view,
 * words have half their contrast. Icons without a drawing are breaches too. */
export async function breaches(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    for (let moves = true; moves; ) {
      const ends = (one) => Number.isFinite(Number(one.effect?.getComputedTiming().endTime));
      const moving = document.getAnimations().filter((one) => one.playState === 'running' && ends(one));
      moves = moving.length > 0;
      await Promise.all(moving.map((one) => one.finished.catch(() => undefined)));
    }
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
    const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values: tags } });
    const blank = [...document.querySelectorAll('use')].map((use) => use.getAttribute('href')).filter((href) => document.querySelector(href) === null);
    return [
      ...violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`),
      ...blank.map((href) => `icon without a drawing: ${href}`),
    ];
  });
}

/** Keeps a picture of what a page shows. */
export async function picture(page, name) {
  mkdirSync(OUT, { recursive: true });
  await page.screenshot({ path: join(OUT, `${name}.png`) });
}

/** No page sideways: how far it could be scrolled. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
