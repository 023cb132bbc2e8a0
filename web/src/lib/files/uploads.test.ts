import { describe, expect, it } from 'vitest';

import type { Command } from '../api/Command.ts';
import type { Done } from '../api/Done.ts';
import { Chat } from '../chat.svelte.ts';
import { paragraphs } from '../content.ts';
import { item } from '../outbox-item.ts';
import { Outbox } from '../outbox.svelte.ts';
import { Refused } from '../refused.ts';
import { conversation, MemoryStore } from '../testing.ts';
import type { Keep } from './keep.ts';
import { FileDesk } from './desk.svelte.ts';
import { Uploads } from './uploads.svelte.ts';

/** Keeps in memory, as the browser does on disk. */
class MemoryKeep implements Keep {
  readonly all = new Map<string, Blob>();
  room = true;
  put(key: string, bytes: Blob): Promise<boolean> {
    if (this.room) this.all.set(key, bytes);
    return Promise.resolve(this.room);
  }
  get(key: string): Promise<Blob | undefined> {
    return Promise.resolve(this.all.get(key));
  }
  remove(key: string): Promise<void> {
    this.all.delete(key);
    return Promise.resolve();
  }
  sweep(isWanted: (key: string) => boolean): Promise<void> {
    for (const key of this.all.keys()) if (!isWanted(key)) this.all.delete(key);
    return Promise.resolve();
  }
}

