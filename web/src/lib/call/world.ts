/**
 * What a call needs from outside. The browser hands in its own parts (`browser.ts`), tests hand in theirs; nothing in
 * this folder reaches for a global.
 */
import type { AccountId } from '../api/AccountId.ts';
import type { Command } from '../api/Command.ts';
import type { ConversationId } from '../api/ConversationId.ts';
import type { Done } from '../api/Done.ts';
import type { Placed } from '../api/Placed.ts';
import type { Profile } from '../api/Profile.ts';
import type { Target } from '../api/Target.ts';

/** server time = local time + `offset`, give or take `error`, both in ms. */
export interface ServerClock {
  readonly offset: number;
  readonly error: number;
  readonly samples: number;
}

/** The part of the connection that calls use. */
export interface Link {
  readonly status: 'offline' | 'connecting' | 'online';
  readonly clock: ServerClock;
  /** Rejects with an `ApiError`, or with anything else when the server was not reached. */
  command(command: Command): Promise<Done>;
  onEvent(handler: (placed: Placed) => void): () => void;
  get<T>(path: string): Promise<T>;
  /** This page's place at the server, while online. */
  readonly endpoint: string | undefined;
  /** The network may have changed: looks at once whether the connection stands, and waits for nothing. */
  hurry(): void;
}

/** Who is who. */
export interface Directory {
  profile(account: AccountId): Profile | undefined;
  /** The one other member of a conversation of two. */
  other(target: Target): AccountId | undefined;
  conversationWith(account: AccountId): ConversationId | undefined;
}

/** What the person chose; read at the moment of use. */
export interface Choices {
  readonly microphone: string | undefined;
  readonly camera: string | undefined;
  readonly speaker: string | undefined;
  readonly relayOnly: boolean;
}

/** The browser. */
export interface World {
  peer(config: RTCConfiguration): RTCPeerConnection;
  /** `getUserMedia`; rejects with a `DOMException`, or a `TypeError` where the page has no right to ask. */
  capture(wish: MediaStreamConstraints): Promise<MediaStream>;
  /** `getDisplayMedia`, with the sound of the system where it can be had; absent where the browser cannot show a screen. */
  readonly display?: () => Promise<MediaStream>;
  /** The codecs that a screen is sent and taken in; empty: as the browser likes. */
  screenCodecs(): RTCRtpCodec[];
  devices(): Promise<MediaDeviceInfo[]>;
  onDevices(changed: () => void): () => void;
  /** A stream of these tracks. */
  stream(tracks: MediaStreamTrack[]): MediaStream;
  /** A meter of what a track carries, 0 to 1, until `stop`. */
  meter(track: MediaStreamTrack, heard: (level: number) => void): () => void;
  /** Local time in ms: the clock that `Link.clock` maps to the server's. */
  now(): number;
  /** Calls `run` once after `ms`; the result cancels. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` every `ms`; the result cancels. */
  every(ms: number, run: () => void): () => void;
  /** 16 random bytes as 32 hexadecimal digits: the key of a new call. */
  key(): string;
  /** Sends commands although the page is closing. */
  farewell(commands: Command[]): void;
  /** Tells before the page goes away. */
  onLeaving(leaving: () => void): () => void;
  /** Tells when the network of this device changed. */
  onNetwork(changed: () => void): () => void;
  /** Holds a name as long as this page lives; `false` if another page of this browser holds it. */
  hold(name: string): Promise<boolean>;
  /** Gives a name back. */
  letGo(name: string): void;
  /** Remembers a small thing in this tab, over a reload or a crash; `undefined` forgets it. */
  keepInTab(name: string, value: string | undefined): void;
  inTab(name: string): string | undefined;
  /** Remembers a small thing on this device. */
  remember(name: string, value: string): void;
  recall(name: string): string | undefined;
  /** What this browser calls itself, for the report. */
  readonly agent: string;
}
