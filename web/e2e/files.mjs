// Files and pictures as people send and look at them: `node --test e2e/files.mjs`. The server is a real one; what stands between it
// and a page (a proxy, a line that breaks) is made by holding and answering requests of that page.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';

import { another, breaches, browser, bubble, composer, ground, inChat, keep, letGo, overflow, picture, plain, startServer, two, write } from './harness.mjs';

ground({ last: 'files-last', counts: (text) => !/status of (?:413|502)/.test(text) });

const T = { timeout: 120_000 };
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** A PNG of one colour: W3C PNG §5. */
function png(width, height, [r, g, b]) {
  const part = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), out.length - 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([r, g, b]))]);
  const data = deflateSync(Buffer.concat(Array(height).fill(row)));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), part('IHDR', head), part('IDAT', data), part('IEND', Buffer.alloc(0))]);
}

/** Seconds of a quiet tone as WAV: 8 kHz, 16 bit, mono. */
function wav(seconds) {
  const count = 8_000 * seconds;
  const out = Buffer.alloc(44 + 2 * count);
  out.write('RIFF', 0);
  out.writeUInt32LE(out.length - 8, 4);
  out.write('WAVEfmt ', 8);
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(1, 22);
  out.writeUInt32LE(8_000, 24);
  out.writeUInt32LE(16_000, 28);
  out.writeUInt16LE(2, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36);
  out.writeUInt32LE(2 * count, 40);
  for (let n = 0; n < count; n += 1) out.writeInt16LE(Math.round(800 * Math.sin(n / 3)), 44 + 2 * n);
  return out;
}

const file = (name, buffer, mimeType = 'application/octet-stream') => ({ name, buffer, mimeType });
const LAKE = png(1_600, 900, [40, 110, 120]);
const GOOSE = png(300, 400, [180, 120, 60]);
const EGG = png(64, 64, [240, 230, 200]);

/** Words as they are shown, whatever marks keep names and numbers in them apart. */
const said = (words) => new RegExp([...words].map((letter) => (letter === ' ' ? '\\s' : letter.replace(/[.*+?^${}()|[\]\\]/, '\\$&'))).join('[\u2066-\u2069]?'));
const pick = (page, ...files) => page.locator('[data-attach]').setInputFiles(files);
const tray = (page) => page.getByRole('list', { name: 'Files to be sent' });
const send = (page) => page.getByRole('button', { name: 'Send', exact: true }).click();
const viewer = (page) => page.getByRole('dialog', { name: /^Picture: / });
const onWay = (page) => page.locator('[data-key^="out "]');

/** Gives a page files as a pointer or the clipboard would: by an event with them in it. */
const give = (page, selector, events, ...files) =>
  page.evaluate(
    ([at, kinds, all]) => {
      const data = new DataTransfer();
      for (const { name, type, bytes } of all) data.items.add(new File([Uint8Array.from(bytes)], name, { type }));
      for (const kind of kinds) {
        const init = { bubbles: true, cancelable: true };
        const event = kind === 'paste' ? new ClipboardEvent(kind, { ...init, clipboardData: data }) : new DragEvent(kind, { ...init, dataTransfer: data });
        document.querySelector(at).dispatchEvent(event);
      }
    },
    [selector, events, files.map(({ name, mimeType, buffer }) => ({ name, type: mimeType, bytes: [...buffer] }))],
  );

/** Lets so many pieces of a page's uploads pass; the others wait at a gate until it opens, or until their page gives them up. */
async function gate(page) {
  const held = [];
  const state = { left: 0, pieces: 0, waits: undefined };
  let said;
  const arrived = () => new Promise((resolve) => (said = resolve));
  state.next = arrived();
  await page.route('**/v1/skein/objects/*', async (route) => {
    if (route.request().method() !== 'PATCH') return route.fallback();
    state.pieces += 1;
    if (state.left > 0) {
      state.left -= 1;
      return route.continue();
    }
    held.push(route);
    said();
    state.next = arrived();
  });
  return {
    /** So many more may pass; resolves when the one after them stands at the gate. */
    async pass(count) {
      const next = state.next;
      state.left = count;
      const route = held.shift();
      if (route) {
        state.left -= 1;
        await route.continue().catch(() => undefined);
      }
      await next;
    },
    atGate: () => state.next,
    async open() {
      state.left = Infinity;
      for (const route of held.splice(0)) await route.continue().catch(() => undefined);
    },
  };
}

/** What somebody gets who saves a file. */
async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: `Save ${name}` }).click()]);
  assert.equal(plain(download.suggestedFilename()), name);
  return readFileSync(await download.path());
}

