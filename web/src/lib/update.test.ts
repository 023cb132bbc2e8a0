import { describe, expect, it } from 'vitest';

import { KeptDrafts, forgetAccount, waiting } from './kept-drafts.ts';
import { storeOrMemory } from './store.ts';
import { Update } from './update.svelte.ts';

const forbidden = (): never => {
  throw new Error('forbidden');
};

describe('a page of one build', () => {
  function page(build: string | undefined) {
    const state = { said: '{"build":"one"}', status: 200, now: 0, asked: 0 };
    const update = new Update({
      build,
      now: () => state.now,
      fetch: async () => {
        state.asked += 1;
        if (state.status === 0) throw new TypeError('no network');
        return new Response(state.said, { status: state.status });
      },
    });
    return { update, state };
  }

  it('learns that the server has another one, and that it has not', async () => {
    const { update, state } = page('one');
    await update.look();
    expect(update.newer).toBe(false);
    state.said = '{"build":"two"}';
    await update.look();
    expect(update.newer).toBe(true);
    state.said = '{"build":"one"}';
    await update.look();
    expect(update.newer).toBe(false);
  });

  it.each([[200, '<html>'], [200, '{"build":2}'], [502, '{"build":"two"}'], [0, '']])('believes nothing else (%s %s)', async (status, said) => {
    const { update, state } = page('one');
    Object.assign(state, { status, said });
    await update.look();
    expect(update.newer).toBe(false);
  });

  it('asks again when somebody comes back, but not each time; what was put away comes back with another build only', async () => {
    const { update, state } = page('one');
    state.said = '{"build":"two"}';
    await update.look(true);
    update.put = true;
    await update.look(true);
    expect(state.asked).toBe(1);
    state.now += 10 * 60_000;
    await update.look(true);
    expect([state.asked, update.put]).toEqual([2, true]);
    const unbuilt = page(undefined);
    await unbuilt.update.look();
    expect(unbuilt.state.asked).toBe(0);
  });
});

describe('drafts on this device', () => {
  it('are of one account, have an end in number and length, and are counted with the messages that wait', () => {
    const store = storeOrMemory(forbidden);
    let account = 'ann';
    const drafts = new KeptDrafts(store, () => account);
    drafts.keep('1', 'half a sen');
    drafts.keep('2', '');
    store.setItem('skein.outbox.ann.x', '{}');
    expect(waiting(store)).toEqual({ messages: 1, drafts: 1 });
    expect(drafts.read('1')).toBe('half a sen');
    account = 'bob';
    expect(drafts.read('1')).toBeUndefined();
    drafts.keep('1', 'x'.repeat(64 * 1_024 + 1));
    expect(drafts.read('1')).toBeUndefined();
    for (let chat = 0; chat < 120; chat += 1) drafts.keep(`${chat}`, 'x');
    expect(waiting(store).drafts).toBe(101);
    drafts.keep('5', 'changed');
    drafts.drop('6');
    expect([drafts.read('5'), drafts.read('6')]).toEqual(['changed', undefined]);
    account = '';
    drafts.keep('1', 'nobody');
    expect(drafts.read('1')).toBeUndefined();
  });

  it('go with an account that is deleted, and with nobody else’s', () => {
    const store = storeOrMemory(forbidden);
    const ofAnn = ['skein.draft.ann.1', 'skein.draft.ann.2', 'skein.outbox.ann.x', 'skein.recovery.ann'];
    const ofOthers = ['skein.draft.anna.1', 'skein.outbox.bob.x', 'skein.recovery.bob', 'skein.settings'];
    for (const key of [...ofAnn, ...ofOthers]) store.setItem(key, 'words');
    forgetAccount(store, '');
    expect(store.length).toBe(8);
    forgetAccount(store, 'ann');
    expect(Array.from({ length: store.length }, (_, index) => store.key(index)).toSorted()).toEqual(ofOthers.toSorted());
  });
});
