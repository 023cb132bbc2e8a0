/**
 * What the server has to hear of a call although the connection may be down just now: that this end is out of it, and its
 * report. One after another, each until it is answered; without this the other side would wait, and we would stay busy.
 */
import type { CallKey } from '../api/CallKey.ts';
import type { Command } from '../api/Command.ts';
import type { Step } from '../api/Step.ts';
import { pauseAfter } from '../refused.ts';
import { codeOf } from './state.ts';
import type { Link, World } from './world.ts';

/** More than the last few calls can owe; the oldest goes first. */
const MOST = 16;

export class Owed {
  readonly #link: Pick<Link, 'command'>;
  readonly #after: World['after'];
  #waiting: Command[] = [];
  #busy = false;
  #cancel: (() => void) | undefined;

  /** `after` waits where the server asks to. */
  constructor(link: Pick<Link, 'command'>, after: World['after']) {
    this.#link = link;
    this.#after = after;
  }

  say(command: Command): void {
    this.#waiting.push(command);
    if (this.#waiting.length > MOST) this.#waiting.shift();
    if (!this.#cancel) void this.flush();
  }

  step(key: CallKey, step: Step): void {
    this.say({ type: 'call', key, step });
  }

  /** Says what waits. Stops quietly when the connection breaks; call it again when it is back. */
  async flush(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#cancel?.();
    this.#cancel = undefined;
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        if (!(await this.#heard(next))) return;
        if (this.#waiting[0] === next) this.#waiting.shift();
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Everything that waits, for the one way that is left; nothing waits afterwards. */
  take(): Command[] {
    this.#cancel?.();
    this.#cancel = undefined;
    return this.#waiting.splice(0);
  }

  /** A refusal is an answer, unless the server only cannot take it just now: then it is said again when it can. */
  async #heard(command: Command): Promise<boolean> {
    try {
      await this.#link.command(command);
      return true;
    } catch (error) {
      const pause = pauseAfter(error);
      // What was taken meanwhile goes another way.
      if (pause !== undefined && this.#waiting.length > 0) this.#cancel = this.#after(pause, () => void this.flush());
      return pause === undefined && codeOf(error) !== 'offline';
    }
  }
}