test('several files by button, paste and drop go as one message with words, and are looked at', T, async () => {
  const { ann, bob } = await two();
  await pick(ann, file('lake.png', LAKE, 'image/png'), file('nest.txt', Buffer.from('three eggs'), 'text/plain'));
  await give(ann, '#composer', ['paste'], file('image.png', GOOSE, 'image/png'));
  await give(ann, '[data-region="content"]', ['dragover'], file('egg.png', EGG, 'image/png'));
  await ann.getByText('Drop here to send to').waitFor();
  await picture(ann, 'files-drop');
  await give(ann, '[data-region="content"]', ['drop'], file('egg.png', EGG, 'image/png'));
  await ann.getByText('Drop here to send to').waitFor({ state: 'detached' });
  await tray(ann).getByRole('listitem').nth(3).waitFor();
  await tray(ann).getByRole('button', { name: /^Leave out .*egg/ }).click();
  assert.equal(await tray(ann).getByRole('listitem').count(), 3);
  await picture(ann, 'files-tray');
  assert.deepEqual(await breaches(ann), []);
  await write(ann, 'At the *lake*');
  const mine = bubble(ann, 'At the lake');
  await mine.locator('[data-tick]:not([data-tick="waiting"])').waitFor();
  const theirs = bubble(bob, 'At the lake');
  await theirs.getByRole('img').nth(1).waitFor();
  assert.equal(await bob.getByRole('article').count(), 1);
  assert.equal((await saved(bob, 'nest.txt')).toString(), 'three eggs');
  // The pasted one has got a name.
  const names = await theirs.getByRole('img').evaluateAll((all) => all.map(({ alt }) => alt));
  assert.match(names.join(), /^lake\.png,\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png$/);

  await theirs.locator('.pictures a').first().focus();
  await bob.keyboard.press('Enter');
  await viewer(bob).getByText(said('1 of 2')).waitFor();
  await bob.waitForFunction(() => document.querySelector('dialog.viewer img')?.naturalWidth === 1_600);
  assert.deepEqual(await breaches(bob), []);
  await picture(bob, 'files-viewer');
  await bob.keyboard.press('ArrowRight');
  await viewer(bob).getByText(said('2 of 2')).waitFor();
  const wide = () => bob.locator('dialog.viewer img').evaluate((image) => image.getBoundingClientRect().width);
  const whole = await wide();
  await bob.keyboard.press('+');
  await bob.waitForFunction((before) => document.querySelector('dialog.viewer img').getBoundingClientRect().width > before * 1.4, whole);
  await bob.keyboard.press('0');
  await bob.waitForFunction((before) => document.querySelector('dialog.viewer img').getBoundingClientRect().width === before, whole);
  await bob.keyboard.press('Escape');
  await viewer(bob).waitFor({ state: 'detached' });
  assert.equal(await bob.evaluate(() => document.activeElement.getAttribute('title')), 'lake.png', 'the focus is where it was');

  // Words are changed, files stay.
  await composer(ann).press('ArrowUp');
  await ann.getByText('Editing').waitFor();
  await write(ann, 'At the river');
  await bubble(bob, 'At the river').getByText('edited').waitFor();
  assert.equal(await bubble(bob, 'At the river').getByRole('img').count(), 2);
});

test('a picture has its place before it comes, and nothing moves when it does', T, async () => {
  const { ann, bob } = await two();
  const waiting = [];
  let arrived;
  const asked = new Promise((resolve) => (arrived = resolve));
  await bob.route('**/preview', (route) => (waiting.push(route), arrived()));
  await pick(ann, file('lake.png', LAKE, 'image/png'));
  await tray(ann).waitFor();
  await write(ann, 'Look');
  await asked;
  const box = () => bubble(bob, 'Look').evaluate((all) => JSON.stringify(all.getBoundingClientRect()));
  const before = await box();
  for (const route of waiting) await route.continue();
  await bob.waitForFunction(() => document.querySelector('img[alt="lake.png"]')?.naturalWidth === 640);
  assert.equal(await box(), before);
  await bob.setViewportSize({ width: 320, height: 640 });
  await composer(bob).waitFor();
  assert.equal(await overflow(bob), 0);
  await picture(bob, 'files-picture-320');
});

