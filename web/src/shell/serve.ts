// What the service worker does with a request and with its caches. No event of the worker is named here, so that tests
// run it as it is.

/** One build of the client: its name, and every file whose name has a hash of its content. */
export type Shell = { build: string; files: readonly string[] };

export type Ports = {
  caches: CacheStorage;
  fetch: (request: Request | string, init?: RequestInit) => Promise<Response>;
};

const PREFIX = 'skein-shell-';
/** The page, as the cache knows it. */
const PAGE = '/';
/** So long the network may take for the page before the one that is kept is shown, in ms. */
const PATIENCE = 4_000;

/**
 * Keeps the client's own files for a start without a network. Files with a hash in their name come from the cache first,
 * the page from the network first: nobody is left on an old one. Nothing else is answered here; the API, what people
 * uploaded and everything that changes something never come near a cache.
 */
export class Keeper {
  readonly #shell: Shell;
  readonly #ports: Ports;
  readonly #files: ReadonlySet<string>;

  constructor(shell: Shell, ports: Ports) {
    this.#shell = shell;
    this.#ports = ports;
    this.#files = new Set(shell.files);
  }

  /** Fetches this build whole, or fails: half of one is worth nothing. */
  async install(): Promise<void> {
    const page = await this.#ports.fetch(PAGE, { cache: 'no-cache' });
    // Between two requests the server may have become another one: the next visit tries again.
    if (!page.ok || buildOf(await page.clone().text()) !== this.#shell.build) throw new Error('the page is of another build');
    const cache = await this.#ports.caches.open(this.#name);
    await cache.put(PAGE, page);
    await cache.addAll(this.#shell.files.map((file) => `/${file}`));
  }

  /** This build and the one before it stay: its pages are still open and load their parts by and by. */
  async activate(): Promise<void> {
    const others = (await this.#ports.caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== this.#name);
    for (const old of others.slice(0, -1)) await this.#ports.caches.delete(old);
  }

  /** The answer to a request, or nothing where the browser goes its own way. */
  answer(request: Request, origin: string): Promise<Response> | undefined {
    const url = new URL(request.url);
    if (request.method !== 'GET' || url.origin !== origin) return undefined;
    if (request.mode === 'navigate') return url.pathname === PAGE ? this.#page(request) : undefined;
    return url.pathname.startsWith('/assets/') ? this.#file(request, url.pathname.slice(1)) : undefined;
  }

  get #name(): string {
    return PREFIX + this.#shell.build;
  }

  async #page(request: Request): Promise<Response> {
    const asked = this.#ports.fetch(request);
    const kept = await this.#ports.caches.open(this.#name).then((cache) => cache.match(PAGE));
    if (!kept) return asked;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), PATIENCE)));
    try {
      const answer = await Promise.race([asked, late]);
      // A proxy without its server answers, too.
      return answer && answer.status < 500 ? answer : kept;
    } catch {
      return kept;
    } finally {
      clearTimeout(timer);
      asked.catch(() => undefined);
    }
  }

  async #file(request: Request, file: string): Promise<Response> {
    // Each encoding of a file is as good as another.
    const kept = await this.#ports.caches.match(request, { ignoreVary: true });
    if (kept) return kept;
    const answer = await this.#ports.fetch(request);
    // The browser may have thrown away what was kept; only files of this build come in, so their number has an end.
    if (answer.status === 200 && this.#files.has(file)) {
      const cache = await this.#ports.caches.open(this.#name);
      await cache.put(request, answer.clone()).catch(() => undefined);
    }
    return answer;
  }
}

/** Which build a page is of. */
function buildOf(html: string): string | undefined {
  return /<html[^>]*\sdata-build="([^"]+)"/.exec(html)?.[1];
}