/** A page: an outbox over a store that survives, and uploads to a server that takes everything, or not. */
type World = { store?: MemoryStore; keep?: MemoryKeep; refuses?: (asked: Command) => string | undefined; holds?: () => boolean };
function page({ store = new MemoryStore(), keep = new MemoryKeep(), refuses, holds = () => false }: World = {}) {
  const sent: Command[] = [];
  const dropped: string[] = [];
  const command = (asked: Command): Promise<Done> => {
    const code = refuses?.(asked);
    if (code) return Promise.reject(code === 'offline' ? Refused.offline() : new Refused({ kind: 'full', code, message: code, limit: 7 }));
    if (asked.type === 'begin_object') {
      const object = { id: `o-${asked.name}`, name: asked.name, size: asked.size, state: 'ready' as const, offset: asked.size, picture: false, preview: false };
      return holds() ? new Promise(() => undefined) : Promise.resolve({ value: { type: 'object', object } });
    }
    if (asked.type === 'drop_object') dropped.push(asked.object);
    else sent.push(asked);
    return Promise.resolve({ value: { type: 'none' } });
  };
  const outbox = new Outbox(store, 'ada', command, () => undefined);
  let ids = 0;
  const newId = (): string => `${store.length}-${(ids += 1)}`;
  const chat = new Chat(conversation(), 'ada', () => Promise.reject(new Error('not asked')));
  const uploads = new Uploads({
    ports: {
      command, patch: () => Promise.reject(new Error('not asked')), isOnline: () => true, now: () => 0, most: () => 1_000,
      online: () => new Promise(() => undefined), pause: () => new Promise(() => undefined),
    },
    keep,
    outbox: () => outbox,
    write: (to, said, client) => outbox.add(item(said, { client, conversation: to.id, written: outbox.items.length + 1 })),
    isWanted: (client) => outbox.isKept(client),
    newId,
  });
  const send = (...names: string[]): boolean => uploads.send(chat, names.map((name) => new File([name], name)), { blocks: paragraphs(`with ${names.join()}`) });
  const write = (text: string): boolean => outbox.add(item({ blocks: paragraphs(text) }, { client: newId(), conversation: 'c', written: outbox.items.length + 1 }));
  const bodies = (): unknown[] => sent.map((each) => (each.type === 'send' ? (each.body.type === 'objects' ? each.body.ids : 'words') : each.type));
  return { store, keep, outbox, uploads, send, write, bodies, dropped };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('messages with files', () => {
  it('go when all their files are whole, in the order of writing; words do not wait for them', async () => {
    let held = true;
    const { send, write, bodies, uploads, outbox, keep } = page({ holds: () => held });
    send('a', 'b');
    send('c');
    write('after the files');
    await turns();
    expect(bodies()).toEqual(['words']);
    expect(outbox.items).toHaveLength(2);
    expect(keep.all.size).toBe(3);
    held = false;
    uploads.cancel(outbox.items[1]!);
    uploads.without(outbox.items[0]!.client, outbox.items[0]!.files![0]!);
    await turns();
    expect(bodies()).toEqual(['words', ['o-b']]);
    expect([outbox.items.length, keep.all.size]).toEqual([0, 0]);
  });

  it('survive a reload with their bytes, and go on by themselves', async () => {
    const before = page({ holds: () => true });
    before.send('a', 'b');
    await turns();
    const after = page({ store: before.store, keep: before.keep });
    after.uploads.begin();
    await turns();
    expect(after.bodies()).toEqual([['o-a', 'o-b']]);
    expect(after.keep.all.size).toBe(0);
  });

  it('forget what they kept of files that were whole before the page was loaded again', async () => {
    const before = page({ refuses: (asked) => (asked.type === 'send' ? 'offline' : undefined) });
    before.send('a');
    await turns();
    expect(before.keep.all.size).toBe(1);
    const after = page({ store: before.store, keep: before.keep });
    const desk = new FileDesk(() => Promise.resolve(after.uploads), () => after.outbox);
    desk.begin();
    await turns();
    await after.outbox.flush();
    await turns();
    expect(after.bodies()).toEqual([['o-a']]);
    expect(after.keep.all.size).toBe(0);
  });

  it('ask for the file again where the browser could not keep it, and take no other', async () => {
    const keep = new MemoryKeep();
    keep.room = false;
    const before = page({ keep, holds: () => true });
    before.send('goose');
    await turns();
    const { outbox, uploads, bodies } = page({ store: before.store, keep });
    uploads.begin();
    await turns();
    const [waits] = outbox.items;
    const [file] = waits!.files!;
    expect(waits).toMatchObject({ refused: 'file_lost', at: file!.client });
    expect(uploads.give(waits!.client, file!, new Blob(['swans, longer']))).toBe(false);
    expect(uploads.give(waits!.client, file!, new Blob(['goose']))).toBe(true);
    await turns();
    expect(bodies()).toEqual([['o-goose']]);
  });

  it('step aside when one is refused, and say which and why', async () => {
    let full = true;
    const { send, outbox, bodies, uploads } = page({ refuses: (asked) => (full && asked.type === 'begin_object' && asked.name === 'b' ? 'quota' : undefined) });
    send('a', 'b');
    send('c');
    await turns();
    expect(bodies()).toEqual([['o-c']]);
    const [waits] = outbox.items;
    expect(waits).toMatchObject({ refused: 'quota', limit: 7, at: waits!.files![1]!.client });
    full = false;
    uploads.retry(waits!.client);
    await turns();
    expect(bodies()).toEqual([['o-c'], ['o-a', 'o-b']]);
    expect(outbox.items).toEqual([]);
  });

  it('go without the one that was refused', async () => {
    const { send, outbox, bodies, uploads } = page({ refuses: (asked) => (asked.type === 'begin_object' && asked.name === 'b' ? 'picture_kind' : undefined) });
    send('a', 'b');
    await turns();
    const [waits] = outbox.items;
    uploads.without(waits!.client, waits!.files![1]!);
    await turns();
    expect(bodies()).toEqual([['o-a']]);
  });

  it('let go of what was uploaded when they are given up', async () => {
    const { send, outbox, uploads, dropped, bodies, keep } = page({ refuses: (asked) => (asked.type === 'begin_object' && asked.name === 'b' ? 'quota' : undefined) });
    send('a', 'b');
    await turns();
    uploads.cancel(outbox.items[0]!);
    await turns();
    expect(dropped).toEqual(['o-a']);
    expect([bodies(), keep.all.size, outbox.items.length]).toEqual([[], 0, 0]);
  });

  it('are uploaded again where what lay without a message is gone', async () => {
    let gone = true;
    const { send, outbox, uploads, bodies } = page({ refuses: (asked) => (gone && asked.type === 'send' ? 'not_found' : undefined) });
    send('a');
    await turns();
    expect(outbox.items).toMatchObject([{ refused: 'not_found' }]);
    gone = false;
    uploads.retry(outbox.items[0]!.client);
    expect(outbox.items[0]!.files![0]!.object).toBeUndefined();
    await turns();
    expect(bodies()).toEqual([['o-a']]);
  });

  it('leave no bytes behind that nobody waits for', async () => {
    const keep = new MemoryKeep();
    keep.all.set('long-gone f1', new Blob(['x']));
    page({ keep });
    await turns();
    expect(keep.all.size).toBe(0);
  });
});
