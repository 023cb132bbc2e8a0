import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { device } from './device.ts';
import { explainCode } from './explain.ts';
import { initials, tint } from './faces.ts';
import { Here } from './here.svelte.ts';
import { Missed } from './missed.svelte.ts';
import { NameChecker } from './name-check.svelte.ts';
import { Reminders } from './reminder.svelte.ts';
import { Route, address } from './route.svelte.ts';
import { Settings } from './settings.svelte.ts';
import { storeOrMemory } from './store.ts';
import { suggestName } from './suggest.ts';
import { MemoryStore, fakeHttp, fakeLine, online, settle } from './testing.ts';
import { Announcer, Toasts } from './toasts.svelte.ts';
import { words } from './words.svelte.ts';

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

describe('settings', () => {
  it('are kept, and read again by the next page', () => {
    const store = new MemoryStore();
    const settings = new Settings(store);
    settings.theme = 'dark';
    settings.language = 'pt-PT';
    settings.relayOnly = true;
    settings.microphone = 'mic-1';
    const next = new Settings(store);
    expect([next.theme, next.language, next.relayOnly, next.microphone, next.sounds]).toEqual(['dark', 'pt-PT', true, 'mic-1', true]);
  });

  it('take nothing of the wrong kind, and work without a store', () => {
    const store = new MemoryStore();
    store.setItem('skein.settings', '{"theme":"purple","language":"xx","sounds":"yes","microphone":7}');
    const settings = new Settings(store);
    expect([settings.theme, settings.language, settings.sounds, settings.microphone]).toEqual(['system', undefined, true, undefined]);
    store.full = true;
    settings.sounds = false;
    expect(settings.sounds).toBe(false);
    store.full = false;
    store.setItem('skein.settings', 'not json');
    expect(new Settings(store).sounds).toBe(true);
  });
});

describe('a browser that keeps nothing', () => {
  it('still has settings until the page closes', () => {
    const store = storeOrMemory(() => {
      throw new DOMException('forbidden', 'SecurityError');
    });
    const settings = new Settings(store);
    settings.theme = 'dark';
    expect(new Settings(store).theme).toBe('dark');
    expect(store.key(0)).toBe('skein.settings');
    store.removeItem('skein.settings');
    expect(store.length).toBe(0);
  });
});

describe('the route', () => {
  it('is the part after the hash, decoded', () => {
    const listeners: (() => void)[] = [];
    const location = { hash: '#/chats/a%2Fb' };
    const history = { state: null, replaceState: (_: unknown, __: string, to = location.hash) => (location.hash = to) };
    const page = { location, history, addEventListener: (_: string, run: () => void) => listeners.push(run) };
    const route = new Route(page as unknown as Window);
    expect([route.section, route.id]).toEqual(['chats', 'a/b']);
    location.hash = '#/calls/%E0%A4%A';
    listeners[0]?.();
    expect([route.section, route.id]).toEqual(['calls', '%E0%A4%A']);
    route.go(address('people'));
    expect([route.section, route.id]).toEqual(['people', undefined]);
    route.replace('#/');
    expect(route.section).toBe('chats');
  });

  it('carries an invitation through the door and back', () => {
    const location = { hash: '#/join/a-b' };
    const history = { state: null, replaceState: (_: unknown, __: string, to = location.hash) => (location.hash = to) };
    const route = new Route({ location, history, addEventListener: () => undefined } as unknown as Window);
    expect([route.section, route.id, route.door('register')]).toEqual(['join', 'a-b', '#/register/join/a-b']);
    route.go(route.door('register'));
    expect(route.door('sign-in')).toBe('#/sign-in/join/a-b');
    route.go(route.door('recover'));
    route.enter();
    expect([location.hash, route.section, route.id]).toEqual(['#/join/a-b', 'join', 'a-b']);
    route.go('#/register');
    expect(route.door('sign-in')).toBe('#/sign-in');
    route.enter();
    expect(location.hash).toBe('#/chats');
    route.go('#/register/CODE');
    expect([route.code, route.onward]).toEqual(['CODE', []]);
    route.enter();
    expect(location.hash).toBe('#/chats');
    route.go('#/register/join/a-b');
    expect(route.code).toBeUndefined();
    route.go(address('chats', '1', 'details'));
    expect([route.id, route.part, route.onward]).toEqual(['1', 'details', []]);
  });
});

