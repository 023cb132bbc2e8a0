import { expect, it } from 'vitest';

import { above } from './above.ts';

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

it('goes into the last open dialog, and back when that is gone', async () => {
  const card = document.createElement('div');
  document.body.append(card);
  const stop = above(card);
  const first = document.createElement('dialog');
  first.setAttribute('open', '');
  document.body.append(first);
  await turn();
  expect(card.parentElement).toBe(first);
  const second = document.createElement('dialog');
  document.body.append(second);
  await turn();
  expect(card.parentElement).toBe(first);
  second.setAttribute('open', '');
  await turn();
  expect(card.parentElement).toBe(second);
  second.remove();
  await turn();
  expect(card.parentElement).toBe(first);
  first.removeAttribute('open');
  await turn();
  expect(card.parentElement).toBe(document.body);
  if (typeof stop === 'function') stop();
  first.setAttribute('open', '');
  await turn();
  expect(card.isConnected).toBe(false);
});
