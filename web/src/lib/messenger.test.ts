import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { paragraphs, wordsOf } from './content.ts';
import { Messenger } from './messenger.svelte.ts';
import {
  MemoryStore, ada, bruno, contact, conversation, fakeLine, message, online, refusal, settle, snapshot,
  type FakeSocket, type Line,
} from './testing.ts';

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

const state = snapshot({ conversations: [conversation()], contacts: [contact(bruno)] });
const page = { messages: [message('1', 'bruno', 10)], earlier: false, later: false, profiles: [] };

async function start(answers = {}): Promise<{ line: Line; socket: FakeSocket; messenger: Messenger }> {
  const line = fakeLine({
    '/sync': { type: 'snapshot', snapshot: state },
    '/conversations/c/messages': page,
    ...answers,
  });
  let id = 0;
  const messenger = new Messenger(line.connection, new MemoryStore(), () => `client-${(id += 1)}`);
  const socket = await online(line);
  return { line, socket, messenger };
}

describe('the messenger', () => {
  it('takes the whole state', async () => {
    const { messenger, line } = await start({ '/presence': { presence: [{ account: 'bruno', availability: 'away', in_call: false }] } });
    expect(messenger.me).toBe('ada');
    expect(messenger.name('bruno')).toBe('Bruno');
    expect(messenger.name('nobody')).toBe('…');
    expect(messenger.chats.map(({ id }) => id)).toEqual(['c']);
    expect(messenger.presenceOf('bruno')).toBe('away');
    line.connection.stop();
  });

  it('claims nobody’s presence while offline', async () => {
    const { messenger, line, socket } = await start();
    socket.event({ type: 'presence', presence: { account: 'bruno', availability: 'online', in_call: true } });
    expect(messenger.presenceOf('bruno')).toBe('call');
    expect(messenger.ownPresence).toBe('online');
    socket.cut();
    expect(messenger.presenceOf('bruno')).toBe('offline');
    expect(messenger.ownPresence).toBe('offline');
    line.connection.stop();
  });

  it('shows what one writes at once, and once, whichever comes first', async () => {
    for (const order of ['done first', 'event first']) {
      const { messenger, line, socket } = await start();
      await messenger.show('c');
      const chat = messenger.conversations.get('c');
      if (!chat) throw new Error('no chat');
      messenger.write(chat, { blocks: paragraphs('Hello') });
      expect(messenger.outbox?.of('c').map(({ text }) => text)).toEqual(['Hello']);
      await settle();
      const send = socket.commands('send').at(-1);
      const event = () =>
        socket.event({ type: 'message', message: message('9', 'ada', 90, { client: send?.['client'] as string }), author: ada, profiles: [] }, '9');
      const answer = () =>
        socket.say({
          type: 'done',
          id: send?.['frame'] as number,
          done: { value: { type: 'message', id: '9', conversation: 'c', stamp: 90 } },
        });
      if (order === 'done first') answer();
      else event();
      await settle();
      if (order === 'done first') event();
      else answer();
      await settle();
      expect(chat.messages.map(({ id }) => id), order).toEqual(['1', '9']);
      // The server's own tree counts: it knows links.
      expect(wordsOf(chat.messages[1]?.body ?? { type: 'text', blocks: [] }), order).toBe('words of 9');
      expect(messenger.outbox?.items, order).toEqual([]);
      line.connection.stop();
    }
  });

  it('tells of messages of others, once', async () => {
    const { messenger, line, socket } = await start();
    const heard: string[] = [];
    messenger.onMessage(({ id }) => heard.push(id));
    socket.event({ type: 'message', message: message('2', 'bruno', 20), author: bruno, profiles: [] }, '2');
    socket.event({ type: 'message', message: message('2', 'bruno', 20), author: bruno, profiles: [] }, '2');
    socket.event({ type: 'message', message: message('3', 'ada', 30), author: ada, profiles: [] }, '3');
    expect(heard).toEqual(['2']);
    expect(messenger.conversations.get('c')?.unread).toBe(0);
    expect(messenger.conversations.get('c')?.last?.id).toBe('3');
    line.connection.stop();
  });

  it('says what was read once the server is back, if it could not before', async () => {
    const { messenger, line, socket } = await start();
    await messenger.show('c');
    const chat = messenger.conversations.get('c');
    if (!chat) throw new Error('no chat');
    messenger.markRead(chat);
    expect(socket.commands('mark_read')).toHaveLength(1);
    socket.cut();
    await settle();
    chat.apply(message('2', 'bruno', 20));
    messenger.markRead(chat);
    line.connection.tryNow();
    await settle();
    line.socket().welcome();
    await settle();
    const [said, ...more] = line.socket().commands('mark_read');
    expect(said).toMatchObject({ conversation: 'c', upto: '2' });
    expect(more).toEqual([]);
    line.socket().say({ type: 'done', id: Number(said?.['frame']), done: { value: { type: 'none' } } });
    await settle();
    line.socket().cut();
    line.connection.tryNow();
    await settle();
    line.socket().welcome();
    await settle();
    expect(line.socket().commands('mark_read')).toEqual([]);
    line.connection.stop();
  });

  it('says again what was read when the server could not take it just now', async () => {
    const { messenger, line, socket } = await start();
    await messenger.show('c');
    const chat = messenger.conversations.get('c');
    if (!chat) throw new Error('no chat');
    messenger.markRead(chat);
    const refuse = (code: string, kind: 'too_many' | 'unavailable', more = {}): void => {
      const id = Number(socket.commands('mark_read').at(-1)?.['frame']);
      socket.say({ type: 'error', id, error: { kind, code, message: code, ...more } });
    };
    refuse('too_many', 'too_many', { retry_after: 3_000 });
    await settle();
    // What is read meanwhile goes along.
    chat.apply(message('2', 'bruno', 20));
    messenger.markRead(chat);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(socket.commands('mark_read')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(socket.commands('mark_read').map(({ upto }) => upto)).toEqual(['1', '2']);
    refuse('unavailable', 'unavailable');
    await vi.advanceTimersByTimeAsync(5_100);
    expect(socket.commands('mark_read').map(({ upto }) => upto)).toEqual(['1', '2', '2']);
    line.connection.stop();
  });

  it('marks as read only what is not yet, and says so to the server', async () => {
    const { messenger, line, socket } = await start();
    await messenger.show('c');
    const chat = messenger.conversations.get('c');
    if (!chat) throw new Error('no chat');
    messenger.markRead(chat);
    messenger.markRead(chat);
    expect(socket.commands('mark_read')).toMatchObject([{ conversation: 'c', upto: '1' }]);
    line.connection.stop();
  });

  it('does not show what others read to somebody who does not tell', async () => {
    const { messenger, line, socket } = await start();
    const chat = messenger.conversations.get('c');
    if (!chat) throw new Error('no chat');
    socket.event({ type: 'read', conversation: 'c', account: 'bruno', upto: { message: '1', stamp: 10 } }, '60');
    expect(messenger.readTo(chat)).toBe(10);
    socket.event({ type: 'account', account: { ...state.account, receipts: false } }, '61');
    expect(messenger.readTo(chat)).toBe(0);
    line.connection.stop();
  });

  it('remembers where new messages begin when a chat is opened', async () => {
    const members = [{ account: 'ada', read: { message: '0', stamp: 5 } }, { account: 'bruno' }];
    const { messenger, line } = await start({
      '/sync': { type: 'snapshot', snapshot: snapshot({ conversations: [conversation({ members, unread: 1 })] }) },
    });
    const chat = messenger.conversations.get('c');
    if (!chat) throw new Error('no chat');
    const shown = messenger.show('c');
    // Before anything is drawn.
    expect(chat.newSince).toBe(5);
    await shown;
    messenger.leave(chat);
    expect(chat.newSince).toBeUndefined();
    line.connection.stop();
  });

  it('says now and then that one types, and that one stopped', async () => {
    const { messenger, line, socket } = await start();
    const chat = messenger.conversations.get('c');
    if (!chat) throw new Error('no chat');
    messenger.typed(chat);
    messenger.typed(chat);
    await vi.advanceTimersByTimeAsync(4_500);
    messenger.typed(chat);
    messenger.stopTyping(chat);
    messenger.stopTyping(chat);
    expect(socket.commands('typing').map(({ typing }) => typing)).toEqual([true, true, false]);
    line.connection.stop();
  });

  it('forgets after six seconds that somebody types, and at once when the message is there', async () => {
    const { messenger, line, socket } = await start();
    const types = () => socket.event({ type: 'typing', conversation: 'c', account: 'bruno', typing: true });
    types();
    expect(messenger.typing('c')).toEqual(['bruno']);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(messenger.typing('c')).toEqual([]);
    types();
    socket.event({ type: 'message', message: message('2', 'bruno', 20), author: bruno, profiles: [] }, '2');
    expect(messenger.typing('c')).toEqual([]);
    line.connection.stop();
  });

  it('keeps contacts, requests and blocked people apart', async () => {
    const { messenger, line, socket } = await start();
    const mara = { ...bruno, id: 'mara', name: 'mara', display: 'Mara' };
    socket.event({ type: 'contact', contact: contact(mara, 'incoming') }, '60');
    expect(messenger.requests.map(({ profile }) => profile.id)).toEqual(['mara']);
    socket.event({ type: 'contact', contact: contact(mara, 'incoming', true) }, '61');
    expect(messenger.requests).toEqual([]);
    socket.event({ type: 'contact', contact: contact(mara, 'none') }, '62');
    expect(messenger.contacts.has('mara')).toBe(false);
    expect(messenger.standing('contact').map(({ profile }) => profile.id)).toEqual(['bruno']);
    line.connection.stop();
  });

  it('opens the chat with somebody, the one that is there if there is one', async () => {
    const { messenger, line, socket } = await start();
    await expect(messenger.open({ account: 'bruno' })).resolves.toBe('c');
    const opened = messenger.open({ account: 'carla' });
    const command = socket.commands('open_conversation')[0];
    const made = conversation({ id: 'd', members: [{ account: 'ada' }, { account: 'carla' }] });
    socket.say({ type: 'done', id: command?.['frame'] as number, done: { value: { type: 'conversation', conversation: made } } });
    await expect(opened).resolves.toBe('d');
    expect(messenger.chatWith('carla')?.id).toBe('d');
    line.connection.stop();
  });

  it('learns of a chat that is not on its pages when a message comes', async () => {
    const { messenger, line, socket } = await start();
    socket.event({ type: 'message', message: message('7', 'bruno', 70, { conversation: 'x' }), author: bruno, profiles: [] }, '70');
    const command = socket.commands('open_conversation')[0];
    expect(command).toMatchObject({ to: { conversation: 'x' } });
    const made = conversation({ id: 'x', last: message('7', 'bruno', 70, { conversation: 'x' }), unread: 1 });
    socket.say({ type: 'done', id: command?.['frame'] as number, done: { value: { type: 'conversation', conversation: made } } });
    await settle();
    expect(messenger.chats[0]?.id).toBe('x');
    line.connection.stop();
  });

  it('shows the new words of an own message while they are on their way', async () => {
    const { messenger, line, socket } = await start({
      '/conversations/c/messages': { messages: [message('1', 'ada', 10)], earlier: false, later: false, profiles: [] },
    });
    await messenger.show('c');
    const own = messenger.conversations.get('c')?.messages[0];
    if (!own) throw new Error('no message');
    messenger.edit(own, paragraphs('Better words'));
    messenger.edit(own, paragraphs('Best words'));
    expect(messenger.outbox?.of('c').at(-1)).toMatchObject({ edits: '1', text: 'Best words' });
    expect(socket.commands('edit')[0]).toMatchObject({ message: '1' });
    line.connection.stop();
  });

  it('tells of a sign-in elsewhere, once, and not of its own', async () => {
    const { messenger, line, socket } = await start();
    const device = { id: 'd2', label: 'Firefox on Linux', kind: 'browser', created: Date.now(), last_used: Date.now(), this: false, connections: 1, has_key: false } as const;
    socket.event({ type: 'device', device: { ...device, id: 'd1', this: true } }, '60');
    socket.event({ type: 'device', device }, '61');
    socket.event({ type: 'device', device: { ...device, connections: 0 } }, '62');
    expect(messenger.devices.unknown.map(({ id }) => id)).toEqual(['d2']);
    messenger.devices.know('d2');
    socket.event({ type: 'device', device }, '63');
    expect(messenger.devices.unknown).toEqual([]);
    line.connection.stop();
  });

  it('reads an open chat anew when the state was replaced', async () => {
    let messages = [message('1', 'bruno', 10)];
    const { messenger, line, socket } = await start({
      '/conversations/c/messages': () => ({ messages, earlier: false, later: false, profiles: [] }),
    });
    await messenger.show('c');
    messages = [message('1', 'bruno', 10), message('2', 'bruno', 20)];
    socket.cut();
    await vi.advanceTimersByTimeAsync(1_500);
    await settle();
    expect(messenger.conversations.get('c')?.messages.map(({ id }) => id)).toEqual(['1', '2']);
    line.connection.stop();
  });

  it('has a message looked at, and opens its chat there and not at the newest', async () => {
    const { messenger, line } = await start({
      '/conversations/c/messages?around=0': { messages: [message('0', 'bruno', 5)], earlier: false, later: true, profiles: [] },
    });
    const chat = await messenger.reveal('c', '0');
    await messenger.show('c');
    await settle();
    expect(chat.aim).toEqual({ message: '0', state: 'there' });
    expect(chat.messages.map(({ id }) => id)).toEqual(['0']);
    expect(line.asked.filter((path) => path.includes('/messages'))).toEqual(['/conversations/c/messages?around=0&limit=50']);
    messenger.leave(chat);
    expect(chat.aim).toBeUndefined();
    line.connection.stop();
  });

  it('looks again for a message when the whole state comes meanwhile', async () => {
    const pages: string[] = [];
    const { messenger, line, socket } = await start({
      '/conversations/c/messages': (path: string) => {
        pages.push(path.split('?')[1] ?? '');
        return path.includes('around') ? { messages: [message('0', 'bruno', 5)], earlier: false, later: true, profiles: [] } : page;
      },
    });
    await messenger.show('c');
    const chat = await messenger.reveal('c', '0');
    socket.cut();
    await vi.advanceTimersByTimeAsync(1_500);
    await settle();
    expect(pages.at(-1)).toBe('around=0&limit=50');
    expect(chat.aim?.state).toBe('there');
    line.connection.stop();
  });

  it('tells of a message in a chat that was not here, too', async () => {
    const { messenger, line, socket } = await start();
    const heard: string[] = [];
    messenger.onMessage(({ id }, chat) => heard.push(`${chat.id} ${id}`));
    for (const [id, more] of [['7', {}], ['6', { edited: 71 }]] as const) {
      const conversation_ = `x${id}`;
      const came = message(id, 'bruno', 70, { conversation: conversation_, ...more });
      socket.event({ type: 'message', message: came, author: bruno, profiles: [] }, id);
      const command = socket.commands('open_conversation').at(-1);
      const made = conversation({ id: conversation_, last: came });
      socket.say({ type: 'done', id: Number(command?.['frame']), done: { value: { type: 'conversation', conversation: made } } });
      await settle();
    }
    // Not what was only changed.
    expect(heard).toEqual(['x7 7']);
    line.connection.stop();
  });

  it('forgets everything when somebody signs out', async () => {
    const { messenger, line } = await start();
    messenger.clear();
    expect(messenger.me).toBe('');
    expect(messenger.chats).toEqual([]);
    expect(messenger.outbox).toBeUndefined();
    line.connection.stop();
  });

  it('passes a refusal on to who asked', async () => {
    const { messenger, line } = await start({ '/find': () => refusal(429, 'too_many', { retry_after: 2_000 }) });
    await expect(messenger.find('x')).rejects.toMatchObject({ code: 'too_many', retry_after: 2_000 });
    line.connection.stop();
  });
});
