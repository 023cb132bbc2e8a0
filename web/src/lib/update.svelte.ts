/** Where the build of now is told, and by which word the page tells its own. */
const ADDRESS = '/build-id.json';
/** Pages that stay open for days ask again when somebody comes back to them; not more often than this, in ms. */
const EVERY = 10 * 60_000;

type Ports = {
  fetch: (input: string, init?: RequestInit) => Promise<Response>;
  /** The build that this page is of; absent in a page that was never built. */
  build: string | undefined;
  now: () => number;
};

/** Whether the server has another client by now than the one that this page is. */
export class Update {
  /** There is another one. The page goes on with its own until somebody loads it anew. */
  newer = $state(false);
  /** A call rings or goes on, which loading would end. */
  calling = $state(false);
  /** The reader does not want it now; another look brings it back. */
  put = $state(false);

  readonly #ports: Ports;
  #asked = Number.NEGATIVE_INFINITY;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Asks the server. `soon`: only if nobody has asked for a while. */
  async look(soon = false): Promise<void> {
    const now = this.#ports.now();
    if (this.#ports.build === undefined || (soon && now - this.#asked < EVERY)) return;
    this.#asked = now;
    try {
      const answer = await this.#ports.fetch(ADDRESS, { cache: 'no-store' });
      const said = answer.ok ? ((await answer.json()) as { build?: unknown }) : {};
      if (typeof said.build !== 'string') return;
      if (said.build !== this.#ports.build && !this.newer) this.put = false;
      this.newer = said.build !== this.#ports.build;
    } catch {
      // No network, or a proxy without its server.
    }
  }
}
