import type { Store } from './settings.svelte.ts';

/** One table feeds handlers, hints, `aria-keyshortcuts` and the sheet. `Mod` is Ctrl, and ⌘ where that is the habit. */
const TABLE = [
  { id: 'search', group: 'everywhere', keys: ['Mod+K'] },
  { id: 'find', group: 'everywhere', keys: ['Mod+F'] },
  { id: 'previous-chat', group: 'everywhere', keys: ['Alt+ArrowUp'] },
  { id: 'next-chat', group: 'everywhere', keys: ['Alt+ArrowDown'] },
  { id: 'next-region', group: 'everywhere', keys: ['F6'] },
  { id: 'previous-region', group: 'everywhere', keys: ['Shift+F6'] },
  { id: 'help', group: 'everywhere', keys: ['?', 'Mod+/'] },
  { id: 'reply', group: 'message', keys: ['R'] },
  { id: 'react', group: 'message', keys: ['E'] },
  { id: 'copy', group: 'message', keys: ['C'] },
  { id: 'microphone', group: 'call', keys: ['M'] },
  { id: 'camera', group: 'call', keys: ['V'] },
  { id: 'screen', group: 'call', keys: ['S'] },
  { id: 'answer', group: 'call', keys: ['Alt+Shift+A'] },
  { id: 'answer-video', group: 'call', keys: ['Alt+Shift+V'] },
  { id: 'decline', group: 'call', keys: ['Alt+Shift+D'] },
  { id: 'hang-up', group: 'call', keys: ['Alt+Shift+H'] },
] as const;

export type Action = (typeof TABLE)[number]['id'];
export type Group = (typeof TABLE)[number]['group'];
export const GROUPS: readonly Group[] = ['everywhere', 'message', 'call'];
export const ACTIONS: readonly { id: Action; group: Group }[] = TABLE;

type Press = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey' | 'getModifierState' | 'target'>;

const KEY = 'skein.shortcuts';
const LETTERS = 40;

export class Shortcuts {
  #chosen = $state.raw<Partial<Record<Action, string>>>({});
  /** Letters alone do something, where no field has the focus. */
  #singles = $state(true);
  readonly #store: Store;
  readonly #apple: boolean;

  constructor(store: Store, apple: boolean) {
    this.#store = store;
    this.#apple = apple;
    this.#read();
  }

  get singles(): boolean {
    return this.#singles;
  }
  set singles(value: boolean) {
    this.#singles = value;
    this.#keep();
  }

  /** The keys of an action, as the table writes them. */
  keys(action: Action): readonly string[] {
    const chosen = this.#chosen[action];
    return chosen === undefined ? defaults(action) : [chosen];
  }

  /** Whether the reader has changed it. */
  changed(action: Action): boolean {
    return this.#chosen[action] !== undefined;
  }

  /** Whether an event is the key of an action, here and now. */
  is(action: Action, event: Press): boolean {
    const key = keyOf(event, this.#apple);
    return key !== undefined && this.keys(action).includes(key) && this.#counts(key, event.target);
  }

  /** Which of some actions an event is the key of. */
  which<A extends Action>(actions: readonly A[], event: Press): A | undefined {
    return actions.find((action) => this.is(action, event));
  }

  /** What was pressed; absent while it is only a Shift or the like. */
  pressed(event: Press): string | undefined {
    return keyOf(event, this.#apple);
  }

  /** Gives an action another key; none gives back the first. Whether it may have that is for `shortcuts-change.ts`. */
  set(action: Action, key: string | undefined): void {
    const { [action]: _, ...rest } = this.#chosen;
    this.#chosen = key === undefined ? rest : { ...rest, [action]: key };
    this.#keep();
  }

  /** All as they were. */
  resetAll(): void {
    this.#chosen = {};
    this.#singles = true;
    this.#keep();
  }

  /** How people write the first key of an action; empty where it does nothing. */
  label(action: Action): string {
    const [key] = this.keys(action).filter((each) => this.#singles || !isSingle(each));
    return key === undefined ? '' : this.write(key);
  }

  /** The same for `aria-keyshortcuts` (WAI-ARIA 1.2, section 6.6). */
  aria(action: Action): string | undefined {
    const keys = this.keys(action).filter((key) => this.#singles || !isSingle(key));
    return keys.length === 0 ? undefined : keys.map((key) => key.replace('Mod', this.#apple ? 'Meta' : 'Control').replace('Ctrl', 'Control')).join(' ');
  }

  /** How people write a key. */
  write(key: string): string {
    const signs: Record<string, string> = {
      Mod: this.#apple ? '⌘' : 'Ctrl', Alt: this.#apple ? '⌥' : 'Alt', Shift: this.#apple ? '⇧' : 'Shift', Meta: '⊞',
      ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc',
    };
    return key.split(/\+(?=.)/).map((part) => signs[part] ?? part).join(' ');
  }

  /** Another page of this browser has changed them. */
  follow(event: Pick<StorageEvent, 'key'>): void {
    if (event.key === KEY) this.#read();
  }

  #counts(key: string, target: EventTarget | null): boolean {
    return !isSingle(key) || (this.#singles && !inField(target));
  }

  #keep(): void {
    try {
      this.#store.setItem(KEY, JSON.stringify({ keys: this.#chosen, singles: this.#singles }));
    } catch {
      // Storage is full or forbidden: they hold until the page closes.
    }
  }

  #read(): void {
    this.#chosen = {};
    this.#singles = true;
    let kept: { keys?: unknown; singles?: unknown } | null;
    try {
      kept = JSON.parse(this.#store.getItem(KEY) ?? 'null') as typeof kept;
    } catch {
      return;
    }
    if (typeof kept?.singles === 'boolean') this.#singles = kept.singles;
    if (typeof kept?.keys !== 'object' || kept.keys === null) return;
    for (const { id } of TABLE) {
      const key = (kept.keys as Record<string, unknown>)[id];
      if (typeof key === 'string' && key !== '' && key.length <= LETTERS) this.#chosen = { ...this.#chosen, [id]: key };
    }
  }
}

/** The keys that an action begins with. */
export function defaults(action: Action): readonly string[] {
  return TABLE.find(({ id }) => id === action)?.keys ?? [];
}

/** Whether somebody who writes would type it. */
function isSingle(key: string): boolean {
  return !/^(?:Mod|Ctrl|Alt|Meta)\+|^F\d+$|^Shift\+F\d+$/.test(key);
}

/** A key by what it is called, with what is held: letters by their sign, beside Alt by their place, as that changes the sign. */
function keyOf(event: Press, apple: boolean): string | undefined {
  const { key, code } = event;
  if (['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Process', 'Unidentified'].includes(key)) return undefined;
  // AltGr writes a sign; some systems say it is Ctrl and Alt.
  const writes = event.getModifierState('AltGraph');
  const [control, alt] = writes ? [false, false] : [event.ctrlKey, event.altKey];
  const place = alt ? /^(?:Key|Digit)(.)$/.exec(code)?.[1] : undefined;
  const name = place ?? (key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key);
  const held = [];
  if (apple ? event.metaKey : control) held.push('Mod');
  if (apple ? control : event.metaKey) held.push(apple ? 'Ctrl' : 'Meta');
  if (alt) held.push('Alt');
  // "?" is written with Shift here and without it there.
  if (event.shiftKey && (name.length > 1 || /\p{L}|\d/u.test(name))) held.push('Shift');
  return [...held, name].join('+');
}

function inField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}

export function isApple(platform: string): boolean {
  return /Mac|iPhone|iPad/.test(platform);
}
