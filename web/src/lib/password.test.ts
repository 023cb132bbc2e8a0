import { describe, expect, it } from 'vitest';

import { filled, strength } from './password.ts';

describe('the password meter', () => {
  it.each([
    ['short', 'short'],
    ['', 'short'],
    ['password', 'weak'],
    ['Passw0rd1', 'weak'],
    ['12345678', 'weak'],
    ['aaaaaaaaaaaa', 'weak'],
    ['abcdefgh', 'weak'],
    ['qwerty123', 'weak'],
    ['senha1234', 'weak'],
    ['two brown geese', 'fair'],
    ['eight geese crossed the lake', 'strong'],
    ['eight geese crossed the lake at dawn', 'best'],
    ['oito gansos no lago frio', 'strong'],
  ])('rates “%s” as %s', (password, rating) => {
    expect(strength(password, 8)).toBe(rating);
  });

  it('never asks for symbols: a longer sentence is better than a sign', () => {
    const order = ['short', 'weak', 'fair', 'strong', 'best'];
    const sentence = order.indexOf(strength('geese fly south every winter', 8));
    expect(sentence).toBeGreaterThan(order.indexOf(strength('G33se!#x', 8)));
  });

  it('does not count what belongs to the person', () => {
    expect(strength('ada.sample.ada', 8, ['Ada Sample', 'ada.sample'])).toBe('weak');
  });

  it('counts letters, not bytes, against the server’s bound', () => {
    expect(strength('🪿🪿🪿', 8)).toBe('short');
    expect(strength('зимний лес и озеро', 8)).not.toBe('short');
  });

  it('fills four steps', () => {
    expect((['short', 'weak', 'fair', 'strong', 'best'] as const).map(filled)).toEqual([0, 1, 2, 3, 4]);
  });

  it('is quick with long input', () => {
    expect(strength('geese and more geese '.repeat(50), 8)).toBe('best');
  });
});