describe('a name', () => {
  it.each([
    ['Ada Sample', 'ada.sample'],
    ['João da Conceição', 'joao.da.conceicao'],
    ['  Ærø Straße ', 'aero.strasse'],
    ['42 Zoë', 'zoe'],
    ['李雷', ''],
    ['x'.repeat(60), 'x'.repeat(32)],
  ])('is suggested from “%s”', (display, name) => {
    expect(suggestName(display)).toBe(name);
  });

  it.each([
    ['Bruno Exemplo', 'BE'],
    ['Gesellschaft für Musterbeispiele', 'GM'],
    ['new-sample-71', 'NS'],
    ['echo', 'EC'],
    ['  ', '?'],
    ['🪿', '?'],
    ['李雷', '李雷'],
  ])('“%s” without a picture is %s', (name, letters) => {
    expect(initials(name)).toBe(letters);
  });

  it('has one tint, on every device', () => {
    expect(tint('ada')).toBe(tint('ada'));
    expect(new Set('abcdefghijklmnopqrstuvwxyz'.split('').map(tint)).size).toBe(6);
  });

  it('is asked for only once typing stops, and an old answer does not count', async () => {
    const { http, asked } = fakeHttp({
      '/names/ad': { canonical: 'ad', verdict: 'too_short' },
      '/names/ada': { canonical: 'ada', verdict: 'free' },
    });
    const checker = new NameChecker(http);
    checker.typed('a');
    checker.typed('ad');
    await vi.advanceTimersByTimeAsync(400);
    expect(asked).toEqual(['/names/ad']);
    expect(checker.answer?.verdict).toBe('too_short');
    checker.typed('ada');
    expect(checker.answer).toBeUndefined();
    await vi.advanceTimersByTimeAsync(400);
    expect(checker.answer?.verdict).toBe('free');
    checker.typed(' ');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toHaveLength(2);
  });
});

describe('a device', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 'Firefox on Linux'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36', 'Chrome on Linux'],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0', 'Edge on Windows'],
    ['Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36', 'Chrome on Android'],
    ['curl', 'Browser'],
  ])('calls itself by %s', (agent, label) => {
    expect(device(agent).label).toBe(label);
  });
});

describe('the recovery code that was not kept', () => {
  it('is asked for tomorrow, after a week, then no more', () => {
    let now = 0;
    const day = 86_400_000;
    const reminders = new Reminders(new MemoryStore(), () => now);
    reminders.later('ada');
    expect(reminders.due('ada')).toBe(false);
    now = day;
    expect(reminders.due('ada')).toBe(true);
    expect(reminders.due('bruno')).toBe(false);
    reminders.later('ada');
    expect(reminders.due('ada')).toBe(false);
    now = 8 * day;
    expect(reminders.due('ada')).toBe(true);
    reminders.later('ada');
    now = 999 * day;
    expect(reminders.due('ada')).toBe(false);
  });

  it('is not asked for once it is kept', () => {
    const store = new MemoryStore();
    const reminders = new Reminders(store, () => 86_400_000);
    store.setItem('skein.recovery.ada', '{"asked":0,"at":1}');
    expect(reminders.due('ada')).toBe(true);
    reminders.kept('ada');
    expect(reminders.due('ada')).toBe(false);
    store.setItem('skein.recovery.ada', 'broken');
    expect(reminders.due('ada')).toBe(false);
  });
});

