import { beforeAll, describe, expect, it } from 'vitest';

import { dayAndTime, dayName, duration, locale, sameDay, shortTime } from './when.ts';
import { words } from './words.svelte.ts';

const at = (day: number, hour = 12, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime();
const now = at(26, 15);
const plain = (text: string): string => text.replace(/[\u2068\u2069]/g, '').replace(/\u202f/g, ' ');

beforeAll(() => words.use('en'));

describe('times', () => {
  it('are short in a list', () => {
    expect(shortTime(at(26, 14, 32), now, 'en-GB')).toBe('14:32');
    expect(plain(shortTime(at(26, 14, 32), now, 'en-US'))).toBe('2:32 PM');
    expect(shortTime(at(25, 23, 59), now, 'en-GB')).toBe('Yesterday');
    expect(shortTime(at(23), now, 'en-GB')).toBe('Mon');
    expect(shortTime(at(2), now, 'en-GB')).toBe('2 Nov');
    expect(shortTime(new Date(2024, 2, 3).getTime(), now, 'en-GB')).toBe('3 Mar 2024');
  });

  it('are said as people say them', () => {
    expect(plain(dayAndTime(at(26, 9, 5), now, 'en-GB'))).toBe('today 9:05');
    expect(plain(dayAndTime(at(25, 22, 10), now, 'en-GB'))).toBe('yesterday 22:10');
    expect(plain(dayAndTime(at(3, 22, 10), now, 'en-GB'))).toBe('3 Nov, 22:10');
    expect(dayName(at(26), now, 'en-GB')).toBe('Today');
    expect(dayName(at(20), now, 'en-GB')).toBe('Friday 20 November');
  });

  it('of another clock that runs ahead are still today', () => {
    expect(shortTime(at(26, 15, 2), now, 'en-GB')).toBe('15:02');
  });

  it('to wait are rounded up, in one unit', () => {
    expect(duration(0, 'en')).toBe('1 second');
    expect(duration(40_000, 'en')).toBe('40 seconds');
    expect(duration(150_000, 'en')).toBe('3 minutes');
    expect(duration(7_000_000, 'pt-BR')).toBe('2 horas');
  });

  it('know one day from the next', () => {
    expect(sameDay(at(26, 0), at(26, 23, 59))).toBe(true);
    expect(sameDay(at(25, 23, 59), at(26, 0))).toBe(false);
  });

  it('follow the reader’s own country, in the language of the page', () => {
    expect(locale('en', ['de-DE', 'en-GB'])).toBe('en-GB');
    expect(locale('en', ['de-DE'])).toBe('en');
    expect(locale('pt-PT', ['en-GB', 'pt-PT'])).toBe('pt-PT');
  });
});
