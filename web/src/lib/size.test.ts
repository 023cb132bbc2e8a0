import { expect, test } from 'vitest';

import { sizeAbove, sizeOf } from './size.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1_000, '1 kB'],
  [1_536_000, '1.5 MB'],
  [2_000_000_000, '2 GB'],
  [5e15, '5,000,000 GB'],
])('%d bytes are shown as %s', (bytes, shown) => {
  expect(sizeOf(bytes, 'en')).toBe(shown);
});

test('what is above a limit never reads as the limit', () => {
  expect(sizeAbove(400_001, 400_000, 'en')).toEqual({ size: '400,001 bytes', limit: '400,000 bytes' });
  expect(sizeAbove(900_000, 400_000, 'en')).toEqual({ size: '900 kB', limit: '400 kB' });
});
