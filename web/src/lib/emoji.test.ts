import { beforeAll, describe, expect, it } from 'vitest';

import { apart, closedAt, people, wantedAt, type Person } from './complete.ts';
import { GROUPS, loadEmoji, toned, type Emojis } from './emoji.ts';
import { EmojiTaste } from './emoji-taste.svelte.ts';
import { MemoryStore } from './testing.ts';

describe('emoji', () => {
  let english: Emojis;
  let portuguese: Emojis;

  beforeAll(async () => {
    [english, portuguese] = await Promise.all([loadEmoji('en'), loadEmoji('pt-PT')]);
  });

  it.each([
    ['thumbsup', '👍️'], ['red heart', '❤️'], ['goose', '🪿'], ['+1', '👍️'], ['brazil', '🇧🇷'], ['joy', '😂'],
  ])('finds %j first in English', (text, picture) => {
    expect(english.search(text, 5)[0]?.picture).toBe(picture);
  });

  it.each([
    ['coração vermelho', '❤️'], ['coracao vermelho', '❤️'], ['ganso', '🪿'], ['thumbsup', '👍️'], ['CÃO', '🐕️'],
  ])('finds %j in Portuguese', (text, picture) => {
    expect(portuguese.search(text, 12).map((each) => each.picture)).toContain(picture);
  });

  it('finds nothing where nothing is, and no more than is asked for', () => {
    expect(english.search('qqqq', 10)).toEqual([]);
    expect(english.search('  ', 10)).toEqual([]);
    expect(english.search('a', 10)).toHaveLength(10);
  });

  it('has names, groups and skin tones', () => {
    const wave = english.named('wave');
    expect(wave && toned(wave, 0)).toBe('👋');
    expect(wave && toned(wave, 5)).toBe('👋🏿');
    expect(english.drawn('👋🏿')).toBe(wave);
    expect(english.drawn('❤')?.label).toBe('red heart');
    const goose = english.named('goose');
    expect(goose && toned(goose, 3)).toBe('🪿');
    expect(new Set(english.all.map(({ group }) => group))).toEqual(new Set(GROUPS));
    expect(english.all.length).toBe(portuguese.all.length);
    expect(english.all.every(({ picture, label }) => picture !== '' && label !== '')).toBe(true);
  });

  it('remembers what was used and in which tone, and nothing that is not a picture', () => {
    const store = new MemoryStore();
    const taste = new EmojiTaste(store);
    for (const picture of ['👍', '🪿', '👍']) taste.used(picture);
    for (let index = 0; index < 40; index += 1) taste.used(`x${index}`);
    taste.tone = 4;
    expect(taste.recent).toHaveLength(24);
    const again = new EmojiTaste(store);
    expect(again.recent[0]).toBe('x39');
    expect(again.tone).toBe(4);
    store.setItem('skein.emoji', '{"recent":[1,"","🪿"],"tone":9}');
    expect(new EmojiTaste(store).recent).toEqual(['🪿']);
    expect(new EmojiTaste(store).tone).toBe(0);
    store.setItem('skein.emoji', 'no json');
    expect(new EmojiTaste(store).recent).toEqual([]);
  });
});

describe('completion', () => {
  const at = (text: string) => wantedAt(text, text.length);

  it.each([
    ['@', { kind: 'mention', query: '', from: 0 }],
    ['Hi @Bob S', { kind: 'mention', query: 'Bob S', from: 3 }],
    ['*@ann', { kind: 'mention', query: 'ann', from: 1 }],
    ['so :goo', { kind: 'emoji', query: 'goo', from: 3 }],
    [':cora\u00e7', { kind: 'emoji', query: 'cora\u00e7', from: 0 }],
  ])('begins in %j', (text, wanted) => {
    expect(at(text)).toEqual(wanted);
  });

  it.each(['a@b', '\\@bob', ':g', '10:30', ':)', '`@bob', '`:goose', '```\n@bob', 'https://x', '@a b c d e', '::goose'])('does not begin in %j', (text) => {
    expect(at(text)).toBeUndefined();
  });

  it('knows a whole name', () => {
    expect(closedAt('a :goose:', 9)).toEqual({ name: 'goose', from: 2 });
    expect(closedAt('10:30:45', 6)).toBeUndefined();
    expect(closedAt('`:goose:', 8)).toBeUndefined();
  });

  it('lists people by any word of their names, and tells apart who is called alike', () => {
    const all: Person[] = [
      { account: '1', name: 'Zoë Sample', handle: 'zoe' }, { account: '2', name: 'Sam', handle: 'sam1' }, { account: '3', name: 'Sam', handle: 'other' }, { name: 'all' },
    ];
    expect(people(all, 'sam').map(({ account }) => account)).toEqual(['1', '2', '3']);
    expect(people(all, 'zoe')).toHaveLength(1);
    expect(people(all, 'Zoë S')).toHaveLength(1);
    expect(people(all, '')).toHaveLength(4);
    expect(apart(all).map(({ name }) => name)).toEqual(['Zoë Sample', 'sam1', 'other', 'all']);
  });
});
