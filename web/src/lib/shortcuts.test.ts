import { describe, expect, it } from 'vitest';

import { choose, reset } from './shortcuts-change.ts';
import { ACTIONS, Shortcuts } from './shortcuts.svelte.ts';

const store = (): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> => {
  const map = new Map<string, string>();
  return { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value), removeItem: (key) => void map.delete(key) };
};

type Held = 'Control' | 'Alt' | 'Shift' | 'Meta' | 'AltGraph';

function press(key: string, code: string, held: Held[] = [], target: EventTarget | null = document.body) {
  return {
    key, code, target,
    ctrlKey: held.includes('Control'), altKey: held.includes('Alt'), shiftKey: held.includes('Shift'), metaKey: held.includes('Meta'),
    getModifierState: (name: string) => held.includes(name as Held),
  };
}

describe('shortcuts', () => {
  it.each([
    ['search', press('k', 'KeyK', ['Control'])],
    ['find', press('F', 'KeyF', ['Control'])],
    ['next-chat', press('ArrowDown', 'ArrowDown', ['Alt'])],
    ['previous-region', press('F6', 'F6', ['Shift'])],
    ['help', press('?', 'Slash', ['Shift'])],
    ['help', press('?', 'Minus', ['AltGraph', 'Control', 'Alt'])],
    ['help', press('/', 'Slash', ['Control'])],
    ['reply', press('r', 'KeyR')],
    ['microphone', press('M', 'KeyM')],
    ['answer', press('A', 'KeyA', ['Alt', 'Shift'])],
    // A Mac writes another sign with Alt: the place of the key counts.
    ['hang-up', press('Ó', 'KeyH', ['Alt', 'Shift'])],
  ] as const)('%s has its key', (action, event) => {
    const shortcuts = new Shortcuts(store(), false);
    expect(shortcuts.which(ACTIONS.map(({ id }) => id), event)).toBe(action);
  });

  it.each([
    ['with more held', press('k', 'KeyK', ['Control', 'Shift'])],
    ['with Alt', press('m', 'KeyM', ['Alt'])],
    ['while only Shift is down', press('Shift', 'ShiftLeft', ['Shift'])],
    ['where somebody writes', press('m', 'KeyM', [], document.createElement('textarea'))],
  ])('nothing happens %s', (_, event) => {
    expect(new Shortcuts(store(), false).which(ACTIONS.map(({ id }) => id), event)).toBeUndefined();
  });

  it('are ⌘ on a Mac', () => {
    const shortcuts = new Shortcuts(store(), true);
    expect(shortcuts.is('search', press('k', 'KeyK', ['Meta']))).toBe(true);
    expect(shortcuts.is('search', press('k', 'KeyK', ['Control']))).toBe(false);
    expect([shortcuts.label('search'), shortcuts.aria('search')]).toEqual(['⌘ K', 'Meta+K']);
  });

  it('can be changed, are told when they are taken, and are kept on the device', () => {
    const kept = store();
    const shortcuts = new Shortcuts(kept, false);
    expect(choose(shortcuts, 'microphone', 'C')).toEqual({ why: 'taken', by: 'copy' });
    expect(choose(shortcuts, 'microphone', 'Mod+W')).toEqual({ why: 'browser' });
    expect(choose(shortcuts, 'microphone', 'Enter')).toEqual({ why: 'fixed' });
    expect(choose(shortcuts, 'microphone', 'Shift+Tab')).toEqual({ why: 'fixed' });
    expect(shortcuts.keys('microphone')).toEqual(['M']);
    expect(choose(shortcuts, 'microphone', 'U')).toBeUndefined();
    const again = new Shortcuts(kept, false);
    expect(again.is('microphone', press('u', 'KeyU'))).toBe(true);
    expect(again.is('microphone', press('m', 'KeyM'))).toBe(false);
    // What is free now another one may have; then it has to go before the first comes back.
    expect(choose(again, 'reply', 'M')).toBeUndefined();
    expect(reset(again, 'microphone')).toEqual({ why: 'taken', by: 'reply' });
    expect(reset(again, 'reply')).toBeUndefined();
    expect(reset(again, 'microphone')).toBeUndefined();
    expect(again.changed('microphone')).toBe(false);
    choose(again, 'copy', 'U');
    again.resetAll();
    expect(again.keys('copy')).toEqual(['C']);
  });

  it('of letters alone can be turned off; the others stay', () => {
    const shortcuts = new Shortcuts(store(), false);
    shortcuts.singles = false;
    expect(shortcuts.is('reply', press('r', 'KeyR'))).toBe(false);
    expect(shortcuts.is('help', press('?', 'Slash', ['Shift']))).toBe(false);
    expect(shortcuts.is('help', press('/', 'Slash', ['Control']))).toBe(true);
    expect(shortcuts.is('next-region', press('F6', 'F6'))).toBe(true);
    expect([shortcuts.label('reply'), shortcuts.aria('reply'), shortcuts.label('help')]).toEqual(['', undefined, 'Ctrl /']);
  });

  it('no two actions begin with the same key', () => {
    const shortcuts = new Shortcuts(store(), false);
    const all = ACTIONS.flatMap(({ id }) => shortcuts.keys(id));
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(['{', '7', '{"keys":{"search":7,"reply":""},"singles":"no"}', '{"keys":[]}'])('begin anew from what nobody can read: %s', (text) => {
    const kept = store();
    kept.setItem('skein.shortcuts', text);
    const shortcuts = new Shortcuts(kept, false);
    expect([shortcuts.keys('search'), shortcuts.keys('reply'), shortcuts.singles]).toEqual([['Mod+K'], ['R'], true]);
  });
});
