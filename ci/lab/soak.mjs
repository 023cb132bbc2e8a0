#!/usr/bin/env node
// Two real Chromiums in a call, each in a network of its own, for as long as the bench beside this wants. Reads one word a
// line from its input and prints one JSON object for each: see `answers` below.
//
//   soak.mjs --url URL --names ann,bob --in NS,NS
//   soak.mjs --url URL --names bob --in NS

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const { values: given } = parseArgs({
  options: {
    url: { type: 'string' },
    names: { type: 'string' },
    in: { type: 'string' },
    password: { type: 'string', default: 'a goose takes turns at the front' },
  },
});
const names = given.names.split(',');
const namespaces = given.in.split(',');
const folder = mkdtempSync(join(tmpdir(), 'skein-lab-'));
const people = [];
const errors = [];

/** What can be asked for, by its first word. */
const answers = {
  /** Ann calls Bob; answered when both hear each other. */
  async call() {
    const [ann, bob] = pages();
    await ann.getByRole('button', { name: 'Call', exact: true }).first().click();
    await bob.getByRole('button', { name: 'Answer', exact: true }).first().click({ timeout: 60_000 });
    for (const page of pages()) await page.waitForFunction(() => window.skeinSoak.heard > 0, undefined, { timeout: 60_000, polling: 200 });
    return {};
  },
  /** Bob takes the call that rings. */
  async answer() {
    const [bob] = pages();
    await bob.getByRole('button', { name: 'Answer', exact: true }).first().click({ timeout: 60_000 });
    await bob.waitForFunction(() => window.skeinSoak.heard > 0, undefined, { timeout: 60_000, polling: 200 });
    return {};
  },
  /** The page is loaded again and goes back into the call. */
  async return() {
    const [page] = pages();
    await page.reload();
    await page.getByRole('button', { name: 'Return to the call', exact: true }).first().click({ timeout: 60_000 });
    await page.waitForFunction(() => window.skeinSoak.heard > 0, undefined, { timeout: 60_000, polling: 200 });
    return {};
  },
  /** When each heard something first after a moment (ms since 1970); nothing if they have not, or not both. */
  async since(moment) {
    const heard = await Promise.all(pages().map((page) => page.evaluate((from) => window.skeinSoak.after(from), Number(moment))));
    return { heard };
  },
  /** What the stage says of the call. */
  async says() {
    return { says: await Promise.all(pages().map((page) => page.locator('.person .status, .status.over').first().textContent())) };
  },
  /** What a page holds, after its rubbish was collected. */
  async figures() {
    const figures = [];
    for (const { page, cdp } of people) {
      await cdp.send('HeapProfiler.collectGarbage');
      const { usedSize } = await cdp.send('Runtime.getHeapUsage');
      const { open, made } = await page.evaluate(() => ({ open: window.skeinSoak.open(), made: window.skeinSoak.made }));
      const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');
      figures.push({ heap: usedSize, open, made, nodes, listeners: jsEventListeners });
    }
    return { figures };
  },
  /** Ann hangs up; answered with the record when both reports are there, and both pages are back at the chat. */
  async end() {
    const [ann, bob] = pages();
    await ann.getByRole('button', { name: 'Hang up', exact: true }).first().click();
    for (const page of [ann, bob]) {
      await page.getByRole('button', { name: 'Back to chat', exact: true }).first().click({ timeout: 30_000 });
      await page.locator('dialog').first().waitFor({ state: 'detached' });
    }
    return kept(ann);
  },
  /** The other side has hung up. */
  async ended() {
    const [page] = pages();
    await page.getByRole('button', { name: 'Back to chat', exact: true }).first().click({ timeout: 30_000 });
    return kept(page);
  },
};

