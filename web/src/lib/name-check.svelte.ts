import type { NameCheck } from './api/NameCheck.ts';
import type { Http } from './http.ts';

/** After the last letter, in ms. */
const PAUSE = 400;

/** Asks whether a name is free once typing stops. */
export class NameChecker {
  /** The answer for what is in the field; absent while nobody knows. */
  answer = $state.raw<NameCheck>();
  asking = $state(false);

  readonly #http: Http;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round = 0;

  constructor(http: Http) {
    this.#http = http;
  }

  /** The field changed. */
  typed(name: string): void {
    clearTimeout(this.#timer);
    this.#round += 1;
    this.answer = undefined;
    this.asking = false;
    if (name.trim() === '') return;
    this.#timer = setTimeout(() => void this.#ask(name.trim(), this.#round), PAUSE);
  }

  async #ask(name: string, round: number): Promise<void> {
    this.asking = true;
    try {
      const answer = await this.#http.get<NameCheck>(`/names/${encodeURIComponent(name)}`);
      if (round === this.#round) this.answer = answer;
    } catch {
      // Creating the account says what is wrong.
    } finally {
      if (round === this.#round) this.asking = false;
    }
  }
}
