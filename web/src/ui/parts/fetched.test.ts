import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { words } from '../../lib/words.svelte.ts';
import Fetched from './Fetched.svelte';

afterEach(() => cleanup());

describe('a part that is loaded when it is wanted', () => {
  const children = createRawSnippet((part: () => unknown) => ({ render: () => `<p>${String(part())}</p>` }));

  it('says where that fails that it did, tries again when asked, and can be put away', async () => {
    // jsdom draws dialogs and cannot open them.
    HTMLDialogElement.prototype.showModal = function show() { this.open = true; };
    HTMLDialogElement.prototype.close = function close() { this.open = false; };
    await words.use('en');
    let there = false;
    const load = vi.fn(() => (there ? Promise.resolve('goose') : Promise.reject(new Error('gone'))));
    const onclose = vi.fn();
    const { container } = render(Fetched, { load, onclose, children });
    const again = await screen.findByRole('button', { name: 'Try again' });
    expect(screen.getByRole('dialog').textContent).toContain('did not load');
    await fireEvent.click(again);
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
    await fireEvent(await screen.findByRole('dialog'), new Event('cancel', { cancelable: true }));
    expect(onclose).toHaveBeenCalledOnce();
    there = true;
    await fireEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    await vi.waitFor(() => expect(container.textContent).toBe('goose'));
  });

  it('says so where it would stand, if nothing is to be closed', async () => {
    await words.use('en');
    render(Fetched, { load: () => Promise.reject(new Error('gone')), children });
    expect((await screen.findByRole('alert')).textContent).toContain('did not load');
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});