test('an upload goes on after the line was lost and after a reload, and is seen only when whole', T, async () => {
  const { ann, bob } = await two();
  const bytes = Buffer.from(Uint8Array.from({ length: 900_000 }, (_, n) => (n * 7) ^ (n >> 9)));
  const wall = await gate(ann);
  await pick(ann, file('film.bin', bytes));
  await tray(ann).waitFor();
  const first = wall.atGate();
  await send(ann);
  await first;
  await wall.pass(1);
  await onWay(ann).getByText('14%').waitFor();
  await picture(ann, 'files-on-the-way');
  assert.deepEqual(await breaches(ann), []);
  // Words do not wait for it.
  await write(ann, 'It comes');
  await bubble(bob, 'It comes').waitFor();
  await ann.context().setOffline(true);
  await onWay(ann).getByText(said('Paused at 14%. It goes on by itself')).waitFor();
  const back = wall.atGate();
  await ann.context().setOffline(false);
  await back;
  await onWay(ann).getByText('14%', { exact: true }).waitFor();
  await ann.reload();
  await onWay(ann).getByText('14%', { exact: true }).waitFor();
  assert.equal(await bob.getByRole('article').count(), 1, 'nothing of it is shown before it is whole');
  await wall.open();
  await bob.getByRole('link', { name: 'Save film.bin' }).waitFor();
  await onWay(ann).waitFor({ state: 'detached' });
  assert.equal(sha256(await saved(bob, 'film.bin')), sha256(bytes));
});

test('what the browser could not keep is asked for again, goes on, and can be given up', T, async () => {
  const { ann, bob } = await two();
  const bytes = Buffer.alloc(300_000, 'goose ');
  const wall = await gate(ann);
  await pick(ann, file('geese.bin', bytes));
  await tray(ann).waitFor();
  const first = wall.atGate();
  await send(ann);
  await first;
  await wall.pass(1);
  await onWay(ann).getByText('43%').waitFor();
  await ann.evaluate(() => new Promise((resolve) => (indexedDB.deleteDatabase('skein-files').onsuccess = resolve)));
  await ann.reload();
  await onWay(ann).getByText('Pick it again: what the server has already is not sent twice.').waitFor();
  assert.deepEqual(await breaches(ann), []);
  await ann.locator('[data-again]').setInputFiles([file('swans.bin', Buffer.from('swans'))]);
  await onWay(ann).getByText('That is another file.').waitFor();
  await picture(ann, 'files-again');
  const again = wall.atGate();
  await ann.locator('[data-again]').setInputFiles([file('geese.bin', bytes)]);
  await again;
  await onWay(ann).getByText('43%').waitFor();
  await onWay(ann).getByRole('button', { name: 'Cancel sending' }).click();
  await onWay(ann).waitFor({ state: 'detached' });
  await wall.open();
  await write(ann, 'Never mind');
  await bubble(bob, 'Never mind').waitFor();
  assert.equal(await bob.getByRole('article').count(), 1);
});

test('each refusal has its sentence: size, quota, kind, and a proxy in between', T, async () => {
  const home = await startServer('[objects]\nfile_bytes = 400000\naccount_bytes = 500000\n');
  try {
    const { ann, bob } = await inChat(browser, home, another());
    keep(ann);
    keep(bob);
    await pick(ann, file('film.bin', Buffer.alloc(400_001)), file('empty.txt', Buffer.alloc(0)), file('small.bin', Buffer.alloc(300_000, 1)));
    await tray(ann).getByText(said('film.bin has 400,001 bytes. This server takes up to 400,000 bytes.')).waitFor();
    await tray(ann).getByText(said('empty.txt is empty.')).waitFor();
    assert.deepEqual(await breaches(ann), []);
    await picture(ann, 'files-refused-tray');

    // A proxy that refuses more than it likes, in a page of its own.
    let most = 100_000;
    const page413 = { status: 413, contentType: 'text/html', body: '<html><h1>413 Request Entity Too Large</h1></html>' };
    let refused = 0;
    await ann.route('**/v1/skein/objects/*', (route) => {
      const length = route.request().method() === 'PATCH' ? route.request().postDataBuffer().length : 0;
      if (length <= most) return route.continue();
      refused += 1;
      return route.fulfill(page413);
    });
    await send(ann);
    await bob.getByRole('link', { name: 'Save small.bin' }).waitFor();
    assert.equal(refused, 1, 'what it lets through is found and kept to');
    for (const name of ['film.bin', 'empty.txt']) await tray(ann).getByRole('button', { name: said(`Leave out ${name}`) }).click();

    most = 0;
    await pick(ann, file('wall.bin', Buffer.alloc(100_000, 2)));
    await tray(ann).waitFor();
    await send(ann);
    await onWay(ann).getByText(said('A proxy before the server refuses even 16 kB at once.')).waitFor();
    await picture(ann, 'files-proxy');
    most = Infinity;
    await onWay(ann).getByRole('button', { name: 'Try again' }).click();
    await bob.getByRole('link', { name: 'Save wall.bin' }).waitFor();

    await pick(ann, file('more.bin', Buffer.alloc(200_000, 3)));
    await tray(ann).waitFor();
    await send(ann);
    await onWay(ann).getByText(said('Your files fill the 500 kB you have here.')).waitFor();
    await onWay(ann).getByRole('button', { name: 'Remove it' }).click();
    await onWay(ann).waitFor({ state: 'detached' });

    // Of two, one is of a kind that cannot be cleaned: the other goes alone.
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0heicmif1', 'latin1');
    await pick(ann, file('phone.heic', heic), file('note.txt', Buffer.from('note')));
    await tray(ann).waitFor();
    await send(ann);
    await onWay(ann).getByText('Save it as JPEG or PNG').waitFor();
    assert.deepEqual(await breaches(ann), []);
    await onWay(ann).getByRole('button', { name: said('Send without phone.heic') }).click();
    await bob.getByRole('link', { name: 'Save note.txt' }).waitFor();
    for (const page of [ann, bob]) {
      letGo(page);
      assert.deepEqual(page.errors.filter((text) => !/413/.test(text)), []);
    }
  } finally {
    await home.stop();
  }
});