/** The newest calls, with what is kept of the last one, once both ends have reported. */
const kept = (page) =>
    page.evaluate(async () => {
      for (let tries = 0; tries < 100; tries += 1) {
        const { calls } = await (await fetch('/v1/skein/calls?limit=2')).json();
        if (calls[0]?.ended !== undefined && calls[0].reports >= 2) {
          const detail = await (await fetch(`/v1/skein/calls/${calls[0].key}`)).json();
          return { calls, marks: detail.marks, reports: detail.reports.map(({ report }) => JSON.parse(report)) };
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error('the call has no end, or no reports');
    });

const pages = () => people.map(({ page }) => page);

try {
  for (const [number, name] of names.entries()) people.push(await enter(name, namespaces[number]));
  for (const [number, { page }] of people.entries()) await openChatWith(page, names.length > 1 ? names[1 - number] : 'ann');
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, ...rest] = line.split(' ');
    if (word === 'quit') break;
    try {
      console.log(JSON.stringify(await answers[word](...rest)));
    } catch (error) {
      console.log(JSON.stringify({ failed: String(error) }));
    }
  }
} finally {
  for (const { browser } of people) await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
for (const error of errors) console.error(error);
process.exitCode = errors.length === 0 ? 0 : 1;

/** A page on which `name` is signed in. */
async function enter(name, namespace) {
  const path = join(folder, namespace);
  writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${namespace} /usr/bin/chromium "$@"\n`);
  chmodSync(path, 0o755);
  const browser = await chromium.launch({
    executablePath: path,
    args: [
      '--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
      '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--disable-background-timer-throttling',
      '--autoplay-policy=no-user-gesture-required', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
      '--ignore-certificate-errors',
    ],
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true, locale: 'en', permissions: ['microphone', 'camera'] });
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(`${name}: ${error}`));
  await page.addInitScript(watch);
  await page.goto(given.url);
  await page.evaluate(signIn, { name, password: given.password });
  await page.reload();
  await page.getByRole('navigation').first().waitFor();
  const cdp = await context.newCDPSession(page);
  return { browser, page, cdp };
}

async function signIn({ name, password }) {
  const device = { label: 'lab', kind: 'browser' };
  const answer = await fetch('/v1/skein/sign-in', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, password, device, session: 'cookie' }),
  });
  if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
  localStorage.setItem('skein.call.seen', 'yes'); // the screen before a first call has tests of its own
}

async function openChatWith(page, name) {
  const id = await page.evaluate(async (wanted) => {
    const { contact } = await (await fetch(`/v1/skein/find?name=${wanted}`)).json();
    const answer = await fetch('/v1/skein/command', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'open_conversation', to: { account: contact.profile.id } }),
    });
    return (await answer.json()).value.conversation.id;
  }, name);
  await page.goto(`${given.url}/#/chats/${id}`);
  await page.reload();
  await page.locator('header .calls button').first().waitFor();
}

/** In the page, before its own scripts: when sound comes in, packet by packet, for the last two minutes. */
function watch() {
  const Native = window.RTCPeerConnection;
  const open = new Set();
  const times = [];
  let newest;
  const soak = {
    heard: 0,
    made: 0,
    open: () => [...open].filter((peer) => peer.signalingState !== 'closed').length,
    after: (moment) => times.find((time) => time > moment) ?? null,
  };
  window.skeinSoak = soak;
  window.RTCPeerConnection = class extends Native {
    constructor(...rest) {
      super(...rest);
      soak.made += 1;
      open.add(this);
    }

    close() {
      super.close();
      open.delete(this);
    }
  };
  setInterval(() => {
    for (const peer of open) {
      for (const receiver of peer.signalingState === 'closed' ? [] : peer.getReceivers()) {
        const source = receiver.track.kind === 'audio' ? receiver.getSynchronizationSources()[0] : undefined;
        if (source === undefined || source.timestamp === newest) continue;
        newest = source.timestamp;
        soak.heard = Date.now();
        times.push(soak.heard);
        if (times.length > 4_000) times.splice(0, 1_600);
      }
    }
  }, 30);
}
