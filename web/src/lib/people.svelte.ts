import { SvelteMap } from 'svelte/reactivity';

import type { AbuseReason } from './api/AbuseReason.ts';
import type { Account } from './api/Account.ts';
import type { AccountId } from './api/AccountId.ts';
import type { Card } from './api/Card.ts';
import type { Contact } from './api/Contact.ts';
import type { Found } from './api/Found.ts';
import type { MessageId } from './api/MessageId.ts';
import type { Presence } from './api/Presence.ts';
import type { PresenceList } from './api/PresenceList.ts';
import type { PrivacyChange } from './api/PrivacyChange.ts';
import type { Profile } from './api/Profile.ts';
import type { Relate } from './api/Relate.ts';
import type { Connection } from './connection.svelte.ts';
import { words } from './words.svelte.ts';

/** What is drawn of somebody's presence. */
export type Shown = 'online' | 'away' | 'busy' | 'call' | 'offline' | 'invisible';

/** The longest that a timer of a browser waits, in ms, and a little less: 24 days. */
const LONGEST = 24 * 24 * 3_600_000;

/** What one keeps of a contact for oneself; what is absent stays. */
export type Kept = { nickname?: string; note?: string; favourite?: boolean };

/** People as one account sees them: oneself, contacts and everybody one shares a conversation with. */
export class People {
  #account = $state.raw<Account>();
  /** Whether what was chosen still holds: it may end by itself. */
  #holds = $state(false);
  #ends: ReturnType<typeof setTimeout> | undefined;
  readonly profiles = new SvelteMap<AccountId, Profile>();
  readonly contacts = new SvelteMap<AccountId, Contact>();
  readonly presence = new SvelteMap<AccountId, Presence>();

  protected readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** One's own account, once it is known. */
  get account(): Account | undefined {
    return this.#account;
  }
  set account(account: Account | undefined) {
    this.#account = account;
    this.#watchChoice();
  }

  /** Those who ask, the newest first. */
  readonly requests = $derived.by(() => this.#standing('incoming').sort((a, b) => b.since - a.since));

  /** Own id; empty before it is known. */
  get me(): AccountId {
    return this.account?.id ?? '';
  }

  /** The name to show for somebody: one's own name for them, else the one they have chosen. */
  name(account: AccountId): string {
    if (account === this.me) return this.account?.display ?? '';
    return this.contacts.get(account)?.nickname ?? this.ownName(account);
  }

  /** The name that somebody has chosen: for what others read, too. */
  ownName(account: AccountId): string {
    const profile = this.profiles.get(account);
    // A guest who went keeps the name under which they wrote.
    if (profile?.deleted && profile.kind !== 'guest') return words.t('deleted-account');
    return profile ? profile.display || profile.name : '…';
  }

  /** All that somebody may be looked for by: nickname, name, account name. */
  names(account: AccountId): string {
    return [this.contacts.get(account)?.nickname, this.ownName(account), this.profiles.get(account)?.name].join(' ');
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
    return this.connection.status === 'online' ? (this.chosen ?? 'online') : 'offline';
  }

  /** What one has chosen, while it holds. */
  get chosen(): Account['chosen'] {
    return this.#holds ? this.#account?.chosen : undefined;
  }

  /** Nobody wants to be disturbed: no sounds, no notices, calls ring silently; on all devices. */
  get quiet(): boolean {
    return this.chosen === 'busy';
  }

  /** Those one stands so to, by name. */
  standing(state: Contact['state']): Contact[] {
    const name = (contact: Contact): string => this.name(contact.profile.id);
    return this.#standing(state).sort((a, b) => name(a).localeCompare(name(b)));
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

  /** Changes what one keeps of a contact for oneself. Rejects with `Refused`. */
  async keep(other: AccountId, kept: Kept): Promise<void> {
    await this.connection.command({ type: 'set_contact', other, ...kept });
  }

  /** Says whom to show what to. Rejects with `Refused`. */
  async showTo(privacy: PrivacyChange): Promise<void> {
    await this.connection.command({ type: 'update_account', privacy });
  }

  /** Asks for somebody's profile card. Rejects with `Refused`. */
  async card(account: AccountId): Promise<Card> {
    const card = await this.connection.get<Card>(`/accounts/${account}`);
    // A contact's own events are newer.
    if (!this.contacts.has(account)) this.profiles.set(account, card.contact.profile);
    return card;
  }

  /** Reports somebody to the operator. Rejects with `Refused`. */
  async report(about: AccountId, reason: AbuseReason, text: string, messages: MessageId[], client: string): Promise<void> {
    await this.connection.command({ type: 'report_abuse', about, reason, text, messages, client });
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

  /** What was chosen until a time ends by itself here as it does for others. */
  #watchChoice(): void {
    clearTimeout(this.#ends);
    const until = this.#account?.chosen_until;
    const left = until === undefined ? Infinity : until - this.connection.clock.now();
    this.#holds = this.#account?.chosen !== undefined && left > 0;
    if (this.#holds && left < Infinity) this.#ends = setTimeout(() => this.#watchChoice(), Math.min(left, LONGEST));
  }

  #standing(state: Contact['state']): Contact[] {
    return [...this.contacts.values()].filter((contact) => contact.state === state && !contact.blocked);
  }
}
