import { beforeEach, describe, expect, it } from 'vitest';

import { Clock } from './clock.svelte.ts';

const MINUTE = 60_000;

describe('the clock of the server', () => {
  /** The true time of the server, and how far the own clock is from it. */
  let real = 0;
  let behind = 0;
  let clock: Clock;

  beforeEach(() => {
    real = 1_000 * MINUTE;
    behind = 0;
    clock = new Clock(() => real - behind);
  });

  /** A ping there and back. */
  function pong(there: number, back: number): void {
    const sent = real - behind;
    real += there;
    const server = real;
    real += back;
    clock.sample(sent, server);
  }

  it('is taken from the shortest round trip', () => {
    behind = 500;
    pong(10, 30);
    expect([clock.offset, clock.error]).toEqual([490, 20]);
    pong(300, 100);
    expect(clock.offset).toBe(490);
    pong(5, 5);
    expect([clock.offset, clock.error]).toEqual([500, 5]);
  });

  it.each([7 * MINUTE, -7 * MINUTE])('notices a step of the own clock of %i ms with the first pong after it', (step) => {
    pong(2, 2);
    real += MINUTE;
    behind += step;
    pong(80, 40);
    expect(Math.abs(clock.now() - real)).toBeLessThanOrEqual(60);
    expect(clock.offset).toBe(step - 20 + 40);
  });

  it('is right again by the next pong when the step came while a ping was on its way', () => {
    pong(2, 2);
    for (const step of [7 * MINUTE, -7 * MINUTE]) {
      const sent = real - behind;
      behind += step;
      real += 20;
      clock.sample(sent, real);
      pong(40, 40);
      expect(Math.abs(clock.now() - real)).toBeLessThanOrEqual(40);
    }
  });

  it('follows a clock that drifts: what was measured long ago is known less well', () => {
    pong(1, 1);
    for (let hour = 0; hour < 24; hour += 1) {
      real += 60 * MINUTE;
      behind += 180; // 50 ppm
      pong(30, 30);
    }
    expect(Math.abs(clock.now() - real)).toBeLessThanOrEqual(30);
    expect(clock.error).toBeLessThanOrEqual(31);
  });

  it('does not take a long round trip for a step', () => {
    pong(1, 1);
    real += MINUTE;
    pong(900, 10);
    expect(clock.offset).toBe(0);
  });
});
