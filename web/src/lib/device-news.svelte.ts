import type { Device } from './api/Device.ts';

/** How long a device that signed in is news, in ms. */
const NEWS = 24 * 3_600_000;
/** Notices kept; the oldest goes first. */
const MOST = 5;

/** Tells of devices that sign in to the account, and of those that end. */
export class DeviceNews {
  /** Devices that signed in elsewhere, until the reader says what they are. */
  unknown = $state.raw<readonly Device[]>([]);
  /** Counts what changed, so that a list knows when to read again. */
  changes = $state(0);

  readonly #now: () => number;
  readonly #known = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A device signed in, or changed. */
  signedIn(device: Device): void {
    this.changes += 1;
    if (device.this || this.#known.has(device.id)) return;
    this.#known.add(device.id);
    if (device.created > this.#now() - NEWS) this.unknown = [...this.unknown.slice(1 - MOST), device];
  }

  /** A device was signed out. */
  ended(id: string): void {
    this.changes += 1;
    this.know(id);
  }

  /** The reader knows of that device. */
  know(id: string): void {
    this.unknown = this.unknown.filter((device) => device.id !== id);
  }

  clear(): void {
    this.unknown = [];
    this.#known.clear();
  }
}
