/** For tests only: a world in virtual time, a peer connection without a network, a server that is a script. */
import type { CallEvent } from '../api/CallEvent.ts';
import type { Command } from '../api/Command.ts';
import type { Done } from '../api/Done.ts';
import type { Placed } from '../api/Placed.ts';
import type { Step } from '../api/Step.ts';
import type { Value } from '../api/Value.ts';
import { Desk } from './desk.svelte.ts';
import { FakePeer, FakeStream, FakeTrack } from './testing-peer.ts';
import type { Choices, Directory, Link, World } from './world.ts';

export { FakePeer, FakeStream, FakeTrack };

interface Timer {
  at: number;
  every: number | undefined;
  run: () => void;
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i += 1) await Promise.resolve();
}

/** The server, as far as one page sees it. Commands are kept; `answers` says what each kind of step gives. */
export class FakeLink implements Link {
  status: Link['status'] = 'online';
  clock = { offset: 1_000, error: 3, samples: 5 };
  readonly commands: Command[] = [];
  readonly answers = new Map<string, Value | { refused: string } | 'never'>();
  #handlers = new Set<(placed: Placed) => void>();

  async command(command: Command): Promise<Done> {
    this.commands.push(command);
    const kind = command.type === 'call' ? command.step.type : command.type;
    const answer = this.answers.get(kind);
    if (answer === 'never') return new Promise(() => {});
    if (answer && 'refused' in answer) throw Object.assign(new Error(answer.refused), { code: answer.refused });
    if (!answer && kind === 'prepare') return { value: { type: 'ice', ice: { servers: [], relay_only: false } } };
    return { value: answer ?? { type: 'none' } };
  }

