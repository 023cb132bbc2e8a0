import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { words } from '../../lib/words.svelte.ts';
import Account from './Account.svelte';

beforeEach(async () => {
  // jsdom draws dialogs and cannot open them; it knows no locks.
  HTMLDialogElement.prototype.showModal = function show() { this.open = true; };
  HTMLDialogElement.prototype.close = function close() { this.open = false; };
  await words.use('en');
  await words.also('settings');
  await words.also('door');
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** What another tab of this browser holds. */
function holds(...names: string[]): void {
  const locks = { query: () => Promise.resolve({ held: names.map((name) => ({ name })), pending: [] }) };
  vi.stubGlobal('navigator', new Proxy(navigator, { get: (own, key) => (key === 'locks' ? locks : Reflect.get(own, key) as unknown) }));
}

it.each([
  [['skein.call.abc'], true],
  [['skein.notice'], false],
  [[], false],
])('signing out with %j held elsewhere warns of a call: %s', async (held, warns) => {
  holds(...held);
  render(Account);
  await fireEvent.click(screen.getAllByRole('button', { name: 'Sign out' })[0]!);
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('This device forgets you');
  expect(dialog.textContent.includes('You are in a call in another tab')).toBe(warns);
});
