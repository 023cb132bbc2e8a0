// What breaks renderers, sent and looked at (case C5): `node --test e2e/heavy.mjs`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ask, bubble, composer, ground, openChatWith, plain, server, write, withRobot } from './harness.mjs';

ground();

test('heavy text stays harmless: 50 of them, opened and typed beside in time', { timeout: 120_000 }, async () => {
  const { ann, robot } = await withRobot();
  const heavy = [
    `Z${'\u0301'.repeat(5_000)}`, '😀'.repeat(3_000), 'x'.repeat(8_000), '('.repeat(8_000), 'https://example.org/a '.repeat(300),
    '﷽'.repeat(500), '\u202egnp.exe\u202c', '> '.repeat(500), 'line\n'.repeat(2_000),
  ];
  const sent = [];
  for (let index = 0; index < 50; index += 1) {
    const text = heavy[index % heavy.length];
    await robot.say(ann.person, text).then(() => sent.push(text), (refused) => assert.match(refused.message, /text_too_long|too_large/));
  }
  assert.ok(sent.length > 20, `${sent.length} were taken`);
  await openChatWith(ann, robot.display);
  await ann.getByRole('article').first().waitFor();
  await ann.evaluate(() => (location.hash = '#/people'));
  await ann.getByRole('heading', { name: 'People', level: 1 }).waitFor();
  const opened = await ann.evaluate(async () => {
    const began = performance.now();
    history.back();
    while (!document.querySelector('#composer')) await new Promise((done) => requestAnimationFrame(done));
    return performance.now() - began;
  });
  const typed = await ann.evaluate(async () => {
    const area = document.querySelector('#composer');
    const times = [];
    for (let index = 0; index < 10; index += 1) {
      const began = performance.now();
      area.value += 'a';
      area.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      times.push(performance.now() - began);
    }
    return times.toSorted((a, b) => a - b)[5];
  });
  // Nothing is wider than the window, nothing of one message lies over another.
  assert.equal(await ann.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  console.log(`opened in ${opened.toFixed(0)} ms, a letter in ${typed.toFixed(0)} ms`);
  assert.ok(typed < 100, `a letter took ${typed} ms`);
  // A shared machine is slower than a reader's; the bar is a sign of freezing, not of speed.
  assert.ok(opened < 1_000, `opening took ${opened} ms`);
});

test('too long a text is refused before it is sent, with how much', { timeout: 60_000 }, async () => {
  const { ann, robot } = await withRobot();
  await openChatWith(ann, robot.display);
  const { limits } = await ask(ann, '/server');
  await composer(ann).fill('x'.repeat(limits.message_chars + 3));
  await ann.getByRole('alert').getByText(/3.*letters too many/).waitFor();
  await composer(ann).press('Enter');
  assert.equal(await ann.getByRole('article').count(), 0);
});

test('what is too much is refused with its limit, what a text may not hold is left out, and the rest is drawn', { timeout: 60_000 }, async () => {
  const { ann, robot } = await withRobot();
  const account = await robot.find(ann.person);
  let count = 0;
  /** Sends a body, as JSON with escapes of its own if it is a string; gives the refusal, or `undefined`. */
  const send = async (body) => {
    count += 1;
    const json = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(`${server.url}/v1/skein/command`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${robot.token}` },
      body: `{"type":"send","to":{"account":"${account}"},"client":"heavy-${count}","body":${json}}`,
    });
    return answer.ok ? undefined : { status: answer.status, ...(await answer.json()) };
  };
  const words = (text) => ({ type: 'plain', text });
  const { limits } = await ask(ann, '/server');
  const refused = [
    ['100,000 brackets', words('('.repeat(100_000)), 413, 'text_too_long', limits.message_chars],
    ['2,000 links', words('https://example.org/a '.repeat(2_000)), 413, 'text_too_long', limits.message_chars],
    ['few letters of many bytes', words('😀'.repeat(15_000)), 413, 'text_too_long', limits.message_bytes],
    ['a megabyte', words('x'.repeat(1_000_000)), 413, undefined, undefined],
    ['half a letter', '{"type":"plain","text":"a\\ud800b"}', 400, 'bad_request', undefined],
    ['30 quotes in each other', { type: 'text', blocks: [Array.from({ length: 30 }).reduce((blocks) => ({ type: 'quote', blocks: [blocks] }), { type: 'paragraph', inline: [{ type: 'text', text: 'deep' }] })] }, 400, undefined, undefined],
  ];
  for (const [what, body, status, code, limit] of refused) {
    const answer = await send(body);
    console.log(what, JSON.stringify(answer));
    assert.equal(answer?.status, status, what);
    if (code) assert.equal(answer.code, code, what);
    if (limit) {
      assert.equal(answer.limit, limit, what);
      assert.match(answer.message, new RegExp(String(limit)), what);
    }
  }
  const taken = [
    [words('('.repeat(limits.message_chars)), '((('],
    [words('https://a.b/c '.repeat(1_400)), 'https://a.b/c'],
    [words(`${'> '.repeat(30)}deep`), 'deep'],
    [words('\ufdfd'.repeat(500)), '\ufdfd'],
    ['{"type":"plain","text":"before\\u0000after"}', 'beforeafter'],
  ];
  for (const [body] of taken) assert.equal(await send(body), undefined);
  await openChatWith(ann, robot.display);
  for (const [, shown] of taken) await bubble(ann, shown).first().waitFor();
  assert.equal(await ann.getByRole('article').count(), taken.length);
  assert.equal(await ann.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  // From the field: quotes in quotes, and letters of many bytes, which the server counts.
  await write(ann, `${'> '.repeat(30)}typed deep`);
  await bubble(ann, 'typed deep').locator('[data-tick="sent"], [data-tick="delivered"], [data-tick="read"]').waitFor();
  await write(ann, '😀'.repeat(15_000));
  const failed = ann.getByRole('alert').filter({ hasText: 'Not sent' });
  await failed.waitFor();
  console.log(plain(await failed.textContent()));
  assert.match(plain(await failed.textContent()), /32,768 bytes/);
  await composer(ann).fill('and it goes on');
  await composer(ann).press('Enter');
  await bubble(ann, 'and it goes on').waitFor();
});
