import { LANGUAGES, type Language } from './languages.ts';

export const TEXT_SIZES = [100, 110, 125, 150, 175, 200] as const;
export type TextSize = (typeof TEXT_SIZES)[number];

/** The sounds that a message may make, by the names of their files. */
export const MESSAGE_SOUNDS = ['message', 'message_drop', 'message_reed', 'message_pair'] as const;
export type MessageSound = (typeof MESSAGE_SOUNDS)[number];

/** What one browser remembers for itself; the account's own settings live on the server. */
export type Stored = {
  theme: 'system' | 'light' | 'dark';
  /** Absent: the browser's own wish decides. */
  language: Language | undefined;
  /** Device ids as the browser names them; absent: its default. */
  microphone: string | undefined;
  camera: string | undefined;
  speaker: string | undefined;
  sounds: boolean;
  /** Size of all text, in percent of what the browser has. */
  textSize: TextSize;
  /** Which sound a message makes. */
  messageSound: MessageSound;
  /** The system tells of messages; it needs the browser's permission, too. */
  notify: boolean;
  /** The system's notice shows what was written, not only by whom. */
  notifyWords: boolean;
  /** Notices were offered on this device. */
  notifyOffered: boolean;
  /** Calls go through the relay only, so that nobody learns the address of this device. */
  relayOnly: boolean;
  /** The account name that signed in last, to fill the field. */
  lastName: string | undefined;
};

/** The part of the browser's storage that is needed. */
export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const KEY = 'skein.settings';

const DEFAULTS: Stored = {
  theme: 'system',
  language: undefined,
  microphone: undefined,
  camera: undefined,
  speaker: undefined,
  sounds: true,
  textSize: 100,
  messageSound: 'message',
  notify: true,
  notifyWords: true,
  notifyOffered: false,
  relayOnly: false,
  lastName: undefined,
};

/** The settings of this browser. Writing a field keeps it. */
export class Settings {
  #values = $state<Stored>({ ...DEFAULTS });
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.#values = read(store);
  }

  get theme(): Stored['theme'] {
    return this.#values.theme;
  }
  set theme(value: Stored['theme']) {
    this.#keep({ theme: value });
  }

  get language(): Language | undefined {
    return this.#values.language;
  }
  set language(value: Language | undefined) {
    this.#keep({ language: value });
  }

  get microphone(): string | undefined {
    return this.#values.microphone;
  }
  set microphone(value: string | undefined) {
    this.#keep({ microphone: value });
  }

  get camera(): string | undefined {
    return this.#values.camera;
  }
  set camera(value: string | undefined) {
    this.#keep({ camera: value });
  }

  get speaker(): string | undefined {
    return this.#values.speaker;
  }
  set speaker(value: string | undefined) {
    this.#keep({ speaker: value });
  }

  get sounds(): boolean {
    return this.#values.sounds;
  }
  set sounds(value: boolean) {
    this.#keep({ sounds: value });
  }

  get textSize(): TextSize {
    return this.#values.textSize;
  }
  set textSize(value: TextSize) {
    this.#keep({ textSize: value });
  }

  get messageSound(): MessageSound {
    return this.#values.messageSound;
  }
  set messageSound(value: MessageSound) {
    this.#keep({ messageSound: value });
  }

  get notify(): boolean {
    return this.#values.notify;
  }
  set notify(value: boolean) {
    this.#keep({ notify: value });
  }

  get notifyWords(): boolean {
    return this.#values.notifyWords;
  }
  set notifyWords(value: boolean) {
    this.#keep({ notifyWords: value });
  }

  get notifyOffered(): boolean {
    return this.#values.notifyOffered;
  }
  set notifyOffered(value: boolean) {
    this.#keep({ notifyOffered: value });
  }

  get relayOnly(): boolean {
    return this.#values.relayOnly;
  }
  set relayOnly(value: boolean) {
    this.#keep({ relayOnly: value });
  }

  get lastName(): string | undefined {
    return this.#values.lastName;
  }
  set lastName(value: string | undefined) {
    this.#keep({ lastName: value });
  }

  /** Another page of this browser has changed them. */
  follow(event: Pick<StorageEvent, 'key'>): void {
    if (event.key === KEY) Object.assign(this.#values, read(this.#store));
  }

  #keep(change: Partial<Stored>): void {
    Object.assign(this.#values, change);
    try {
      this.#store.setItem(KEY, JSON.stringify(this.#values));
    } catch {
      // Storage is full or forbidden: the setting holds until the page closes.
    }
  }
}

/** Takes each field only if it has the right kind: another version of the page may have written it. */
function read(store: Store): Stored {
  const values = { ...DEFAULTS };
  let raw: unknown;
  try {
    raw = JSON.parse(store.getItem(KEY) ?? '{}');
  } catch {
    return values;
  }
  if (typeof raw !== 'object' || raw === null) return values;
  const kept = raw as Record<string, unknown>;
  const text = (key: string): string | undefined =>
    typeof kept[key] === 'string' ? kept[key].slice(0, 256) : undefined;

  if (kept['theme'] === 'light' || kept['theme'] === 'dark') values.theme = kept['theme'];
  values.language = LANGUAGES.find((language) => language === kept['language']);
  values.microphone = text('microphone');
  values.camera = text('camera');
  values.speaker = text('speaker');
  values.lastName = text('lastName');
  values.textSize = TEXT_SIZES.find((size) => size === kept['textSize']) ?? values.textSize;
  values.messageSound = MESSAGE_SOUNDS.find((sound) => sound === kept['messageSound']) ?? values.messageSound;
  for (const key of ['sounds', 'relayOnly', 'notify', 'notifyWords', 'notifyOffered'] as const) {
    const value = kept[key];
    if (typeof value === 'boolean') values[key] = value;
  }
  return values;
}
