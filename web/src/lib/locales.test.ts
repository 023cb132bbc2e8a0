import { FluentBundle, FluentResource } from '@fluent/bundle';
import { describe, expect, it } from 'vitest';

import { LANGUAGES, choose } from './languages.ts';
import { Words, fromLocales } from './words.svelte.ts';

const sources = import.meta.glob<string>('../../../locales/*/*.ftl', { query: '?raw', import: 'default', eager: true });

function source(language: string, file: string): string {
  const text = sources[`../../../locales/${language}/${file}`];
  if (text === undefined) throw new Error(`locales/${language}/${file} is not there`);
  return text;
}

/** Each key with the variables its text names. */
function keys(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const entries = text.split(/^(?=-?[a-z][\w-]*\s*=)/m);
  for (const entry of entries) {
    const key = /^(-?[a-z][\w-]*)\s*=/.exec(entry)?.[1];
    if (key) found.set(key, [...new Set([...entry.matchAll(/\$(\w+)/g)].map(([, name]) => name ?? ''))].toSorted());
  }
  return found;
}

const files = Object.keys(sources)
  .filter((path) => path.includes('/en/'))
  .map((path) => path.slice(path.lastIndexOf('/') + 1));

describe.each(files)('%s', (file) => {
  const english = keys(source('en', file));

  it.each(LANGUAGES)('has the same keys with the same variables in %s', (language) => {
    expect([...keys(source(language, file))].toSorted()).toEqual([...english].toSorted());
  });

  it.each(LANGUAGES)('can be read to its end in %s', (language) => {
    const text = source(language, file);
    const bundle = new FluentBundle(language);
    const errors = [...bundle.addResource(new FluentResource(source(language, 'main.ftl')))];
    if (file !== 'main.ftl') errors.push(...bundle.addResource(new FluentResource(text)));
    expect(errors).toEqual([]);
    for (const [key, variables] of keys(text)) {
      if (key.startsWith('-')) continue;
      const args = Object.fromEntries(variables.map((name) => [name, 3]));
      const pattern = bundle.getMessage(key)?.value;
      if (pattern == null) throw new Error(`${key} has no text`);
      const wrong: Error[] = [];
      bundle.formatPattern(pattern, args, wrong);
      expect(wrong, key).toEqual([]);
    }
  });
});

/** Every code in the table of the dialect; a test of the server sees to it that the table has all. */
function codes(): string[] {
  const [document = ''] = Object.values(import.meta.glob<string>('../../../docs/protocols/api.md', { query: '?raw', import: 'default', eager: true }));
  const rows = (document.split('## Codes')[1] ?? '').split('\n').filter((line) => /^\| \d/.test(line));
  const all = rows.flatMap((row) => [...(row.split('|')[3] ?? '').matchAll(/`([a-z_\d]+)`/g)].map(([, code]) => code!));
  return [...new Set(all)].filter((code) => code !== 'retry_after');
}

describe('refusals', () => {
  // Only what groups or files show can meet these, and it loads its words first.
  const ofGroups = /^(title_|people_at_once|group_|too_many_people|owners_only|banned|last_owner|oneself|not_a_group|link_(?!refused)|links_)/;
  /** `errors.ftl` is loaded once the line is there: what the doors, or a server that goes, answer before that has no other words. */
  const beforeSignIn = [
    'use_https', 'foreign_origin', 'restarting', 'too_slow', 'unavailable', 'bad_request', 'too_many', 'too_large', 'not_signed_in',
    'name_taken', 'display_invalid', 'wrong_password', 'blocked_account',
  ];
  /** `door.ftl` comes with the forms that these answer, in the settings too. */
  const ofDoor = /^(name_(?!taken)|password_|wrong_code|registration_closed|invite_)/;
  const ofFiles = /^(object_(empty|too_large)|objects_full|quota|disk_full|picture_|no_picture|grants)/;

  it.each(LANGUAGES)('have words in %s for every code that the server can give, in a part that is loaded where they are met', (language) => {
    const loaded = new Map([...keys(source(language, 'main.ftl')), ...keys(source(language, 'errors.ftl'))]);
    const [groups, files, door] = ['groups.ftl', 'files.ftl', 'door.ftl'].map((file) => keys(source(language, file)));
    const found = codes();
    expect(found.length).toBeGreaterThan(100);
    const lacking = found.filter((code) => {
      if (loaded.has(`error-${code}`)) return false;
      if (ofDoor.test(code)) return !door!.has(`error-${code}`);
      return !(ofGroups.test(code) && groups!.has(`error-${code}`)) && !(ofFiles.test(code) && files!.has(`file-error-${code}`));
    });
    expect(lacking).toEqual([]);
  });

  it.each(LANGUAGES)('that are met before somebody is in have theirs in %s in the part that is always there', (language) => {
    const main = keys(source(language, 'main.ftl'));
    expect(beforeSignIn.filter((code) => !codes().includes(code))).toEqual([]);
    expect(beforeSignIn.filter((code) => !main.has(`error-${code}`))).toEqual([]);
  });
});

