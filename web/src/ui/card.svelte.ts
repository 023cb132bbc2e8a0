import type { AccountId } from '../lib/api/AccountId.ts';

/** A message that may be quoted when its author is reported. */
type Shown = { account: AccountId; /** Report them, with this message. */ message?: string };

/** The profile card of somebody, or the form to report them: above every page. */
class CardState {
  card = $state.raw<AccountId>();
  report = $state.raw<Shown>();

  /** Opens somebody's card. */
  show(account: AccountId): void {
    this.card = account;
  }

  /** Opens the form to report somebody, or one of their messages. */
  ask(account: AccountId, message?: string): void {
    this.report = { account, ...(message === undefined ? {} : { message }) };
  }

  close(): void {
    this.card = undefined;
    this.report = undefined;
  }
}

export const cards = new CardState();
