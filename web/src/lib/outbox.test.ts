import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Command } from './api/Command.ts';
import type { Done } from './api/Done.ts';
import { paragraphs } from './content.ts';
import { parse } from './content-parse.ts';
import { MOST, Outbox, type Item } from './outbox.svelte.ts';
import { Refused } from './refused.ts';
import { MemoryStore, settle } from './testing.ts';

beforeEach(() => vi.useFakeTimers({ now: 1_000 }));
afterEach(() => vi.useRealTimers());

const item = (client: string, more: Partial<Item> = {}): Item => ({
  client, conversation: 'c', text: `words ${client}`, blocks: paragraphs(`words ${client}`), written: Number(client) || 0, ...more,
});
const done: Done = { value: { type: 'none' } };

type Server = (command: Command) => Promise<Done>;

function outbox(store: MemoryStore, server: Server): { box: Outbox; sent: string[] } {
  const sent: string[] = [];
  const box = new Outbox(store, 'ada', server, (each) => sent.push(each.client));
  return { box, sent };
}

describe('the outbox', () => {
  it('sends one after another, in the order of writing', async () => {
    const under: string[] = [];
    const release: (() => void)[] = [];
    const { box, sent } = outbox(new MemoryStore(), (command) => {
      if (command.type === 'send') under.push(command.client);
      return new Promise((resolve) => release.push(() => resolve(done)));
    });
    box.add(item('1'));
    box.add(item('2'));
    await settle();
    expect(under).toEqual(['1']);
    release[0]?.();
    await settle();
    expect(under).toEqual(['1', '2']);
    expect(sent).toEqual(['1']);
    expect(box.items.map(({ client }) => client)).toEqual(['2']);
  });

  it('waits while offline, survives a reload, and goes on under the same ids', async () => {
    const store = new MemoryStore();
    const first = outbox(store, () => Promise.reject(Refused.offline()));
    first.box.add(item('1'));
    first.box.add(item('2'));
    await settle();
    expect(first.box.items).toHaveLength(2);

    const clients: string[] = [];
    const second = outbox(store, (command) => {
      if (command.type === 'send') clients.push(command.client);
      return Promise.resolve(done);
    });
    expect(second.box.items.map(({ client }) => client)).toEqual(['1', '2']);
    await second.box.flush();
    expect(clients).toEqual(['1', '2']);
    expect(store.length).toBe(0);
  });

  it('keeps the order of writing over a reload, whatever the clock said meanwhile', () => {
    const store = new MemoryStore();
    // An older page counted nothing.
    store.setItem('skein.outbox.ada.x', JSON.stringify(item('x', { written: 9_000 })));
    const offline: Server = () => Promise.reject(Refused.offline());
    const { box } = outbox(store, offline);
    for (const [client, written] of [['c', 5_000], ['b', 4_000], ['a', 4_000]] as const) box.add(item(client, { written }));
    const order = (each: Outbox): string[] => each.items.map(({ client }) => client);
    expect(order(box)).toEqual(['x', 'c', 'b', 'a']);
    const again = outbox(store, offline).box;
    expect(order(again)).toEqual(['x', 'c', 'b', 'a']);
    again.add(item('0', { written: 1 }));
    again.retry('c');
    expect(order(outbox(store, offline).box)).toEqual(['x', 'b', 'a', '0', 'c']);
  });

  it('takes no count that another page could not have written', () => {
    const store = new MemoryStore();
    store.setItem('skein.outbox.ada.x', JSON.stringify({ ...item('x'), turn: 'first' }));
    expect(outbox(store, () => Promise.reject(Refused.offline())).box.items).toEqual([]);
  });

  it('sets a refused one aside, goes on with the next, and tries again when asked', async () => {
    const refusals = new Map([['1', new Refused({ kind: 'forbidden', code: 'not_contacts', message: 'no' })]]);
    const store = new MemoryStore();
    const { box, sent } = outbox(store, (command) => {
      const refused = command.type === 'send' ? refusals.get(command.client) : undefined;
      return refused ? Promise.reject(refused) : Promise.resolve(done);
    });
    box.add(item('1'));
    box.add(item('2'));
    await settle();
    expect(sent).toEqual(['2']);
    expect(box.items).toMatchObject([{ client: '1', refused: 'not_contacts' }]);
    expect(outbox(store, () => Promise.resolve(done)).box.items).toMatchObject([{ refused: 'not_contacts' }]);
    refusals.clear();
    box.retry('1');
    await settle();
    expect(sent).toEqual(['2', '1']);
    expect(box.items).toEqual([]);
  });

  it('waits as long as a busy server says, keeping the order', async () => {
    let busy = true;
    const { box, sent } = outbox(new MemoryStore(), () =>
      busy
        ? Promise.reject(new Refused({ kind: 'too_many', code: 'too_many', message: 'slow', retry_after: 3_000 }))
        : Promise.resolve(done),
    );
    box.add(item('1'));
    box.add(item('2'));
    await settle();
    busy = false;
    await vi.advanceTimersByTimeAsync(2_900);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(sent).toEqual(['1', '2']);
  });

  it('does not bring back what was removed while it was under way', async () => {
    let refuse: () => void = () => undefined;
    const store = new MemoryStore();
    const { box } = outbox(store, () => new Promise((_, reject) => {
      refuse = () => reject(new Refused({ kind: 'forbidden', code: 'not_contacts', message: 'no' }));
    }));
    box.add(item('1'));
    box.remove('1');
    refuse();
    await settle();
    expect(box.items).toEqual([]);
    expect(store.length).toBe(0);
  });

  it('does not send what another tab gave up, and takes what it changed', async () => {
    const store = new MemoryStore();
    outbox(store, () => Promise.reject(Refused.offline())).box.add(item('1'));
    outbox(store, () => Promise.reject(Refused.offline())).box.add(item('2'));
    const { box, sent } = outbox(store, () => Promise.resolve(done));
    const other = outbox(store, () => Promise.reject(Refused.offline())).box;
    const gone: string[] = [];
    box.onGone = ({ client }) => void gone.push(client);
    other.remove('1');
    box.follow({ key: 'skein.outbox.ada.1', newValue: null });
    other.refuse('2', 'f1', new Refused({ kind: 'full', code: 'quota', message: 'full' }));
    box.follow({ key: 'skein.outbox.ada.2', newValue: store.getItem('skein.outbox.ada.2') });
    box.follow({ key: 'skein.outbox.bruno.2', newValue: null });
    box.follow({ key: null, newValue: null });
    expect(box.items).toMatchObject([{ client: '2', refused: 'quota' }]);
    expect(gone).toEqual(['1']);
    await box.flush();
    expect(sent).toEqual([]);
    expect(store.getItem('skein.outbox.ada.1')).toBeNull();
  });

  it('does not bring back what another tab took out, though it was written again before that was heard', async () => {
    const store = new MemoryStore();
    const answers: ((done: Done) => void)[] = [];
    const { box } = outbox(store, () => new Promise((resolve) => answers.push(resolve)));
    box.add(item('1', { files: [{ client: 'f1', name: 'a', size: 1 }] }));
    const other = outbox(store, () => Promise.reject(Refused.offline())).box;
    other.remove('1');
    box.refuse('1', 'f1', new Refused({ kind: 'full', code: 'quota', message: 'full' }));
    expect(store.getItem('skein.outbox.ada.1')).not.toBeNull();
    box.follow({ key: 'skein.outbox.ada.1', newValue: null });
    expect(box.items).toEqual([]);
    expect(store.getItem('skein.outbox.ada.1')).toBeNull();
    expect(outbox(store, () => Promise.reject(Refused.offline())).box.items).toEqual([]);
  });

  it('takes what is kept now, not what was when another tab changed it', () => {
    const store = new MemoryStore();
    const { box } = outbox(store, () => Promise.reject(Refused.offline()));
    box.add(item('1', { files: [{ client: 'f1', name: 'a', size: 1 }] }));
    const before = store.getItem('skein.outbox.ada.1');
    box.refuse('1', 'f1', new Refused({ kind: 'full', code: 'quota', message: 'full' }));
    box.follow({ key: 'skein.outbox.ada.1', newValue: before });
    expect(box.items).toMatchObject([{ client: '1', refused: 'quota' }]);
  });

  it('is bounded, and works without room in the store', async () => {
    const store = new MemoryStore();
    store.full = true;
    const { box } = outbox(store, () => Promise.reject(Refused.offline()));
    for (let index = 0; index < MOST; index += 1) expect(box.add(item(String(index + 1)))).toBe(true);
    expect(box.add(item('9999'))).toBe(false);
    expect(box.items).toHaveLength(MOST);
    await settle();
  });

  it('leaves the items of other accounts and broken ones alone', () => {
    const store = new MemoryStore();
    store.setItem('skein.outbox.bruno.1', JSON.stringify(item('1')));
    store.setItem('skein.outbox.ada.2', '{"client":2}');
    store.setItem('skein.outbox.ada.3', 'no json');
    expect(outbox(store, () => Promise.resolve(done)).box.items).toEqual([]);
    expect(store.getItem('skein.outbox.bruno.1')).not.toBeNull();
  });

  it('sends new words of an old message as an edit', async () => {
    const commands: Command[] = [];
    const { box } = outbox(new MemoryStore(), (command) => {
      commands.push(command);
      return Promise.resolve(done);
    });
    box.add(item('1', { edits: 'm7' }));
    await settle();
    expect(commands).toEqual([{ type: 'edit', message: 'm7', body: { type: 'text', blocks: paragraphs('words 1') } }]);
  });

  it('keeps trees, what they answer and what is passed on over a reload', async () => {
    const quoted = { message: 'm3', author: 'bruno', name: 'Bruno', stamp: 3, words: 'Who comes?', cut: false, deleted: false };
    const forwarded = { author: 'carla', name: 'Carla', stamp: 2 };
    const blocks = parse('*I* do\n> at `eight`\n- @Bruno', [{ account: 'bruno', name: 'Bruno' }]);
    const store = new MemoryStore();
    const first = outbox(store, () => Promise.reject(Refused.offline()));
    first.box.add(item('1', { blocks, quoted }));
    first.box.add(item('2', { blocks, forwards: 'm9', forwarded }));
    await settle();
    const commands: Command[] = [];
    const { box } = outbox(store, (command) => {
      commands.push(command);
      return Promise.resolve(done);
    });
    expect(box.items).toMatchObject([{ blocks, quoted }, { blocks, forwards: 'm9', forwarded }]);
    await box.flush();
    expect(commands).toEqual([
      { type: 'send', to: { conversation: 'c' }, body: { type: 'text', blocks }, client: '1', reply_to: 'm3' },
      { type: 'forward', message: 'm9', to: { conversation: 'c' }, client: '2' },
    ]);
  });

  it('sends words that an older page kept as the words they are, and leaves broken trees alone', async () => {
    const store = new MemoryStore();
    const { blocks: _, ...old } = item('1', { text: '*stars*\nstay' });
    store.setItem('skein.outbox.ada.1', JSON.stringify(old));
    store.setItem('skein.outbox.ada.2', JSON.stringify({ ...item('2'), blocks: [{ type: 'script', text: 'x' }] }));
    store.setItem('skein.outbox.ada.3', JSON.stringify({ ...item('3'), quoted: { message: 3 } }));
    const commands: Command[] = [];
    await outbox(store, (command) => {
      commands.push(command);
      return Promise.resolve(done);
    }).box.flush();
    expect(commands).toMatchObject([{ body: { type: 'text', blocks: paragraphs('*stars*\nstay') } }]);
  });

  it('keeps files of a message that waits over a reload, and sends them with its words once all are whole', async () => {
    const object = { id: 'o1', name: 'goose.png', size: 3, state: 'ready' as const, offset: 3, picture: true, preview: false };
    const files = [{ client: 'f1', name: 'goose.png', size: 3, object }, { client: 'f2', name: 'nest.txt', size: 5 }];
    const store = new MemoryStore();
    outbox(store, () => Promise.reject(Refused.offline())).box.add(item('1', { files }));
    store.setItem('skein.outbox.ada.2', JSON.stringify(item('2', { files: [] })));
    store.setItem('skein.outbox.ada.3', JSON.stringify({ ...item('3'), files: [{ client: 'f3' }] }));
    const commands: Command[] = [];
    const { box, sent } = outbox(store, (command) => {
      commands.push(command);
      return Promise.resolve(done);
    });
    expect(box.items).toMatchObject([{ client: '1', files }]);
    const gone: string[] = [];
    box.onGone = ({ client }) => void gone.push(client);
    box.add(item('4'));
    await settle();
    expect(sent).toEqual(['4']);
    box.filed('1', 'f2', { ...object, id: 'o2' });
    await settle();
    expect(commands.at(-1)).toMatchObject({ body: { type: 'objects', ids: ['o1', 'o2'], blocks: paragraphs('words 1') }, client: '1' });
    expect(gone).toEqual(['4', '1']);
  });

  it('changes the words of a message with files, and names its files', async () => {
    const commands: Command[] = [];
    const { box } = outbox(new MemoryStore(), (command) => {
      commands.push(command);
      return Promise.resolve(done);
    });
    box.add(item('1', { edits: 'm7', carries: ['o1'], blocks: [] }));
    await settle();
    expect(commands).toEqual([{ type: 'edit', message: 'm7', body: { type: 'objects', ids: ['o1'], blocks: [] } }]);
  });
});
