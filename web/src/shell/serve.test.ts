import { describe, expect, it, vi } from 'vitest';

import { Keeper } from './serve.ts';

const ORIGIN = 'https://skein.example';
const page = (build: string): Response => new Response(`<!doctype html>\n<html data-build="${build}" lang="en">`, { headers: { 'content-type': 'text/html' } });
const key = (request: Request | string): string => new URL(typeof request === 'string' ? request : request.url, ORIGIN).pathname;

/** Caches as a browser has them, as far as they are used; and a network that one can take away. */
function world(served: Record<string, () => Response>) {
  const stores = new Map<string, Map<string, Response>>();
  const asked: string[] = [];
  const state = { up: true };
  const fetch = async (request: Request | string): Promise<Response> => {
    asked.push(key(request));
    if (!state.up) throw new TypeError('Failed to fetch');
    return served[key(request)]?.() ?? new Response('', { status: 404 });
  };
  const cache = (store: Map<string, Response>) => ({
    match: async (request: Request | string) => store.get(key(request))?.clone(),
    put: async (request: Request | string, answer: Response) => void store.set(key(request), answer),
    addAll: async (requests: string[]) => {
      for (const request of requests) {
        const answer = await fetch(request);
        if (!answer.ok) throw new TypeError(`${request}: ${answer.status}`);
        store.set(key(request), answer);
      }
    },
  });
  const caches = {
    open: async (name: string) => {
      if (!stores.has(name)) stores.set(name, new Map());
      return cache(stores.get(name) as Map<string, Response>);
    },
    match: async (request: Request | string) => {
      for (const store of stores.values()) if (store.has(key(request))) return store.get(key(request))?.clone();
      return undefined;
    },
    keys: async () => [...stores.keys()],
    delete: async (name: string) => stores.delete(name),
  } as unknown as CacheStorage;
  return { caches, fetch, asked, stores, state };
}

/** A request as the worker gets it; jsdom lets nobody make one of a navigation. */
const request = (path: string, { method = 'GET', mode = 'cors', origin = ORIGIN } = {}): Request =>
  ({ url: origin + path, method, mode }) as Request;
const visit = request('/', { mode: 'navigate' });

const of = (build: string, files: string[], served: Record<string, () => Response>) => {
  const net = world(served);
  return { ...net, keeper: new Keeper({ build, files }, net) };
};

describe('the shell', () => {
  const served = { '/': () => page('one'), '/assets/a.js': () => new Response('a') };

  it('keeps a build whole, and starts from it without a network', async () => {
    const { keeper, state } = of('one', ['assets/a.js'], served);
    await keeper.install();
    state.up = false;
    expect(await (await keeper.answer(visit, ORIGIN))?.text()).toContain('data-build="one"');
    expect(await (await keeper.answer(request('/assets/a.js'), ORIGIN))?.text()).toBe('a');
  });

  it('is not kept when the server is of another build by then, or a part is missing', async () => {
    const other = of('two', ['assets/a.js'], served);
    await expect(other.keeper.install()).rejects.toThrow('another build');
    const half = of('one', ['assets/a.js', 'assets/gone.js'], served);
    await expect(half.keeper.install()).rejects.toThrow('404');
  });

  it('gives the page of the server as long as that answers: nobody stays on an old one', async () => {
    let build = 'one';
    const { keeper } = of('one', [], { '/': () => page(build) });
    await keeper.install();
    build = 'two';
    expect(await (await keeper.answer(visit, ORIGIN))?.text()).toContain('data-build="two"');
  });

  it('gives the page that is kept where a proxy answers for a server that is away', async () => {
    let status = 200;
    const { keeper } = of('one', [], { '/': () => (status === 200 ? page('one') : new Response('bad gateway', { status })) });
    await keeper.install();
    status = 502;
    expect(await (await keeper.answer(visit, ORIGIN))?.text()).toContain('data-build="one"');
    status = 403;
    expect((await keeper.answer(visit, ORIGIN))?.status).toBe(403);
  });

  it('does not wait for ever for a network that says nothing', async () => {
    vi.useFakeTimers();
    const net = world(served);
    const keeper = new Keeper({ build: 'one', files: [] }, net);
    await keeper.install();
    const deaf = new Keeper({ build: 'one', files: [] }, { caches: net.caches, fetch: () => new Promise(() => {}) });
    const answer = deaf.answer(visit, ORIGIN);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await (await answer)?.text()).toContain('data-build="one"');
    vi.useRealTimers();
  });

  it.each([
    ['the API', request('/v1/skein/sync')],
    ['what people uploaded', request('/v1/skein/objects/1/content')],
    ['a download that is opened', request('/v1/skein/objects/1/content', { mode: 'navigate' })],
    ['what changes something', request('/assets/a.js', { method: 'POST' })],
    ['another server', request('/assets/a.js', { origin: 'https://elsewhere.example' })],
    ['another page', request('/licences.txt', { mode: 'navigate' })],
    ['what asks for the newest build', request('/build-id.json')],
  ])('never touches %s', async (_, asked) => {
    const { keeper } = of('one', ['assets/a.js'], served);
    await keeper.install();
    expect(keeper.answer(asked, ORIGIN)).toBeUndefined();
  });

  it('takes in no file but those of its build', async () => {
    const { keeper, stores } = of('one', ['assets/a.js'], { ...served, '/assets/new.js': () => new Response('new') });
    await keeper.install();
    expect(await (await keeper.answer(request('/assets/new.js'), ORIGIN))?.text()).toBe('new');
    expect([...(stores.get('skein-shell-one')?.keys() ?? [])]).toEqual(['/', '/assets/a.js']);
    // What the browser threw away comes back.
    stores.get('skein-shell-one')?.delete('/assets/a.js');
    await keeper.answer(request('/assets/a.js'), ORIGIN);
    expect(stores.get('skein-shell-one')?.has('/assets/a.js')).toBe(true);
  });

  it('leaves the parts of the build before to the pages that are still open, and no older ones', async () => {
    const net = world({ '/': () => page('three'), '/assets/c.js': () => new Response('c') });
    for (const name of ['skein-shell-one', 'somebody else’s', 'skein-shell-two']) (await net.caches.open(name)) as unknown;
    net.stores.get('skein-shell-two')?.set('/assets/b.js', new Response('b'));
    const keeper = new Keeper({ build: 'three', files: ['assets/c.js'] }, net);
    await keeper.install();
    await keeper.activate();
    expect([...net.stores.keys()]).toEqual(['somebody else’s', 'skein-shell-two', 'skein-shell-three']);
    expect(await (await keeper.answer(request('/assets/b.js'), ORIGIN))?.text()).toBe('b');
  });
});
