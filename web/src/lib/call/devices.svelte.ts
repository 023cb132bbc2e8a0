/**
 * The devices of a running call: what there is to choose, which one is in use, and what happens when one is pulled out,
 * comes back, or the system takes another for its own (case B6). Nothing here opens a device; `OwnMedia` does.
 */
import type { Choices, World } from './world.ts';

export type Role = 'microphone' | 'camera' | 'speaker';

/** A device to choose. */
export interface Choice {
  id: string;
  /** Empty until the browser was allowed to tell it. */
  label: string;
}

/** Another device is in use: the old one is gone, the chosen one is back, or the system's own is another now. */
export type Change = 'gone' | 'back' | 'changed';

/** What the person is told of it. */
export interface DeviceNews {
  role: Role;
  change: Change;
  /** The device in use now; empty if the browser does not name it. */
  label: string;
}

const KINDS: Record<Role, MediaDeviceKind> = { microphone: 'audioinput', camera: 'videoinput', speaker: 'audiooutput' };
/** Devices of a kind that are listed. */
const MAX_DEVICES = 64;
/** News stay so long, in ms. */
const TOLD_FOR = 8_000;

/** The devices of a kind that can be chosen; what browsers list beside them stands for one of these. */
export function choices(devices: readonly MediaDeviceInfo[], role: Role): Choice[] {
  return devices
    .filter(({ kind, deviceId }) => kind === KINDS[role] && deviceId !== '' && deviceId !== 'default' && deviceId !== 'communications')
    .slice(0, MAX_DEVICES)
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** Which device is the system's own: browsers name it `default`, or list it first (Media Capture and Streams, §9.2.1). */
export function systemOwn(devices: readonly MediaDeviceInfo[], role: Role): string | undefined {
  const named = devices.find(({ kind, deviceId }) => kind === KINDS[role] && deviceId === 'default');
  if (named) return named.groupId || named.label;
  return choices(devices, role)[0]?.id;
}

interface Seen {
  devices: readonly MediaDeviceInfo[];
  role: Role;
  chosen: string | undefined;
  /** The system's own when the device in use was opened. */
  before: string | undefined;
  /** In use, and where it is known, which; `undefined`: none. */
  track: { id: string | undefined; ended: boolean } | undefined;
}

/** Whether another device should be opened now, and why. */
export function due({ devices, role, chosen, before, track }: Seen): Change | undefined {
  const there = choices(devices, role);
  if (there.length === 0) return undefined; // none is left, or the browser names none
  if (!track) return 'back';
  if (chosen !== undefined && there.some(({ id }) => id === chosen)) return track.id === undefined || track.id === chosen ? undefined : 'back';
  const standsIn = track.id === undefined || track.id === 'default';
  if (track.ended || (!standsIn && !there.some(({ id }) => id === track.id))) return 'gone';
  return before !== undefined && systemOwn(devices, role) !== before ? 'changed' : undefined;
}

/** What the devices of a call are used by. */
export interface User {
  track(role: 'microphone' | 'camera'): MediaStreamTrack | undefined;
  /** Whether the person wants it open. */
  wants(role: 'microphone' | 'camera'): boolean;
  /** Opens the device that is to be used now in place of the old one. Whether there is one. */
  renew(role: 'microphone' | 'camera'): Promise<boolean>;
}

export class Devices {
  microphones = $state.raw<readonly Choice[]>([]);
  cameras = $state.raw<readonly Choice[]>([]);
  speakers = $state.raw<readonly Choice[]>([]);
  news = $state.raw<DeviceNews | undefined>();
  /** The chosen speaker is not there: the system's own plays. */
  speakerGone = $state.raw(false);

  readonly #world: World;
  readonly #choices: Choices;
  readonly #user: User;
  /** Gave out just now, and another is being opened in their place. */
  readonly #ending = new Set<Role>();
  readonly #own = new Map<Role, string | undefined>();
  #listed: readonly MediaDeviceInfo[] = [];
  #looking = false;
  #again = false;
  #stop: (() => void) | undefined;
  #stopNews: (() => void) | undefined;

  constructor(world: World, choices: Choices, user: User) {
    this.#world = world;
    this.#choices = choices;
    this.#user = user;
  }

  /** The device that plays: `undefined` is the system's own. */
  get speaker(): string | undefined {
    return this.speakerGone ? undefined : this.#choices.speaker;
  }

  /** Looks now, and whenever the browser says that devices changed. */
  start(): void {
    this.#stop ??= this.#world.onDevices(() => void this.look());
    void this.look();
  }

  stop(): void {
    this.#stop?.();
    this.#stopNews?.();
    this.#stop = undefined;
  }

  /** Looks do not overlap; one that is wanted meanwhile comes after. */
  async look(): Promise<void> {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    try {
      do {
        this.#again = false;
        await this.#look();
      } while (this.#again && this.#stop);
    } finally {
      this.#looking = false;
    }
  }

  /** This device has given out by itself. */
  async ended(role: 'microphone' | 'camera'): Promise<void> {
    this.#ending.add(role);
    try {
      if (await this.#user.renew(role)) this.#tell(role, 'gone');
    } finally {
      this.#ending.delete(role);
    }
    await this.look(); // what changed meanwhile
  }

  /** A device was opened: what is the system's own now is what a change is measured by. */
  opened(role: Role): void {
    this.#own.set(role, systemOwn(this.#listed, role));
  }

  async #look(): Promise<void> {
    try {
      this.#listed = await this.#world.devices();
    } catch {
      return; // as it was
    }
    if (!this.#stop) return;
    this.microphones = choices(this.#listed, 'microphone');
    this.cameras = choices(this.#listed, 'camera');
    this.#speakers(choices(this.#listed, 'speaker'));
    for (const role of ['microphone', 'camera'] as const) {
      if (!this.#own.has(role)) this.opened(role);
      if (this.#user.wants(role)) await this.#follow(role);
    }
  }

  async #follow(role: 'microphone' | 'camera'): Promise<void> {
    const track = this.#user.track(role);
    // A camera that is gone stays closed: it must not open by itself.
    if (this.#ending.has(role) || (!track && role === 'camera')) return;
    const change = due({
      devices: this.#listed,
      role,
      chosen: this.#choices[role],
      before: this.#own.get(role),
      track: track && { id: track.getSettings().deviceId, ended: track.readyState === 'ended' },
    });
    if (change && (await this.#user.renew(role))) this.#tell(role, change);
  }

  #speakers(there: readonly Choice[]): void {
    const chosen = this.#choices.speaker;
    this.speakers = there;
    // Browsers that list no speakers play on what they were told.
    const gone = chosen !== undefined && there.length > 0 && !there.some(({ id }) => id === chosen);
    if (gone === this.speakerGone) return;
    this.speakerGone = gone;
    this.#tell('speaker', gone ? 'gone' : 'back');
  }

  #tell(role: Role, change: Change): void {
    const track = role === 'speaker' ? undefined : this.#user.track(role);
    const own = this.#listed.find(({ kind, deviceId }) => kind === KINDS[role] && deviceId === 'default');
    const label = role === 'speaker' ? (this.speakers.find(({ id }) => id === this.speaker)?.label ?? own?.label ?? '') : (track?.label ?? '');
    this.news = { role, change, label };
    this.#stopNews?.();
    this.#stopNews = this.#world.after(TOLD_FOR, () => (this.news = undefined));
  }
}
