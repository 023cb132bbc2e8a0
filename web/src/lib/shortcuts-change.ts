import { ACTIONS, defaults, type Action, type Shortcuts } from './shortcuts.svelte.ts';

/** Keys that do what they do in every program, or that belong to a list or a field. Shown, never changed. */
export const FIXED: readonly { id: string; keys: readonly string[] }[] = [
  { id: 'send', keys: ['Enter'] },
  { id: 'new-line', keys: ['Shift+Enter'] },
  { id: 'edit-last', keys: ['ArrowUp'] },
  { id: 'walk', keys: ['ArrowUp', 'ArrowDown', 'Home', 'End'] },
  { id: 'menu', keys: ['Enter', 'Shift+F10'] },
  { id: 'close', keys: ['Escape'] },
];

/** Why a key cannot be had. */
export type Refusal = { why: 'taken'; by: Action } | { why: 'fixed' | 'browser' };

/** What browsers and fields keep for themselves. */
const NEVER = new Set(['Tab', 'Enter', 'Escape', 'Space', 'Backspace', 'Delete', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown']);
const BROWSER = new Set(['Mod+W', 'Mod+T', 'Mod+N', 'Mod+Shift+W', 'Mod+Shift+T', 'Mod+Shift+N', 'Mod+C', 'Mod+V', 'Mod+X', 'Mod+Z', 'Mod+A', 'Mod+R', 'F5', 'F11', 'F12', 'Alt+F4']);

/** Gives an action another key, or says why not. */
export function choose(shortcuts: Shortcuts, action: Action, key: string): Refusal | undefined {
  if (NEVER.has(key.replace(/^Shift\+/, ''))) return { why: 'fixed' };
  if (BROWSER.has(key)) return { why: 'browser' };
  const taken = owner(shortcuts, action, [key]);
  if (taken) return taken;
  const first = defaults(action);
  shortcuts.set(action, first.length === 1 && first[0] === key ? undefined : key);
  return undefined;
}

/** As it was; says who has that key meanwhile. */
export function reset(shortcuts: Shortcuts, action: Action): Refusal | undefined {
  const taken = owner(shortcuts, action, defaults(action));
  if (!taken) shortcuts.set(action, undefined);
  return taken;
}

function owner(shortcuts: Shortcuts, action: Action, keys: readonly string[]): Refusal | undefined {
  const by = ACTIONS.find(({ id }) => id !== action && shortcuts.keys(id).some((key) => keys.includes(key)));
  return by && { why: 'taken', by: by.id };
}
