// Chromiums with made-up devices, each in a network of its own if wanted, and people who are signed in there: what `call.mjs` and
// `soak.mjs` stand on.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const PASSWORD = 'a goose takes turns at the front';

export class Browsers {
  #url;
  #folder = mkdtempSync(join(tmpdir(), 'skein-lab-'));
  #browsers = [];

  constructor(url) {
    this.#url = url;
  }

  /**
   * A page on which `name` is signed in. `namespace`: the network it is in; `flags`: more of the command line; `settings`: what the
   * person chose; `script`: runs in the page before its own; `failed`: hears of errors in the page.
   */
  async enter(name, { namespace, flags = [], settings = {}, script, failed = console.error }) {
    const browser = await chromium.launch({
      executablePath: namespace === undefined ? '/usr/bin/chromium' : this.#inside(namespace),
      args: [
        '--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
        '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--disable-background-timer-throttling',
        '--autoplay-policy=no-user-gesture-required', '--use-fake-ui-for-media-stream', '--ignore-certificate-errors',
        ...flags,
      ],
    });
    this.#browsers.push(browser);
    const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true, locale: 'en', permissions: ['microphone', 'camera'] });
    const page = await context.newPage();
    page.on('pageerror', (error) => failed(`${name}: ${error}`));
    await page.addInitScript(script);
    await page.goto(this.#url);
    await page.evaluate(signIn, { name, password: PASSWORD, settings });
    await page.reload();
    await page.getByRole('navigation').first().waitFor();
    return page;
  }

  /** Opens the conversation with somebody. */
  async openChatWith(page, name) {
    const id = await page.evaluate(conversationWith, name);
    await page.goto(`${this.#url}/#/chats/${id}`);
    await page.reload();
    await page.locator('header .calls button').first().waitFor();
  }

  /** What the pages show when something went wrong, into the folder that SKEIN_KEEP names. */
  async keepPictures() {
    const to = process.env.SKEIN_KEEP;
    if (to === undefined) return;
    mkdirSync(to, { recursive: true });
    const pages = this.#browsers.flatMap((browser) => browser.contexts().flatMap((context) => context.pages()));
    for (const [number, page] of pages.entries()) {
      await page.screenshot({ path: join(to, `page-${number}.png`) }).catch((error) => console.error(String(error)));
    }
  }

  async close() {
    for (const browser of this.#browsers) await browser.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Chromium as a command that runs in a namespace: the browser is driven through pipes, which cross it. */
  #inside(namespace) {
    const path = join(this.#folder, namespace);
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${namespace} /usr/bin/chromium "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }
}

async function signIn({ name, password, settings }) {
  const device = { label: 'lab', kind: 'browser' };
  const answer = await fetch('/v1/skein/sign-in', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, password, device, session: 'cookie' }),
  });
  if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
  localStorage.setItem('skein.settings', JSON.stringify(settings));
  localStorage.setItem('skein.call.seen', 'yes'); // the screen before a first call has tests of its own
}

async function conversationWith(name) {
  const { contact } = await (await fetch(`/v1/skein/find?name=${name}`)).json();
  const answer = await fetch('/v1/skein/command', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ type: 'open_conversation', to: { account: contact.profile.id } }),
  });
  return (await answer.json()).value.conversation.id;
}
