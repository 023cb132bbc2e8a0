import type { Command } from './api/Command.ts';
import type { Done } from './api/Done.ts';
import type { Link } from './api/Link.ts';
import type { LinkList } from './api/LinkList.ts';
import { Refused } from './refused.ts';
import { address } from './route.svelte.ts';

const HOUR = 3_600_000;

/** For how long a link may be made, in ms; the first one unless told otherwise. */
export const LASTS = { week: 168 * HOUR, hour: HOUR, day: 24 * HOUR, month: 720 * HOUR, year: 8_760 * HOUR } as const;
export type Lasts = keyof typeof LASTS;

/** How often a link may be used; absent is any number of times. */
export const USES = [undefined, 1, 5, 10, 50, 100] as const;
export type Uses = (typeof USES)[number];

type Ports = {
  get: <T>(path: string) => Promise<T>;
  command: (command: Command) => Promise<Done>;
  /** The server's time. */
  now: () => number;
};

/** The links by which people join one group. */
export class GroupLinks {
  list = $state.raw<readonly Link[]>();
  failed = $state(false);
  /** The token of the link that was made here a moment ago: the server tells it once. */
  token = $state<string>();

  readonly #group: string;
  readonly #ports: Ports;
  #turn = 0;

  constructor(group: string, ports: Ports) {
    this.#group = group;
    this.#ports = ports;
  }

  /** Those by which somebody could join now. */
  get open(): readonly Link[] {
    const now = this.#ports.now();
    return (this.list ?? []).filter(({ expires, uses }) => expires > now && uses !== 0);
  }

  async load(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.failed = false;
    try {
      const { links } = await this.#ports.get<LinkList>(`/conversations/${encodeURIComponent(this.#group)}/links`);
      if (turn === this.#turn) this.list = links;
    } catch {
      if (turn === this.#turn) this.failed = true;
    }
  }

  /** Makes one. Rejects with `Refused`. */
  async make(lasts: Lasts, uses: Uses): Promise<void> {
    const expires = Math.round(this.#ports.now() + LASTS[lasts]);
    const { value } = await this.#ports.command({
      type: 'make_link', conversation: this.#group, expires, ...(uses === undefined ? {} : { uses }),
    });
    if (value.type !== 'link') throw Refused.offline();
    this.token = value.token;
    await this.load();
  }

  /** Ends one. Rejects with `Refused`. */
  async revoke(link: Link): Promise<void> {
    const before = this.list ?? [];
    await this.#ports.command({ type: 'revoke_link', conversation: this.#group, link: link.id });
    this.list = before.filter(({ id }) => id !== link.id);
    // Which of them was made here is not told: what is shown leads nowhere, maybe.
    this.token = undefined;
    await this.load();
  }
}

/** What people are given: the token stands behind the `#`, so that it is in no server's log. */
export function invitation(page: Pick<Location, 'origin' | 'pathname'>, token: string): string {
  return `${page.origin}${page.pathname}${address('join', token)}`;
}
