import { expect, test } from 'vitest';

import { sizeOf } from './size.ts';

test.each([
  [0, '0 byte'],
  [999, '999 byte'],
  [1_000, '1 kB'],
  [1_536_000, '1.5 MB'],
  [2_000_000_000, '2 GB'],
  [5e15, '5,000,000 GB'],
])('%d bytes are shown as %s', (bytes, shown) => {
  expect(sizeOf(bytes, 'en')).toBe(shown);
});
