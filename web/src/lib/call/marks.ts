/** The moments of one call, by the local clock until the report maps them to the server's. */
import type { Mark } from '../api/Mark.ts';
import type { MarkName } from '../api/MarkName.ts';
import type { ServerClock } from './world.ts';

/** Marks kept in a report. */
export const MAX_MARKS = 64;

export class Marks {
  readonly #marks: { name: MarkName; at: number; note: string | undefined }[] = [];

  /** Keeps the first moment of each name; a changed path is kept each time. */
  set(name: MarkName, at: number, note?: string): void {
    if (this.#marks.length >= MAX_MARKS || (name !== 'path_changed' && this.has(name))) return;
    this.#marks.push({ name, at, note });
  }

  has(name: MarkName): boolean {
    return this.#marks.some((mark) => mark.name === name);
  }

  at(name: MarkName): number | undefined {
    return this.#marks.find((mark) => mark.name === name)?.at;
  }

  /** In order, by the server's clock. */
  mapped(clock: ServerClock): Mark[] {
    return [...this.#marks]
      .sort((a, b) => a.at - b.at)
      .map(({ name, at, note }) => ({
        name,
        at: Math.round((at + clock.offset) * 10) / 10,
        ...(note === undefined ? {} : { note }),
      }));
  }
}
