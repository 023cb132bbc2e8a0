// Firefox with a made-up camera and microphone, for the tests of calls: no test by itself.

import { existsSync } from 'node:fs';

import puppeteer from 'puppeteer-core';

import { command, idOf, PASSWORD, watchConnections } from './call-lab.mjs';

const FIREFOX = process.env.SKEIN_FIREFOX ?? '/usr/bin/firefox-esr';
/** Why a test with Firefox is left out, or nothing. */
export const without = existsSync(FIREFOX) ? false : `${FIREFOX} is not here`;
/** Hz of the tone that Firefox makes up. */
export const TONE = 1000;
/** What a step of Firefox may take, in ms. */
const PATIENCE = 60_000;

/** Firefox finds no way to a media endpoint on loopback: a server that it calls listens where people reach it. */
export const EVERYWHERE = '0.0.0.0:0';

/** `more`: preferences beside those that every test has. */
export function startFirefox(more = {}) {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.navigator.audio.fake_frequency': TONE,
      'media.autoplay.default': 0,
      'media.gmp-manager.updateEnabled': false,
      'media.peerconnection.ice.loopback': true,
      'intl.accept_languages': 'en',
      ...more,
    },
  });
}

/** A page of somebody new. Errors of the page are kept in `errors`. */
export async function enterFirefox(firefox, url, name) {
  const page = await (await firefox.createBrowserContext()).newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(`${name}: ${error}`));
  await page.evaluateOnNewDocument(watchConnections);
  await page.goto(url);
  await page.evaluate(register, { name, password: PASSWORD });
  await page.goto(`${url}/#/chats`);
  await page.reload();
  await page.waitForSelector('[data-region="rail"]');
  page.person = name;
  return page;
}

async function register({ name, password }) {
  const device = { label: 'Firefox on Linux', kind: 'browser' };
  const answer = await fetch('/v1/skein/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, display: name, password, device, session: 'cookie' }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  localStorage.setItem('skein.call.seen', 'yes');
}

/** Opens the conversation with somebody. */
export async function openChatFox(page, name) {
  const done = await command(page, { type: 'open_conversation', to: { account: await idOf(page, name) } });
  await page.evaluate((id) => (location.hash = `#/chats/${id}`), done.value.conversation.id);
  await page.reload();
  await page.waitForSelector('header .calls button');
}

/** Presses a button by its name, where a person reaches it. */
export async function pressFox(page, name) {
  const button = await page.waitForFunction(reachable, { timeout: PATIENCE }, name);
  await button.click();
}

function reachable(name) {
  const named = [...document.querySelectorAll('button')].filter((one) => [one.getAttribute('aria-label'), one.textContent.trim()].includes(name));
  return named.find((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return one.contains(document.elementFromPoint(x + width / 2, y + height / 2));
  });
}

/** Waits until the stage says something, or no more. */
export const saysFox = (page, words, does = true) =>
  page.waitForFunction((text, wanted) => (document.querySelector('dialog.stage')?.textContent.includes(text) ?? false) === wanted, { timeout: PATIENCE }, words, does);

/** Waits until a picture moves. */
export const movesFox = (page, at) =>
  page.waitForFunction((one) => (document.querySelector(one)?.videoWidth ?? 0) > 0, { timeout: PATIENCE }, at);

/** Waits until something is gone. */
export const goneFox = (page, at) => page.waitForFunction((one) => document.querySelector(one) === null, { timeout: PATIENCE }, at);
