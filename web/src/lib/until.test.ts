import { describe, expect, it } from 'vitest';

import { endOf } from './until.ts';

describe('not to be disturbed', () => {
  it('ends after an hour, in the next morning, or not at all', () => {
    const evening = new Date(2026, 10, 27, 23, 50).getTime();
    expect(endOf('hour', evening)).toBe(evening + 3_600_000);
    expect(endOf('tomorrow', evening)).toBe(new Date(2026, 10, 28, 8).getTime());
    expect(endOf('always', evening)).toBeUndefined();
  });

  it('ends in the morning of the next day also for who is up after midnight', () => {
    const night = new Date(2026, 11, 31, 0, 10).getTime();
    expect(endOf('tomorrow', night)).toBe(new Date(2027, 0, 1, 8).getTime());
  });
});
