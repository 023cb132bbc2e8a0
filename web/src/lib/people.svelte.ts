import { SvelteMap } from 'svelte/reactivity';

import type { Account } from './api/Account.ts';
import type { AccountId } from './api/AccountId.ts';
import type { Contact } from './api/Contact.ts';
import type { Found } from './api/Found.ts';
import type { Presence } from './api/Presence.ts';
import type { PresenceList } from './api/PresenceList.ts';
import type { Profile } from './api/Profile.ts';
import type { Relate } from './api/Relate.ts';
import type { Connection } from './connection.svelte.ts';
import { words } from './words.svelte.ts';

/** What is drawn of somebody's presence. */
export type Shown = 'online' | 'away' | 'busy' | 'call' | 'offline' | 'invisible';

/** People as one account sees them: oneself, contacts and everybody one shares a conversation with. */
export class People {
  /** One's own account, once it is known. */
  account = $state.raw<Account>();
  readonly profiles = new SvelteMap<AccountId, Profile>();
  readonly contacts = new SvelteMap<AccountId, Contact>();
  readonly presence = new SvelteMap<AccountId, Presence>();

  protected readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Those who ask, the newest first. */
  readonly requests = $derived.by(() => this.#standing('incoming').sort((a, b) => b.since - a.since));

  /** Own id; empty before it is known. */
  get me(): AccountId {
    return this.account?.id ?? '';
  }

  /** The name to show for somebody. */
  name(account: AccountId): string {
    if (account === this.me) return this.account?.display ?? '';
    const profile = this.profiles.get(account);
    if (profile?.deleted) return words.t('deleted-account');
    return profile ? profile.display || profile.name : '…';
  }

  /** What is known of somebody. */
  profile(account: AccountId): Profile | undefined {
    return this.profiles.get(account);
  }

  /** What is drawn of somebody's presence. Nothing is claimed while we are offline ourselves. */
  presenceOf(account: AccountId): Shown {
    if (this.connection.status !== 'online') return 'offline';
    const presence = this.presence.get(account);
    if (!presence) return 'offline';
    if (presence.in_call && presence.availability !== 'offline') return 'call';
    return presence.availability;
  }

  /** Own presence as one is told of it. */
  get ownPresence(): Shown {
    return this.connection.status === 'online' ? (this.account?.chosen ?? 'online') : 'offline';
  }

  /** Those one stands so to, by name. */
  standing(state: Contact['state']): Contact[] {
    return this.#standing(state).sort((a, b) => a.profile.display.localeCompare(b.profile.display));
  }

  /** Looks somebody up by exact name. Rejects with `Refused`. */
  async find(name: string): Promise<Contact | undefined> {
    const found = await this.connection.get<Found>(`/find?name=${encodeURIComponent(name)}`);
    if (found.contact) this.profiles.set(found.contact.profile.id, found.contact.profile);
    return found.contact;
  }

  /** Changes how one stands to somebody. Rejects with `Refused`. */
  async relate(other: AccountId, change: Relate, greeting?: string): Promise<void> {
    await this.connection.command({ type: 'relate', other, change, ...(greeting ? { greeting } : {}) });
  }

  /** Takes profiles that come with something else: those without a mood leave the one that is known. */
  know(profiles: readonly Profile[]): void {
    for (const profile of profiles) this.profiles.set(profile.id, { ...this.profiles.get(profile.id), ...profile });
  }

  /** Takes how one stands to somebody. */
  protected takeContact(contact: Contact): void {
    this.profiles.set(contact.profile.id, contact.profile);
    if (contact.state === 'none' && !contact.blocked) this.contacts.delete(contact.profile.id);
    else this.contacts.set(contact.profile.id, contact);
    if (contact.state !== 'contact' || contact.blocked) this.presence.delete(contact.profile.id);
  }

  /** Asks who is there: what was told while we were away is not told again. */
  protected async readPresence(): Promise<void> {
    try {
      let page = await this.connection.get<PresenceList>('/presence');
      const seen = [...page.presence];
      while (page.next) seen.push(...(page = await this.connection.get<PresenceList>(`/presence?after=${page.next}`)).presence);
      this.presence.clear();
      for (const each of seen) this.presence.set(each.account, each);
    } catch {
      // The next connection asks again; events go on meanwhile.
    }
  }

  /** Forgets everybody. */
  protected forgetPeople(): void {
    this.account = undefined;
    for (const each of [this.profiles, this.contacts, this.presence]) each.clear();
  }

  #standing(state: Contact['state']): Contact[] {
    return [...this.contacts.values()].filter((contact) => contact.state === state && !contact.blocked);
  }
}
