import type { ClientFrame } from './api/ClientFrame.ts';
import type { Command } from './api/Command.ts';
import type { Done } from './api/Done.ts';
import type { Placed } from './api/Placed.ts';
import type { Position } from './api/Position.ts';
import type { ServerFrame } from './api/ServerFrame.ts';
import type { Snapshot } from './api/Snapshot.ts';
import type { Sync } from './api/Sync.ts';
import { Clock } from './clock.svelte.ts';
import type { Ending, Ports, Socket, Status } from './connection-ports.ts';
import { Refused } from './refused.ts';

export type { Ending, Ports, Socket, Status };

type Waiting = { command: Command; resolve: (done: Done) => void; reject: (refused: Refused) => void };

/** Commands that may be under way at once: the server's bound. */
const IN_FLIGHT = 64;
/** Commands that may wait for that. */
const QUEUE = 1_000;
/** Events kept while a snapshot is on its way; more, and the connection begins anew. */
const HELD = 10_000;
/** Waits between attempts, in ms; the last one stays. */
const BACKOFF = [1_000, 2_000, 4_000, 8_000, 16_000];
/** Between two pings, in ms. One that is not answered by the next ends the connection. */
const PING = 10_000;
/** The first round trips follow each other, so that a call that begins soon knows the clock well: so many, in ms. */
const FIRST_PINGS = 5;
const SOON = 400;
/** In a hurry, a ping and an attempt that led to nothing for so long are given up, in ms. */
const STUCK = { online: 3_000, connecting: 5_000, offline: 0 };
/** From opening a socket to its welcome, in ms. */
const WELCOME = 10_000;
/** Between two acknowledgements, in ms. */
const ACK = 1_000;
/** Longest wait for a command's answer, in ms: longer than the server waits for its turn to write (40 s). */
const ANSWER = 45_000;

/**
 * The way to the server: catches up over HTTP, then stays on a WebSocket, and comes back by itself.
 *
 * Events reach the handlers in order; the same one may come twice, so handlers take the newest.
 */
export class Connection {
  status = $state<Status>('connecting');
  /** This connection's own id, while online. */
  endpoint = $state<string>();
  /** When the next attempt is made, by the own clock, while offline. */
  retryAt = $state<number>();
  readonly clock: Clock;

  readonly #ports: Ports;
  readonly #eventHandlers = new Set<(placed: Placed) => void>();
  readonly #snapshotHandlers = new Set<(snapshot: Snapshot) => void>();
  readonly #onlineHandlers = new Set<() => void>();
  readonly #endHandlers = new Set<(why: Ending) => void>();

  #running = false;
  /** Counts attempts, so that what an abandoned one still hears is ignored. */
  #attempt = 0;
  #failures = 0;
  /** When the attempt or the ping of now began, by the own clock. */
  #since = 0;
  #socket: Socket | undefined;
  #position: Position | undefined;
  #held: Placed[] | undefined;
  #nextId = 1;
  readonly #inFlight = new Map<number, Waiting>();
  #queue: Waiting[] = [];
  #unanswered = false;
  #ackedAt = Number.NEGATIVE_INFINITY;
  #timers: { retry?: Timer; welcome?: Timer; ping?: Timer; ack?: Timer } = {};

  constructor(ports: Ports) {
    this.#ports = ports;
    this.clock = new Clock(ports.now);
  }

