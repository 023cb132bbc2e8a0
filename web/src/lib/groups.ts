import type { AccountId } from './api/AccountId.ts';
import type { Group } from './api/Group.ts';
import type { Member } from './api/Member.ts';
import type { Role } from './api/Role.ts';

// Named groups: who may do what, and what is drawn of them. The hub decides; this says beforehand what it will say.

/** Longest title, in characters. */
export const TITLE_MAX = 100;
/** People who are named in one command. */
export const AT_ONCE = 100;
/** Up to so many people everybody is told what everybody has read. */
export const TOLD_READ = 200;
/** With more people than this a list can be searched. */
export const SEARCHED = 20;

const RANK = { owner: 0, admin: 1, member: 2 } as const satisfies Record<Role, number>;

/** What the reader may do in a group. */
export type May = { retitle: boolean; rule: boolean; add: boolean; remove: boolean; link: boolean; rank: boolean };

export function may(group: Group | undefined): May {
  const role = group?.role;
  const leads = role === 'owner' || role === 'admin';
  return {
    retitle: leads,
    rule: role === 'owner',
    add: leads || (role === 'member' && group?.rules.add === 'everybody'),
    remove: leads,
    link: leads,
    rank: role === 'owner',
  };
}

/** Whether somebody of one role may remove somebody of another. */
export function removes(mine: Role | undefined, theirs: Role | undefined): boolean {
  if (mine === 'owner') return true;
  return mine === 'admin' && theirs === 'member';
}

/** What happens when somebody leaves. */
export type Leaving = 'member' | 'sole_owner' | 'last';

/** Owners come first in the members of a conversation, so that they are known however many people there are. */
export function leaving(group: Group | undefined, members: readonly Member[], me: AccountId): Leaving {
  if ((group?.people ?? 0) <= 1) return 'last';
  const owners = members.filter(({ role }) => role === 'owner');
  return owners.length === 1 && owners[0]?.account === me ? 'sole_owner' : 'member';
}

/** By role, then by name. */
export function ranked(members: readonly Member[], name: (account: AccountId) => string): Member[] {
  const rank = ({ role }: Member): number => RANK[role ?? 'member'];
  return members
    .map((member) => ({ member, name: name(member.account) }))
    .sort((a, b) => rank(a.member) - rank(b.member) || a.name.localeCompare(b.name))
    .map(({ member }) => member);
}

/** Without accents and case: "joao" finds "João". */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Gives the same id as long as the same is wanted, so that asking again makes nothing twice. */
export class SameId {
  #content = '';
  #id = '';
  readonly #newId: () => string;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  of(content: unknown): string {
    const now = JSON.stringify(content);
    if (this.#id === '' || now !== this.#content) {
      this.#content = now;
      this.#id = this.#newId();
    }
    return this.#id;
  }
}
