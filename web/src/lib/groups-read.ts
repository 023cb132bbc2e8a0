import type { AccountId } from './api/AccountId.ts';
import type { Member } from './api/Member.ts';

/** Who has read what was said at a moment, and who has not, or does not tell. Its author is neither. */
export function readersOf(members: readonly Member[], stamp: number, author: AccountId): { read: Member[]; not: Member[] } {
  const read: Member[] = [];
  const not: Member[] = [];
  for (const member of members) {
    if (member.account === author) continue;
    ((member.read?.stamp ?? 0) >= stamp ? read : not).push(member);
  }
  return { read, not };
}

/** Up to this stamp somebody else has read; 0 if nobody told. */
export function readBySome(members: readonly Member[], me: AccountId): number {
  return members.reduce((most, member) => (member.account === me ? most : Math.max(most, member.read?.stamp ?? 0)), 0);
}