  onEvent(handler: (placed: Placed) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  endpoint: string | undefined = 'e1';
  /** What `get` gives, by path. */
  readonly pages = new Map<string, unknown>();
  hurries = 0;

  async get<T>(path: string): Promise<T> {
    if (!this.pages.has(path)) throw new Error('not scripted');
    return this.pages.get(path) as T;
  }

  hurry(): void {
    this.hurries += 1;
  }

  say(call: CallEvent): void {
    this.place({ event: { type: 'call', call } });
  }

  place(placed: Placed): void {
    for (const handler of this.#handlers) handler(placed);
  }

  /** The steps that were sent, by kind. */
  get steps(): string[] {
    return this.commands.flatMap((command) => (command.type === 'call' ? [command.step.type] : []));
  }

  step<T extends Step['type']>(type: T): Extract<Step, { type: T }>[] {
    return this.commands.flatMap((command) =>
      command.type === 'call' && command.step.type === type ? [command.step as Extract<Step, { type: T }>] : [],
    );
  }

  get reports(): { format: number; side: string; ended: string; marks: { name: string; at: number }[] }[] {
    return this.commands.flatMap((command) => (command.type === 'report_call' ? [JSON.parse(command.report)] : []));
  }
}

export class FakeWorld {
  time = 10_000;
  readonly peers: FakePeer[] = [];
  readonly tracks: FakeTrack[] = [];
  readonly farewells: Command[] = [];
  readonly kept = new Map<string, string>([['call.seen', 'yes']]);
  /** What `getUserMedia` fails with, by kind. */
  readonly failing = new Map<'audio' | 'video', string>();
  /** What `enumerateDevices` gives. */
  deviceIds: string[] = ['mic', 'cam'];
  /** The same with their kinds, where a test is about them; what is opened is the first of its kind, or the chosen one. */
  plugged: { kind: MediaDeviceKind; deviceId: string; label?: string; groupId?: string }[] = [];
  /** What `getDisplayMedia` gives: kinds of tracks, or the name of a failure. */
  screen: ('audio' | 'video')[] | string = ['video'];
  /** So many tracks are handed out that have ended already. */
  dead = 0;
  /** The screens that were shown, oldest first. */
  readonly screens: FakeStream[] = [];
  #changed = new Set<() => void>();
  #timers = new Set<Timer>();
  #leaving: (() => void) | undefined;
  #network: (() => void) | undefined;
  /** What this tab remembers over a reload. */
  readonly tab = new Map<string, string>();
  readonly heldElsewhere = new Set<string>();
  #keys = 0;

  readonly parts: World = {
    peer: (config) => {
      const peer = new FakePeer(config);
      this.peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
    capture: async (wish) => this.#capture(wish),
    display: async () => this.#display(),
    screenCodecs: () => [],
    devices: async () => (this.plugged.length > 0 ? this.plugged : this.deviceIds.map((deviceId) => ({ deviceId }))) as MediaDeviceInfo[],
    onDevices: (changed) => {
      this.#changed.add(changed);
      return () => this.#changed.delete(changed);
    },
    stream: (tracks) => new FakeStream(tracks as unknown as FakeTrack[]) as unknown as MediaStream,
    meter: () => () => {},
    now: () => this.time,
    after: (ms, run) => this.#timer({ at: this.time + ms, every: undefined, run }),
    every: (ms, run) => this.#timer({ at: this.time + ms, every: ms, run }),
    key: () => {
      this.#keys += 1;
      return `key${this.#keys}`;
    },
    farewell: (commands) => this.farewells.push(...commands),
    onLeaving: (leaving) => {
      this.#leaving = leaving;
      return () => (this.#leaving = undefined);
    },
    onNetwork: (changed) => {
      this.#network = changed;
      return () => (this.#network = undefined);
    },
    hold: async (name) => !this.heldElsewhere.has(name),
    letGo: () => {},
    keepInTab: (name, value) => void (value === undefined ? this.tab.delete(name) : this.tab.set(name, value)),
    inTab: (name) => this.tab.get(name),
    remember: (name, value) => this.kept.set(name, value),
    recall: (name) => this.kept.get(name),
    agent: 'browser test',
  };

  get peer(): FakePeer {
    const peer = this.peers.at(-1);
    if (!peer) throw new Error('no connection was made');
    return peer;
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Other devices are plugged in now, and the browser says so. */
  async plug(...devices: FakeWorld['plugged']): Promise<void> {
    this.plugged = devices;
    for (const changed of this.#changed) changed();
    await settle();
  }

  changeNetwork(): void {
    this.#network?.();
  }

  closePage(): void {
    this.#leaving?.();
  }

  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    await settle();
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > until) break;
      this.time = next.at;
      if (next.every === undefined) this.#timers.delete(next);
      else next.at += next.every;
      next.run();
      await settle();
    }
    this.time = until;
  }

  #timer(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  async #capture(wish: MediaStreamConstraints): Promise<MediaStream> {
    const kinds = (['audio', 'video'] as const).filter((kind) => wish[kind]);
    for (const kind of kinds) {
      const failure = this.failing.get(kind);
      if (failure) throw Object.assign(new Error(failure), { name: failure });
    }
    const tracks = kinds.map((kind) => this.#track(kind, wish[kind]));
    this.tracks.push(...tracks);
    return new FakeStream(tracks) as unknown as MediaStream;
  }

  #track(kind: 'audio' | 'video', wish: boolean | MediaTrackConstraints | undefined): FakeTrack {
    const track = new FakeTrack(kind);
    this.#maybeDead(track);
    if (this.plugged.length === 0) return track;
    const ideal = typeof wish === 'object' && typeof wish.deviceId === 'object' && 'ideal' in wish.deviceId ? wish.deviceId.ideal : undefined;
    const there = this.plugged.filter((device) => device.kind === `${kind}input`);
    const found = there.find(({ deviceId }) => deviceId === ideal) ?? there[0];
    if (!found) throw Object.assign(new Error('none'), { name: 'NotFoundError' });
    track.deviceId = found.deviceId;
    track.label = found.label ?? '';
    return track;
  }

  #maybeDead(track: FakeTrack): void {
    if (this.dead === 0) return;
    this.dead -= 1;
    track.readyState = 'ended';
  }

  #display(): MediaStream {
    if (typeof this.screen === 'string') throw Object.assign(new Error(this.screen), { name: 'NotAllowedError' });
    const stream = new FakeStream(this.screen.map((kind) => new FakeTrack(kind)));
    for (const track of stream.tracks) this.#maybeDead(track);
    this.screens.push(stream);
    return stream as unknown as MediaStream;
  }
}

/** What the person chose; a test may choose anew. */
type Chosen = { -readonly [name in keyof Choices]?: Exclude<Choices[name], undefined> };

export interface Page {
  world: FakeWorld;
  link: FakeLink;
  desk: Desk;
  choices: { -readonly [name in keyof Choices]: Choices[name] };
}

/** A page of somebody whose only contact is `bob`, and `echo`. */
export function page({ kept, ...chosen }: Chosen & { kept?: string } = {}): Page {
  const world = new FakeWorld();
  if (kept !== undefined) world.tab.set('call.here', kept);
  const link = new FakeLink();
  const choices = { microphone: undefined, camera: undefined, speaker: undefined, relayOnly: false, ...chosen };
  const desk = new Desk(world.parts, choices);
  const directory: Directory = {
    profile: (id) => ({ id, name: id, display: id, kind: id === 'echo' ? 'service' : 'person' }),
    other: (target) => ('account' in target ? target.account : 'bob'),
    conversationWith: () => 'c1',
  };
  desk.attach(link, directory);
  return { world, link, desk, choices };
}

/** Bob's ring. */
export function ring(key: string, more: Partial<Extract<CallEvent, { type: 'ring' }>> = {}): Extract<CallEvent, { type: 'ring' }> {
  return {
    type: 'ring',
    key,
    from: 'bob',
    conversation: 'c1',
    media: { audio: true, video: false },
    offer: `offer of ${key}`,
    silent: false,
    ice: { servers: [], relay_only: false },
    expires_in: 30_000,
    ...more,
  };
}

export const VOICE = { audio: true, video: false };
export const VIDEO = { audio: true, video: true };
export const BOB = { account: 'bob' };

/** We call Bob. */
export async function calling(media = VOICE, more: Parameters<typeof page>[0] = {}): Promise<Page> {
  const here = page(more);
  await here.desk.start(BOB, media);
  await settle();
  return here;
}

/** In the middle of a call that we began. */
export async function talking(media = VOICE): Promise<Page> {
  const here = await calling(media);
  here.link.say({ type: 'ringing', key: 'key1', devices: 1 });
  here.link.say({ type: 'accepted', key: 'key1', endpoint: 'e9', media, answer: 'their answer' });
  await settle();
  here.world.peer.become('connected');
  await settle();
  return here;
}

export const at = (here: Page): string | undefined => here.desk.current?.state.at;
export const why = (here: Page): string | undefined => {
  const state = here.desk.current?.state;
  return state?.at === 'ended' ? state.ending.why : undefined;
};
