import type { CallPage } from './api/CallPage.ts';
import type { CallRecord } from './api/CallRecord.ts';
import type { Connection } from './connection.svelte.ts';
import type { Store } from './settings.svelte.ts';

const KEY = 'skein.calls-seen';
/** More are not told apart. */
const MOST = 100;

/** Calls that were missed since the calls were last looked at on this device. */
export class Missed {
  #keys = $state.raw<ReadonlySet<string>>(new Set());
  readonly #connection: Connection;
  readonly #store: Store;

  constructor(connection: Connection, store: Store) {
    this.#connection = connection;
    this.#store = store;
    connection.onSnapshot(() => void this.#read());
    connection.onEvent(({ event }) => {
      if (event.type === 'call_record') this.#take([event.record]);
    });
  }

  get count(): number {
    return this.#keys.size;
  }

  /** The reader looks at the calls now. */
  looked(): void {
    if (this.#keys.size > 0) this.#keys = new Set();
    try {
      this.#store.setItem(KEY, String(this.#connection.clock.now()));
    } catch {
      // Without a store the count begins anew with the page.
    }
  }

  async #read(): Promise<void> {
    try {
      const page = await this.#connection.get<CallPage>('/calls?limit=50');
      this.#take(page.calls);
    } catch {
      // Events tell of those to come.
    }
  }

  #take(records: readonly CallRecord[]): void {
    const seen = Number(this.#store.getItem(KEY) ?? '0');
    const missed = records.filter(
      (record) =>
        !record.outgoing && (record.outcome === 'missed' || record.outcome === 'missed_busy') && record.started > seen,
    );
    if (missed.length === 0) return;
    this.#keys = new Set([...this.#keys, ...missed.map((record) => record.key)].slice(-MOST));
  }
}