  /** Hears every event; the answer stops it. */
  onEvent(handler: (placed: Placed) => void): () => void {
    return join(this.#eventHandlers, handler);
  }

  /** Hears of a whole new state, which replaces what was known. */
  onSnapshot(handler: (snapshot: Snapshot) => void): () => void {
    return join(this.#snapshotHandlers, handler);
  }

  /** Hears whenever the connection is up again. */
  onOnline(handler: () => void): () => void {
    return join(this.#onlineHandlers, handler);
  }

  /** Hears that the server will not have this device any more. */
  onEnd(handler: (why: Ending) => void): () => void {
    return join(this.#endHandlers, handler);
  }

  /** Connects, and stays connected until `stop`. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#failures = 0;
    void this.#try();
  }

  /** Ends it, and forgets where it was. */
  stop(): void {
    this.#running = false;
    this.#drop();
    this.#position = undefined;
    this.status = 'offline';
    this.retryAt = undefined;
  }

  /** Does not wait for the next attempt. */
  tryNow(): void {
    if (this.#running && this.status === 'offline') void this.#try();
  }

  /** A call lost its way: looks at once whether this connection still stands, and does not wait for the next attempt. */
  hurry(): void {
    if (!this.#running) return;
    if (this.status === 'online' && !this.#unanswered) this.#ping();
    else if (this.#ports.now() - this.#since >= STUCK[this.status]) void this.#try();
  }

  /** The browser says that the network is gone. */
  lost(): void {
    if (this.#running && this.status !== 'offline') this.#fail();
  }

  /** Reads from the API; `path` follows `/v1/skein`. Rejects with `Refused`. */
  get<T>(path: string): Promise<T> {
    return this.#ports.http.get<T>(path);
  }

  /** Asks for something. Rejects with `Refused`; its code is `offline` if no answer came. */
  command(command: Command): Promise<Done> {
    return new Promise((resolve, reject) => {
      const waiting = { command, resolve, reject };
      if (this.status !== 'online') reject(Refused.offline());
      else if (this.#inFlight.size < IN_FLIGHT) this.#send(waiting);
      else if (this.#queue.length < QUEUE) this.#queue.push(waiting);
      else reject(new Refused({ kind: 'too_many', code: 'too_many', message: 'Too much at once.' }));
    });
  }

  /** Tells the server whether somebody sits here; says nothing while offline. */
  idle(idle: boolean): void {
    void this.command({ type: 'set_idle', idle }).catch(() => undefined);
  }

  async #try(): Promise<void> {
    this.#drop();
    this.#since = this.#ports.now();
    const attempt = this.#attempt;
    this.status = 'connecting';
    this.retryAt = undefined;
    try {
      await this.#catchUp(this.#position, attempt);
    } catch (thrown) {
      if (attempt === this.#attempt) this.#refused(Refused.from(thrown));
      return;
    }
    if (attempt === this.#attempt) this.#open(attempt);
  }

  /** Reads everything after a position, page by page, or the whole state. */
  async #catchUp(since: Position | undefined, attempt: number): Promise<void> {
    for (;;) {
      const query = since === undefined ? '' : `&since=${encodeURIComponent(since)}`;
      const sync = await this.#ports.http.get<Sync>(`/sync?limit=500${query}`, false);
      if (attempt !== this.#attempt) return;
      if (sync.type === 'snapshot') {
        this.#position = sync.snapshot.at;
        for (const handler of this.#snapshotHandlers) handler(sync.snapshot);
        return;
      }
      for (const placed of sync.events) this.#deliver(placed);
      since = sync.next;
      this.#position = since;
      if (!sync.more) return;
    }
  }

  #open(attempt: number): void {
    const socket = this.#ports.open();
    this.#socket = socket;
    this.#timers.welcome = setTimeout(() => this.#fail(), WELCOME);
    socket.onopen = () => {
      if (attempt !== this.#attempt) return;
      const since = this.#position === undefined ? {} : { since: this.#position };
      this.#frame({ type: 'hello', ...since, abilities: this.#ports.abilities() });
    };
    socket.onmessage = (message: MessageEvent) => {
      if (attempt === this.#attempt) this.#hear(message.data);
    };
    socket.onclose = () => {
      if (attempt === this.#attempt) this.#fail();
    };
  }

  #hear(data: unknown): void {
    let frame: ServerFrame;
    try {
      frame = JSON.parse(String(data)) as ServerFrame;
    } catch {
      this.#fail();
      return;
    }
    this.#unanswered = false;
    switch (frame.type) {
      case 'welcome':
        this.#welcome(frame);
        break;
      case 'event':
        this.#event(frame.placed);
        break;
      case 'reached':
        if (!this.#held) this.#position = frame.pos;
        break;
      case 'done':
        this.#answered(frame.id)?.resolve(frame.done);
        break;
      case 'error':
        this.#answered(frame.id)?.reject(new Refused(frame.error));
        break;
      case 'pong':
        this.clock.sample(frame.t, frame.now);
        if (this.clock.samples < FIRST_PINGS) this.#pingIn(SOON);
        break;
      case 'bye':
        if (frame.why === 'signed_out') this.#end('signed_out');
        else if (frame.why === 'blocked') this.#end('blocked');
        else this.#fail(frame.retry_after);
        break;
    }
  }

  #welcome(frame: Extract<ServerFrame, { type: 'welcome' }>): void {
    clearTimeout(this.#timers.welcome);
    this.#failures = 0;
    this.endpoint = frame.endpoint;
    this.status = 'online';
    this.clock.hint(frame.now);
    this.#ping();
    if (frame.snapshot) void this.#again();
    else this.#ready();
  }

  #ready(): void {
    this.#ackSoon();
    for (const handler of this.#onlineHandlers) handler();
  }

  /** What we had was too old: events wait until the whole state is here. */
  async #again(): Promise<void> {
    const attempt = this.#attempt;
    this.#held = [];
    try {
      await this.#catchUp(undefined, attempt);
    } catch (thrown) {
      if (attempt === this.#attempt) this.#refused(Refused.from(thrown));
      return;
    }
    if (attempt !== this.#attempt) return;
    const held = this.#held;
    this.#held = undefined;
    for (const placed of held) this.#event(placed);
    this.#ready();
  }

  #event(placed: Placed): void {
    if (this.#held) {
      if (this.#held.push(placed) > HELD) this.#fail();
      return;
    }
    this.#deliver(placed);
    if (placed.pos === undefined) return;
    this.#position = placed.pos;
    this.#ackSoon();
  }

  #deliver(placed: Placed): void {
    for (const handler of this.#eventHandlers) handler(placed);
  }

  /** At once if the last one is long ago, so that the author sees it; else gathered. */
  #ackSoon(): void {
    if (this.#timers.ack !== undefined) return;
    const wait = Math.max(0, this.#ackedAt + ACK - this.#ports.now());
    this.#timers.ack = setTimeout(() => {
      delete this.#timers.ack;
      if (this.#position === undefined || this.status !== 'online') return;
      this.#ackedAt = this.#ports.now();
      void this.command({ type: 'ack', upto: this.#position }).catch(() => undefined);
    }, wait);
  }

  #ping(): void {
    if (this.#unanswered) {
      this.#fail();
      return;
    }
    this.#unanswered = true;
    this.#since = this.#ports.now();
    this.#frame({ type: 'ping', t: this.#ports.now() });
    this.#pingIn(PING);
  }

  #pingIn(ms: number): void {
    clearTimeout(this.#timers.ping);
    this.#timers.ping = setTimeout(() => this.#ping(), ms);
  }

  #send(waiting: Waiting): void {
    const id = this.#nextId;
    this.#nextId = (id % 0x7fff_ffff) + 1;
    const timer = setTimeout(() => this.#answered(id)?.reject(Refused.offline()), ANSWER);
    this.#inFlight.set(id, {
      command: waiting.command,
      resolve: (done) => {
        clearTimeout(timer);
        waiting.resolve(done);
      },
      reject: (refused) => {
        clearTimeout(timer);
        waiting.reject(refused);
      },
    });
    this.#frame({ type: 'command', id, command: waiting.command });
  }

  /** The command that an answer belongs to; the next one in the queue takes its place. */
  #answered(id: number): Waiting | undefined {
    const waiting = this.#inFlight.get(id);
    this.#inFlight.delete(id);
    if (this.#inFlight.size < IN_FLIGHT) {
      const next = this.#queue.shift();
      if (next) this.#send(next);
    }
    return waiting;
  }

  #frame(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #refused(refused: Refused): void {
    if (refused.code === 'blocked_account') this.#end('blocked');
    else if (refused.kind === 'unauthorized') this.#end('not_signed_in');
    else this.#fail(refused.retry_after);
  }

  #end(why: Ending): void {
    this.stop();
    for (const handler of this.#endHandlers) handler(why);
  }

  /** Goes offline and tries again later: each wait is longer, and no two browsers choose the same. */
  #fail(retryAfter?: number): void {
    this.#drop();
    this.status = 'offline';
    const step = BACKOFF[Math.min(this.#failures, BACKOFF.length - 1)] ?? 1_000;
    this.#failures += 1;
    const wait = (retryAfter ?? 0) + step * (0.75 + this.#ports.random() / 2);
    this.retryAt = this.#ports.now() + wait;
    this.#timers.retry = setTimeout(() => void this.#try(), wait);
  }

  /** Leaves the socket and everything that hangs on it. */
  #drop(): void {
    this.#attempt += 1;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#timers = {};
    this.#unanswered = false;
    this.#held = undefined;
    this.endpoint = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    const waiting = [...this.#inFlight.values(), ...this.#queue];
    this.#inFlight.clear();
    this.#queue = [];
    for (const { reject } of waiting) reject(Refused.offline());
  }
}

type Timer = ReturnType<typeof setTimeout>;

function join<T>(set: Set<T>, member: T): () => void {
  set.add(member);
  return () => set.delete(member);
}
