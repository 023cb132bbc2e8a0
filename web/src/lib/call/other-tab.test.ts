import { expect, it } from 'vitest';

import { callElsewhere } from './other-tab.ts';

const locks = (...names: string[]) => ({ query: async () => ({ held: names.map((name) => ({ name })), pending: [] }) });

it('knows of a call in another tab of this browser, but not of its own', async () => {
  const own = new Map([['call.mine', () => undefined]]);
  expect(await callElsewhere(locks('skein.notice', 'skein.call.mine'), own)).toBe(false);
  expect(await callElsewhere(locks('skein.call.mine', 'skein.call.theirs'), own)).toBe(true);
  expect(await callElsewhere(locks(), own)).toBe(false);
});

it('says nothing where the browser does not tell', async () => {
  expect(await callElsewhere(undefined, new Map())).toBe(false);
  expect(await callElsewhere({ query: () => Promise.reject(new DOMException('no', 'SecurityError')) }, new Map())).toBe(false);
});
