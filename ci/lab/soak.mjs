#!/usr/bin/env node
// Two real Chromiums in a call, each in a network of its own, for as long as the bench beside this wants. Reads one word a
// line from its input and prints one JSON object for each: see `answers` below.
//
//   soak.mjs --url URL --names ann,bob --in NS,NS
//   soak.mjs --url URL --names bob --in NS

import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import { Browsers } from './browsers.mjs';

const { values: given } = parseArgs({
  options: {
    url: { type: 'string' },
    names: { type: 'string' },
    in: { type: 'string' },
  },
});
const names = given.names.split(',');
const namespaces = given.in.split(',');
const browsers = new Browsers(given.url);
const people = [];
const errors = [];

/** What can be asked for, by its first word. */
const answers = {
  /** Ann calls Bob; answered when both hear each other. */
  async call() {
    const [ann, bob] = pages();
    const began = Date.now();
    await ann.getByRole('button', { name: 'Call', exact: true }).first().click();
    await bob.getByRole('button', { name: 'Answer', exact: true }).first().click({ timeout: 60_000 });
    await hears(began);
    return {};
  },
  /** Bob takes the call that rings. */
  async answer() {
    const [bob] = pages();
    await bob.getByRole('button', { name: 'Answer', exact: true }).first().click({ timeout: 60_000 });
    await hears();
    return {};
  },
  /** The page is loaded again and goes back into the call. */
  async return() {
    const [page] = pages();
    await page.reload();
    await page.getByRole('button', { name: 'Return to the call', exact: true }).first().click({ timeout: 60_000 });
    await hears();
    return {};
  },
  /** When each heard something first after a moment (ms since 1970); nothing if they have not, or not both. */
  async since(moment) {
    const heard = await Promise.all(pages().map((page) => page.evaluate((from) => window.skeinSoak.after(from), Number(moment))));
    return { heard };
  },
  /** When each heard something again after a silence that ended after a moment, and went on hearing. */
  async again(moment) {
    const heard = await Promise.all(pages().map((page) => page.evaluate((from) => window.skeinSoak.again(from), Number(moment))));
    return { heard };
  },
  /** How many connections each has open: one, for there is one other person. */
  async open() {
    return { open: await Promise.all(pages().map((page) => page.evaluate(() => window.skeinSoak.open()))) };
  },
  /** By which way media come: `host`, `srflx`, `prflx`, `relay` of this end and of the other. */
  async way() {
    return { ways: await Promise.all(pages().map((page) => page.evaluate(() => window.skeinSoak.way()))) };
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

/** Waits until each page has heard something after a moment. */
async function hears(moment = 0) {
  for (const page of pages()) await page.waitForFunction((from) => window.skeinSoak.heard > from, moment, { timeout: 60_000, polling: 200 });
}

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
  for (const [number, { page }] of people.entries()) await browsers.openChatWith(page, names.length > 1 ? names[1 - number] : 'ann');
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, ...rest] = line.split(' ');
    if (word === 'quit') break;
    try {
      console.log(JSON.stringify(await answers[word](...rest)));
    } catch (error) {
      await browsers.keepPictures();
      console.log(JSON.stringify({ failed: String(error) }));
    }
  }
} finally {
  await browsers.close();
}
for (const error of errors) console.error(error);
process.exitCode = errors.length === 0 ? 0 : 1;

/** A page on which `name` is signed in, and a look behind it. */
async function enter(name, namespace) {
  const page = await browsers.enter(name, {
    namespace,
    flags: ['--use-fake-device-for-media-stream'],
    script: watch,
    failed: (error) => errors.push(error),
  });
  return { page, cdp: await page.context().newCDPSession(page) };
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
    async way() {
      const stats = await [...open].at(-1)?.getStats();
      const selected = [...(stats?.values() ?? [])].find(({ type }) => type === 'transport')?.selectedCandidatePairId;
      const pair = stats?.get(selected);
      return pair === undefined ? [] : [pair.localCandidateId, pair.remoteCandidateId].map((id) => stats.get(id)?.candidateType);
    },
    after: (moment) => times.find((time) => time > moment) ?? null,
    /** What lay in a buffer as the way was cut is no sound that came again: it goes on for half a second. */
    again(moment) {
      const starts = times.filter((time, at) => time > moment && (at === 0 || time - times[at - 1] >= 500));
      return starts.find((start) => {
        const ends = times.find((time, at) => time >= start && !(times[at + 1] - time < 500));
        return ends - start >= 500;
      }) ?? null;
    },
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