test('sound is played in its place, from wherever one goes', T, async () => {
  const { ann, bob } = await two();
  const bytes = wav(40);
  await pick(ann, file('honk.wav', bytes, 'audio/wav'));
  await tray(ann).waitFor();
  const ranges = [];
  bob.on('response', (response) => {
    if (response.url().endsWith('/content')) ranges.push(response.status());
  });
  await send(ann);
  const sound = bob.locator('audio[aria-label="honk.wav"]');
  await sound.waitFor();
  await bob.waitForFunction(() => document.querySelector('audio[aria-label]')?.duration === 40);
  const at = await sound.evaluate(async (audio) => {
    const done = new Promise((resolve) => audio.addEventListener('seeked', resolve, { once: true }));
    audio.currentTime = 35;
    await done;
    return [audio.currentTime, audio.error];
  });
  assert.deepEqual(at, [35, null]);
  assert.ok(ranges.length > 0 && ranges.every((status) => status === 206), `ranges: ${ranges}`);
  assert.equal(sha256(await saved(bob, 'honk.wav')), sha256(bytes));
  assert.deepEqual(await breaches(bob), []);
  await picture(bob, 'files-sound');
});

test('a picture of oneself is cut, seen by others, and taken away', T, async () => {
  const { ann, bob } = await two();
  const face = bob.locator('[data-region="head"] .face img');
  await ann.goto(`${new URL(ann.url()).origin}/#/settings/account`);
  await ann.locator('[data-picture]').setInputFiles([file('me.png', LAKE, 'image/png')]);
  const dialog = ann.getByRole('dialog', { name: 'Choose what shows' });
  const part = dialog.getByRole('group', { name: 'What shows' });
  const shift = () => part.locator('img').evaluate((image) => image.style.transform);
  await part.waitFor();
  await part.focus();
  const before = await shift();
  await ann.keyboard.press('ArrowRight');
  await ann.waitForFunction((was) => document.querySelector('dialog [role="group"] img').style.transform !== was, before);
  await dialog.getByLabel('Size').fill('2');
  assert.deepEqual(await breaches(ann), []);
  await picture(ann, 'files-cut');
  await dialog.getByRole('button', { name: 'Use this picture' }).click();
  await dialog.waitFor({ state: 'detached' });
  await face.waitFor();
  await bob.waitForFunction(() => document.querySelector('[data-region="head"] .face img')?.naturalWidth === 512);
  await picture(bob, 'files-face');
  await ann.getByRole('button', { name: 'Take it away' }).click();
  await face.waitFor({ state: 'detached' });
});

test('fingers are asked whether from the camera, the pictures or the files', T, async () => {
  const { ann } = await two();
  const phone = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, locale: 'en-GB', storageState: await ann.context().storageState() });
  const page = keep(await phone.newPage());
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error)));
  await page.goto(ann.url());
  await composer(page).waitFor();
  await page.getByRole('button', { name: 'Send files' }).click();
  const items = page.getByRole('menuitem');
  assert.deepEqual((await items.allTextContents()).map((text) => text.trim()), ['Take a picture', 'Pictures and films', 'Files']);
  await picture(page, 'files-phone-menu');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), items.first().click()]);
  const input = page.locator('[data-attach]');
  assert.deepEqual([await input.getAttribute('capture'), chooser.isMultiple()], ['', false]);
  await chooser.setFiles([file('shot.png', GOOSE, 'image/png')]);
  await tray(page).getByRole('listitem').waitFor();
  assert.equal(await overflow(page), 0);
  await picture(page, 'files-phone-tray');
});
