import { vi } from 'vitest';

import type { Contact } from './api/Contact.ts';
import type { Conversation } from './api/Conversation.ts';
import type { Message } from './api/Message.ts';
import type { Placed } from './api/Placed.ts';
import type { Profile } from './api/Profile.ts';
import type { ServerFrame } from './api/ServerFrame.ts';
import type { Snapshot } from './api/Snapshot.ts';
import { Connection, type Socket } from './connection.svelte.ts';
import { Http } from './http.ts';

/** Stand-ins for tests: a store, a server behind HTTP, a socket that is spoken to by hand. */

export class MemoryStore {
  readonly #map = new Map<string, string>();
  full = false;
  get length(): number {
    return this.#map.size;
  }
  key(index: number): string | null {
    return [...this.#map.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.#map.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.#map.set(key, value);
  }
  removeItem(key: string): void {
    this.#map.delete(key);
  }
}

type Answer = unknown | ((url: string, body: unknown) => unknown);

/** Answers by the beginning of the path; the longest one counts. An `Error` is a network that is gone. */
export function fakeHttp(answers: Record<string, Answer>): { http: Http; asked: string[] } {
  const asked: string[] = [];
  const http = new Http(async (input, init) => {
    const path = input.replace('/v1/skein', '');
    asked.push(path);
    const key = Object.keys(answers)
      .filter((each) => path.startsWith(each))
      .toSorted((a, b) => b.length - a.length)[0];
    if (key === undefined) return new Response('', { status: 404 });
    const given = answers[key];
    const body: unknown = init?.body ? JSON.parse(String(init.body)) : undefined;
    const answer: unknown = await (typeof given === 'function' ? given(path, body) : given);
    if (answer instanceof Error) throw answer;
    return answer instanceof Response ? answer : new Response(JSON.stringify(answer), { status: 200 });
  }, () => Promise.resolve());
  return { http, asked };
}

export function refusal(status: number, code: string, more: object = {}): Response {
  const kinds: Record<number, string> = { 401: 'unauthorized', 403: 'forbidden', 429: 'too_many', 503: 'unavailable' };
  return new Response(JSON.stringify({ kind: kinds[status] ?? 'invalid', code, message: code, ...more }), { status });
}

/** A socket whose other end is the test. */
export class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  closed = false;
  readonly sent: Record<string, unknown>[] = [];

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
  }
  open(): void {
    this.onopen?.call(this as unknown as WebSocket, new Event('open'));
  }
  say(frame: ServerFrame): void {
    this.raw(JSON.stringify(frame));
  }
  raw(data: string): void {
    this.onmessage?.call(this as unknown as WebSocket, new MessageEvent('message', { data }));
  }
  cut(): void {
    this.onclose?.call(this as unknown as WebSocket, new CloseEvent('close'));
  }
  welcome(snapshot = false): void {
    this.open();
    this.say({ type: 'welcome', endpoint: 'e1', head: '100', now: Date.now(), snapshot });
  }
  event(event: Placed['event'], pos?: string): void {
    this.say({ type: 'event', placed: pos === undefined ? { event } : { pos, event } });
  }
  /** The commands of a kind that were sent. */
  commands(type: string): Record<string, unknown>[] {
    return this.sent
      .filter((frame) => frame['type'] === 'command')
      .map((frame) => frame as { id: number; command: Record<string, unknown> })
      .filter(({ command }) => command['type'] === type)
      .map(({ id, command }) => ({ ...command, frame: id }));
  }
}

export type Line = { connection: Connection; sockets: FakeSocket[]; socket: () => FakeSocket; asked: string[] };

export function fakeLine(answers: Record<string, Answer> = {}, random = 0.5): Line {
  const sockets: FakeSocket[] = [];
  const { http, asked } = fakeHttp({
    '/sync': { type: 'snapshot', snapshot: snapshot() },
    '/presence': { presence: [] },
    ...answers,
  });
  const connection = new Connection({
    http,
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    now: () => Date.now(),
    random: () => random,
    abilities: () => ({ voice: true, video: true }),
  });
  const socket = (): FakeSocket => {
    const last = sockets.at(-1);
    if (!last) throw new Error('no socket was opened');
    return last;
  };
  return { connection, sockets, socket, asked };
}

/** Lets promises run without letting time pass. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await vi.advanceTimersByTimeAsync(0);
}

/** Starts a line and brings it online. */
export async function online(line: Line): Promise<FakeSocket> {
  line.connection.start();
  await settle();
  line.socket().welcome();
  await settle();
  return line.socket();
}

export const ada: Profile = { id: 'ada', name: 'ada', display: 'Ada', kind: 'person' };
export const bruno: Profile = { id: 'bruno', name: 'bruno', display: 'Bruno', kind: 'person' };

export function snapshot(more: Partial<Snapshot> = {}): Snapshot {
  return {
    at: '50',
    account: { id: 'ada', name: 'ada', display: 'Ada', mood: '', receipts: true, handles: [], old_programs: false, created: 0, privacy: { last_seen: 'contacts', picture: 'contacts', mood: 'contacts' } },
    conversations: [],
    more_conversations: false,
    contacts: [],
    more_contacts: false,
    profiles: [],
    ...more,
  };
}

export function contact(profile: Profile, state: Contact['state'] = 'contact', blocked = false): Contact {
  return { profile, state, blocked, favourite: false, since: 1 };
}

export function message(id: string, author: string, stamp: number, more: Partial<Message> = {}): Message {
  const body: Message['body'] = { type: 'text', blocks: [{ type: 'paragraph', inline: [{ type: 'text', text: `words of ${id}` }] }] };
  return { id, conversation: 'c', author, stamp, body, deleted: false, reactions: [], names_reader: false, ...more };
}

export function conversation(more: Partial<Conversation> = {}): Conversation {
  return { id: 'c', kind: 'cast', members: [{ account: 'ada' }, { account: 'bruno' }], head: '1', unread: 0, mentions: 0, own: { pinned: false, archived: false }, ...more };
}
