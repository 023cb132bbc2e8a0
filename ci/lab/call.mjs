#!/usr/bin/env node
// A call between two real Chromiums through the real pages, each in a network of its own; or one Chromium's call to echo.
// Prints one JSON object: the record and the reports that the server keeps of it. Used by the benches beside it.
//
//   call.mjs --url URL --names ann,bob [--in NS,NS] [--video] [--relay-only] [--speech FILE.wav] [--record FILE.wav] [--seconds N]
//   call.mjs --url URL --names ann --echo …

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { Browsers } from './browsers.mjs';

const { values: given } = parseArgs({
  options: {
    url: { type: 'string' },
    names: { type: 'string' },
    in: { type: 'string', default: '' },
    echo: { type: 'boolean', default: false },
    video: { type: 'boolean', default: false },
    'relay-only': { type: 'boolean', default: false },
    speech: { type: 'string' },
    record: { type: 'string' },
    seconds: { type: 'string', default: '6' },
  },
});
const names = given.names.split(',');
const namespaces = given.in === '' ? [] : given.in.split(',');
const browsers = new Browsers(given.url);

try {
  const people = [];
  for (const [number, name] of names.entries()) people.push(await enter(name, namespaces[number]));
  const [caller, callee] = people;
  const other = given.echo ? 'echo' : names[1];
  await browsers.openChatWith(caller, other);
  await caller.getByRole('button', { name: given.video ? 'Video call' : 'Call', exact: true }).first().click();
  if (callee !== undefined) {
    await callee.getByRole('button', { name: given.video ? 'Answer with video' : 'Answer', exact: true }).first().click({ timeout: 40_000 });
  }
  await caller.waitForFunction(() => window.skeinLab.packets > 50, undefined, { timeout: 60_000, polling: 200 });
  if (given.echo) {
    // It hangs up by itself after the last phase.
    await caller.waitForFunction(() => window.skeinLab.open === 0, undefined, { timeout: 60_000, polling: 500 });
  } else {
    await caller.waitForTimeout(Number(given.seconds) * 1000);
    if (given.record !== undefined) writeFileSync(given.record, Buffer.from(await heard(callee), 'base64'));
    await caller.getByRole('button', { name: 'Hang up', exact: true }).first().click();
  }
  const figures = await Promise.all(people.map((page) => page.evaluate(() => window.skeinLab.figures)));
  // Both ends report, echo too: its report may well come before that of the page.
  console.log(JSON.stringify({ ...(await detail(caller, 2)), figures }));
} catch (error) {
  await browsers.keepPictures();
  throw error;
} finally {
  await browsers.close();
}

/** A page on which `name` is signed in. */
async function enter(name, namespace) {
  const page = await browsers.enter(name, {
    namespace,
    flags: [
      '--use-fake-device-for-media-stream=fps=30',
      ...(given.speech === undefined ? [] : [`--use-file-for-fake-audio-capture=${given.speech}`]),
    ],
    settings: { relayOnly: given['relay-only'] },
    script: eavesdrop,
  });
  page.on('requestfailed', (request) => console.error(`${name}: ${request.url()}: ${request.failure()?.errorText}`));
  return page;
}

/** In the page, before its own scripts: leaves the fake microphone as it is, counts packets, keeps the sound that comes in. */
function eavesdrop() {
  const lab = { packets: 0, open: 0, chunks: [], figures: {} };
  window.skeinLab = lab;
  const media = navigator.mediaDevices;
  const capture = media.getUserMedia.bind(media);
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  media.getUserMedia = (wish) =>
    capture(wish.audio ? { ...wish, audio: { ...(wish.audio === true ? {} : wish.audio), ...raw } } : wish);

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...rest) {
      super(...rest);
      lab.open += 1;
      lab.figures.policy = rest[0]?.iceTransportPolicy ?? 'all';
      lab.figures.urls = (rest[0]?.iceServers ?? []).flatMap((server) => server.urls);
      const timer = setInterval(() => void this.#count(), 200);
      this.addEventListener('track', ({ track, streams }) => {
        if (track.kind === 'audio') void record(streams[0] ?? new MediaStream([track]));
      });
      const close = this.close.bind(this);
      this.close = () => {
        if (this.signalingState !== 'closed') lab.open -= 1;
        clearInterval(timer);
        close();
      };
    }

    async #count() {
      for (const stat of (await this.getStats()).values()) {
        if (stat.type !== 'inbound-rtp') continue;
        if (stat.kind === 'audio') lab.packets = stat.packetsReceived;
        lab.figures[stat.kind] = { packets: stat.packetsReceived, lost: stat.packetsLost, frames: stat.framesDecoded };
      }
    }
  };

  async function record(stream) {
    const context = new AudioContext({ sampleRate: 48000 });
    const source = `registerProcessor('keep', class extends AudioWorkletProcessor {
      process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; }
    });`;
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    const keep = new AudioWorkletNode(context, 'keep');
    keep.port.onmessage = ({ data }) => lab.chunks.push(data);
    context.createMediaStreamSource(stream).connect(keep);
  }
}

/** What a page has heard so far, as a WAV file in base64. */
async function heard(page) {
  return page.evaluate(() => {
    const chunks = window.skeinLab.chunks;
    const samples = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const file = new DataView(new ArrayBuffer(44 + 2 * samples));
    const text = (at, word) => [...word].forEach((letter, i) => file.setUint8(at + i, letter.charCodeAt(0)));
    text(0, 'RIFF'); file.setUint32(4, 36 + 2 * samples, true); text(8, 'WAVEfmt ');
    file.setUint32(16, 16, true); file.setUint16(20, 1, true); file.setUint16(22, 1, true);
    file.setUint32(24, 48000, true); file.setUint32(28, 96000, true); file.setUint16(32, 2, true); file.setUint16(34, 16, true);
    text(36, 'data'); file.setUint32(40, 2 * samples, true);
    let at = 44;
    for (const chunk of chunks) {
      for (const sample of chunk) {
        file.setInt16(at, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true);
        at += 2;
      }
    }
    let letters = '';
    const bytes = new Uint8Array(file.buffer);
    for (let start = 0; start < bytes.length; start += 32768) letters += String.fromCharCode(...bytes.subarray(start, start + 32768));
    return btoa(letters);
  });
}

/** The newest call as the server keeps it, once all its reports are there. */
async function detail(page, reports) {
  const found = await page.evaluate(async (wanted) => {
    const get = async (path) => (await fetch(`/v1/skein${path}`)).json();
    for (let tries = 0; tries < 100; tries += 1) {
      const [newest] = (await get('/calls?limit=1')).calls;
      if (newest !== undefined && newest.reports >= wanted && newest.ended !== undefined) return get(`/calls/${newest.key}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return { calls: await get('/calls?limit=1') };
  }, reports);
  assert.ok(found.record, `after 10 s the call lacks its end or a report: ${JSON.stringify(found)}`);
  return { record: found.record, reports: found.reports.map((kept) => ({ own: kept.own, ...JSON.parse(kept.report) })) };
}