describe('missed calls', () => {
  it('are counted until the calls are looked at, once each', async () => {
    const line = fakeLine({ '/calls': { calls: [], profiles: [] } });
    const store = new MemoryStore();
    const missed = new Missed(line.connection, store);
    const socket = await online(line);
    const record = { key: 'k', conversation: 'c', peer: 'bruno', outgoing: false, video: false, started: 900_000, outcome: 'missed', reports: 0 } as const;
    socket.event({ type: 'call_record', record }, '60');
    socket.event({ type: 'call_record', record: { ...record, reports: 1 } }, '61');
    socket.event({ type: 'call_record', record: { ...record, key: 'o', outgoing: true, outcome: 'not_answered' } }, '62');
    expect(missed.count).toBe(1);
    missed.looked();
    expect(missed.count).toBe(0);
    socket.event({ type: 'call_record', record: { ...record, reports: 2 } }, '63');
    expect(missed.count).toBe(0);
    line.connection.stop();
  });
});

describe('somebody at the page', () => {
  it('is away after five minutes without a touch, and back with the first', () => {
    const listeners = new Map<string, () => void>();
    const page = {
      visibilityState: 'visible',
      hasFocus: () => true,
      addEventListener: (kind: string, run: () => void) => listeners.set(kind, run),
    };
    const window = {
      addEventListener: (kind: string, run: () => void) => listeners.set(kind, run),
      matchMedia: () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }),
    };
    const here = new Here(words, () => ['en'], () => Date.now(), () => 0);
    here.watch(page as unknown as Document, window as unknown as Window);
    expect([here.seen, here.idle]).toEqual([true, false]);
    vi.advanceTimersByTime(300_000);
    expect(here.idle).toBe(true);
    listeners.get('keydown')?.();
    expect(here.idle).toBe(false);
    page.visibilityState = 'hidden';
    listeners.get('visibilitychange')?.();
    expect(here.seen).toBe(false);
  });
});

describe('what time it is here', () => {
  it('is by the server, whose stamps it is compared with', () => {
    let offset = 0;
    const here = new Here(words, () => ['en'], () => Date.now(), () => offset);
    const began = here.now;
    offset = -86_400_000;
    expect(here.now).toBe(began - 86_400_000);
    vi.advanceTimersByTime(30_000);
    expect(here.now).toBe(began - 86_400_000 + 30_000);
  });
});

describe('small talk', () => {
  it('keeps few toasts, the newest', () => {
    const toasts = new Toasts();
    for (const text of ['a', 'b', 'c', 'd']) toasts.show(text);
    expect(toasts.list.map(({ text }) => text)).toEqual(['b', 'c', 'd']);
    toasts.close(toasts.list[0]?.id ?? 0);
    expect(toasts.list).toHaveLength(2);
  });

  it('says the same sentence twice so that it is heard twice', () => {
    const announcer = new Announcer();
    announcer.say('Sent');
    const first = announcer.polite;
    announcer.say('Sent');
    expect(announcer.polite).not.toBe(first);
  });

  it('explains every code of the server, and any other one', async () => {
    await words.use('en');
    await words.also('errors');
    await words.also('door');
    await settle();
    const codes = [
      'name_taken', 'name_reserved', 'name_characters', 'name_short', 'name_long', 'display_invalid', 'password_short',
      'password_weak', 'wrong_password', 'wrong_code', 'not_signed_in', 'blocked_account', 'registration_closed', 'too_many',
      'not_contacts', 'not_found', 'conflict', 'client_id_reused', 'text_empty', 'text_too_long', 'too_large', 'unavailable',
      'bad_request', 'offline',
    ];
    for (const code of codes) expect(explainCode(code, 'en'), code).not.toBe(explainCode('no_such_code', 'en'));
    expect(explainCode('too_many', 'en', 30_000)).toContain('30 seconds');
    expect(explainCode('wrong_password', 'en', 0, true)).toBe('That is not your password. Check it and try again.');
  });
});
