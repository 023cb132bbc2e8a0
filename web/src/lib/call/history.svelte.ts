/** Calls of the past, newest first, and the page of one of them. */
import { SvelteMap } from 'svelte/reactivity';

import type { AccountId } from '../api/AccountId.ts';
import type { CallDetail } from '../api/CallDetail.ts';
import type { CallKey } from '../api/CallKey.ts';
import type { CallPage } from '../api/CallPage.ts';
import type { CallRecord } from '../api/CallRecord.ts';
import type { Profile } from '../api/Profile.ts';
import type { Link } from './world.ts';

const PAGE = 50;
/** Rows kept in memory; older ones are read again. */
const MAX_ROWS = 2_000;

export type Loading = 'no' | 'yes' | 'failed';

export class History {
  rows = $state.raw<readonly CallRecord[]>([]);
  readonly profiles = new SvelteMap<AccountId, Profile>();
  loading = $state<Loading>('no');
  /** Whether the first page is here. */
  loaded = $state(false);
  /** Whether there are older ones. */
  more = $state(false);
  detail = $state.raw<CallDetail | undefined>();
  detailLoading = $state<Loading>('no');

  readonly #link: Pick<Link, 'get' | 'onEvent'>;
  #next: string | undefined;
  #wanted: CallKey | undefined;

  constructor(link: Pick<Link, 'get' | 'onEvent'>) {
    this.#link = link;
    link.onEvent(({ event }) => {
      if (event.type !== 'call_record') return;
      this.#put([event.record]);
      if (event.record.key === this.#wanted) void this.show(event.record.key);
    });
  }

  /** Reads the newest page. */
  async load(): Promise<void> {
    this.#next = undefined;
    await this.#page();
  }

  async loadMore(): Promise<void> {
    if (this.more) await this.#page();
  }

  /** Reads all that is kept of one call. */
  async show(key: CallKey): Promise<void> {
    if (this.#wanted !== key) this.detail = undefined;
    this.#wanted = key;
    this.detailLoading = 'yes';
    try {
      const detail = await this.#link.get<CallDetail>(`/calls/${encodeURIComponent(key)}`);
      if (this.#wanted !== key) return;
      this.profiles.set(detail.peer.id, detail.peer);
      this.detail = detail;
      this.detailLoading = 'no';
    } catch {
      if (this.#wanted === key) this.detailLoading = 'failed';
    }
  }

  /** Nobody looks at a call's page any more. */
  leave(): void {
    this.#wanted = undefined;
    this.detail = undefined;
    this.detailLoading = 'no';
  }

  clear(): void {
    this.leave();
    this.rows = [];
    this.profiles.clear();
    this.loaded = false;
    this.more = false;
    this.#next = undefined;
  }

  async #page(): Promise<void> {
    if (this.loading === 'yes') return;
    this.loading = 'yes';
    try {
      const after = this.#next === undefined ? '' : `&after=${encodeURIComponent(this.#next)}`;
      const page = await this.#link.get<CallPage>(`/calls?limit=${PAGE}${after}`);
      for (const profile of page.profiles) this.profiles.set(profile.id, profile);
      this.#put(page.calls);
      this.#next = page.next;
      this.more = page.next !== undefined && this.rows.length < MAX_ROWS;
      this.loaded = true;
      this.loading = 'no';
    } catch {
      this.loading = 'failed';
    }
  }

  #put(records: readonly CallRecord[]): void {
    const byKey = new Map(this.rows.map((row) => [row.key, row]));
    for (const record of records) byKey.set(record.key, record);
    this.rows = [...byKey.values()].sort((a, b) => b.started - a.started).slice(0, MAX_ROWS);
  }
}