describe('words', () => {
  it('come in the language that is used, with their plurals', async () => {
    const words = new Words(fromLocales);
    await words.use('en');
    expect(words.t('chats')).toBe('Chats');
    expect(words.t('jump-newest-count', { count: 1 })).toBe('One new message');
    expect(words.t('jump-newest-count', { count: 5 }).replace(/[\u2068\u2069]/g, '')).toBe('5 new messages');
    await words.use('pt-PT');
    expect(words.t('settings')).toBe('Definições');
    expect(words.language).toBe('pt-PT');
  });

  it('keep names inside sentences apart from their direction', async () => {
    const words = new Words(fromLocales);
    await words.use('en');
    expect(words.t('is-typing', { name: 'عادل' })).toBe('\u2068عادل\u2069 is typing…');
  });

  it('show the key of a text that is not there', async () => {
    const words = new Words(fromLocales);
    await words.use('en');
    expect(words.t('no-such-key')).toBe('no-such-key');
    expect(words.has('no-such-key')).toBe(false);
  });

  it('load one more part in every language to come', async () => {
    const asked: string[] = [];
    const words = new Words((language, part) => {
      asked.push(`${language} ${part}`);
      return Promise.resolve(`${part}-key = ${language}\n`);
    });
    await words.use('en');
    await words.also('call');
    await words.also('call');
    expect(words.t('call-key')).toBe('en');
    await words.use('pt-BR');
    expect(words.t('call-key')).toBe('pt-BR');
    expect(asked).toEqual(['en main', 'en main', 'en call', 'pt-BR main', 'pt-BR call']);
  });

  it('let whoever asks for a part that is on its way wait for it, and ask anew where it failed', async () => {
    const asked: { come: () => void; fail: () => void }[] = [];
    const words = new Words((_, part) => new Promise((resolve, reject) => asked.push({ come: () => resolve(`${part}-key = here\n`), fail: () => reject(new Error('gone')) })));
    const main = words.use('en');
    asked[0]!.come();
    await main;
    const first = words.also('call');
    let there = false;
    const second = words.also('call').then(() => (there = true));
    await new Promise((resolve) => setTimeout(resolve));
    expect(there).toBe(false);
    asked.slice(1).forEach(({ come }) => come());
    await Promise.all([first, second]);
    expect(words.t('call-key')).toBe('here');
    const failing = [words.also('groups'), words.also('groups')];
    asked.at(-1)!.fail();
    expect((await Promise.allSettled(failing)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = words.also('groups');
    asked.slice(-3).forEach(({ come }) => come());
    await again;
    expect(words.t('groups-key')).toBe('here');
  });

  it('have both of two parts that come at once, whichever comes first, in the language chosen last', async () => {
    const asked: (() => void)[] = [];
    const words = new Words((language, part) => new Promise((resolve) => asked.push(() => resolve(`${part}-key = ${language}\n`))));
    const come = (from: number, to: number): void => asked.slice(from, to).forEach((one) => one());
    const first = words.use('en');
    come(0, 1);
    await first;
    const call = words.also('call');
    const groups = words.also('groups');
    come(3, 6);
    await groups;
    come(1, 3);
    await call;
    expect([words.t('call-key'), words.t('groups-key')]).toEqual(['en', 'en']);
    const other = words.use('pt-PT');
    const settings = words.also('settings');
    come(9, 13);
    await settings;
    come(6, 9);
    await other;
    expect([words.language, words.t('settings-key'), words.t('call-key')]).toEqual(['pt-PT', 'pt-PT', 'pt-PT']);
  });

  it.each([
    [['pt-PT', 'en'], 'pt-PT'],
    [['pt'], 'pt-BR'],
    [['pt-AO'], 'pt-PT'],
    [['de', 'en-US'], 'en'],
    [['ja'], 'en'],
    [[], 'en'],
  ] as const)('choose for %j', (wanted, chosen) => {
    expect(choose(wanted)).toBe(chosen);
  });
});
