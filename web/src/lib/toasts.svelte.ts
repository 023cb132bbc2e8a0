export type Toast = { id: number; text: string; undo?: () => void };

/** Toasts that wait; the oldest goes first. */
const MOST = 3;

/** Short confirmations. What must be read is never one. */
export class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #nextId = 1;

  show(text: string, undo?: () => void): void {
    const toast: Toast = undo ? { id: this.#nextId, text, undo } : { id: this.#nextId, text };
    this.#nextId += 1;
    this.list = [...this.list.slice(1 - MOST), toast];
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

/** What screen readers say: one polite and one assertive region draw it. */
export class Announcer {
  polite = $state('');
  assertive = $state('');

  say(text: string): void {
    this.polite = text === this.polite ? `${text}\u00a0` : text;
  }

  shout(text: string): void {
    this.assertive = text === this.assertive ? `${text}\u00a0` : text;
  }
}
