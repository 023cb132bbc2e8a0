import { expect, it } from 'vitest';

import { isNews } from './news.ts';

it('tells of what was said just now, whatever its stamp is, and of the fresh part of what was missed', () => {
  const now = 10_000_000;
  for (const off of [-7 * 60_000, 0, 7 * 60_000]) expect(isNews(now + off, now, true)).toBe(true);
  expect([-121_000, -119_000, 0, 7 * 60_000].map((off) => isNews(now + off, now, false))).toEqual([false, true, true, true]);
});
