import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Messenger } from './messenger.svelte.ts';
import { Session } from './session.svelte.ts';
import { MemoryStore, fakeHttp, fakeLine, refusal, settle, snapshot } from './testing.ts';

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

const info = { name: 'skein.example.org', version: '0.1.0', registration: 'open' };

type Started = { session: Session; line: ReturnType<typeof fakeLine>; bodies: unknown[]; missing: string[]; forgotten: string[] };

function start(answers: Record<string, unknown> = {}): Started {
  const bodies: unknown[] = [];
  let known = answers['known'] === true;
  const line = fakeLine({
    '/sync': () => (known ? { type: 'snapshot', snapshot: snapshot() } : refusal(401, 'not_signed_in')),
  });
  const enter = (_: string, body: unknown): unknown => {
    bodies.push(body);
    known = true;
    return { account: snapshot().account, device: 'd1', recovery_code: 'AAAA-BBBB' };
  };
  const { http } = fakeHttp({
    '/server': info,
    '/register': enter,
    '/recover': enter,
    '/sign-in': (_: string, body: unknown) => {
      bodies.push(body);
      known = true;
      return { account: snapshot().account, device: 'd1' };
    },
    '/sign-out': {},
    ...answers,
  });
  const messenger = new Messenger(line.connection, new MemoryStore(), () => 'id');
  const device = (): { label: string; kind: 'browser' } => ({ label: 'Firefox on Linux', kind: 'browser' });
  const missing: string[] = [];
  const forgotten: string[] = [];
  const session = new Session({
    http, connection: line.connection, messenger, device, language: () => 'pt-BR', codeMissing: (account) => missing.push(account),
    forget: (account) => forgotten.push(account),
  });
  return { session, line, bodies, missing, forgotten };
}

describe('a session', () => {
  it('forgets what waits on this device with the account, and only then', async () => {
    const { session, forgotten } = start({ known: true, '/delete-account': {} });
    await session.begin();
    await settle();
    await session.signOut();
    expect(forgotten).toEqual([]);
    await session.signIn('ada', 'password');
    await settle();
    await session.deleteAccount('password');
    expect(forgotten).toEqual([snapshot().account.id]);
    expect(session.phase).toBe('out');
  });

  it('forgets what waits on this device too where the line ends before the answer that the account is deleted', async () => {
    const { session, line, forgotten } = start({
      known: true,
      '/delete-account': () => {
        line.socket().say({ type: 'bye', why: 'signed_out' });
        return {};
      },
    });
    await session.begin();
    await settle();
    line.socket().welcome();
    await session.deleteAccount('password');
    expect(forgotten).toEqual([snapshot().account.id]);
    expect(session.phase).toBe('out');
    expect(session.ending).toBeUndefined();
  });

  it('is in at once when the server knows this browser, after what must listen is there', async () => {
    const { session, line } = start({ known: true });
    const order: string[] = [];
    session.before = () => {
      order.push('before');
      return Promise.resolve();
    };
    line.connection.onSnapshot(() => order.push('state'));
    await session.begin();
    await settle();
    expect(session.phase).toBe('in');
    expect(session.server?.name).toBe('skein.example.org');
    expect(order).toEqual(['before', 'state']);
    line.connection.stop();
  });

  it('is out without a farewell when nobody is signed in', async () => {
    const { session } = start();
    await session.begin();
    await settle();
    expect(session.phase).toBe('out');
    expect(session.ending).toBeUndefined();
  });

  it('says that the server is silent, and begins again when asked', async () => {
    let gone = true;
    const { session } = start({ '/server': () => (gone ? new Error('gone') : info) });
    await session.begin();
    expect(session.phase).toBe('silent');
    gone = false;
    await session.begin();
    await settle();
    expect(session.phase).toBe('out');
  });

  it('creates an account with a cookie, and shows its code once', async () => {
    const { session, bodies, line } = start();
    await session.begin();
    await session.register('ada', 'Ada', 'a password');
    await settle();
    expect(bodies[0]).toEqual({
      name: 'ada', display: 'Ada', password: 'a password', session: 'cookie', language: 'pt-BR',
      device: { label: 'Firefox on Linux', kind: 'browser' },
    });
    expect(session.phase).toBe('in');
    expect(session.recoveryCode).toBe('AAAA-BBBB');
    session.codeSeen();
    expect(session.recoveryCode).toBeUndefined();
    line.connection.stop();
  });

  it('signs in again by itself when the connection breaks on the way', async () => {
    let tries = 0;
    const { session, line } = start({
      '/sync': { type: 'snapshot', snapshot: snapshot() },
      '/sign-in': () => ((tries += 1) === 1 ? new TypeError('network changed') : { account: snapshot().account, device: 'd1' }),
    });
    await session.begin();
    await session.signIn('ada', 'x');
    expect(tries).toBe(2);
    line.connection.stop();
  });

  /** A server that made the account, and whose answer was lost. */
  const lost = (): Record<string, unknown> => {
    let made = 0;
    return {
      '/register': () => ((made += 1) === 1 ? new TypeError('network changed') : refusal(400, 'name_taken')),
      '/command': (_: string, body: unknown) => {
        expect(body).toEqual({ type: 'new_recovery_code', password: 'a password' });
        return { value: { type: 'recovery_code', code: 'CCCC-DDDD' } };
      },
    };
  };

  it('does not create an account twice, and comes in with a code when only the answer was lost', async () => {
    const { session, line, bodies, missing } = start(lost());
    await session.begin();
    await expect(session.register('ada', 'Ada', 'a password')).rejects.toMatchObject({ code: 'offline' });
    expect(bodies).toEqual([]);
    await session.register('ada', 'Ada', 'a password');
    await settle();
    expect(session.phase).toBe('in');
    expect(session.isNew).toBe(true);
    expect(session.recoveryCode).toBe('CCCC-DDDD');
    expect(missing).toEqual([]);
    line.connection.stop();
  });

  it('shows a code too when the one whose answer was lost signs in', async () => {
    const { session, line } = start(lost());
    await expect(session.register('ada', 'Ada', 'a password')).rejects.toMatchObject({ code: 'offline' });
    await session.signIn('Ada', 'a password');
    expect(session.recoveryCode).toBe('CCCC-DDDD');
    expect(session.isNew).toBe(true);
    // Whoever signs in later is somebody who has one.
    session.codeSeen();
    await session.signIn('ada', 'a password');
    expect(session.recoveryCode).toBeUndefined();
    line.connection.stop();
  });

  it('comes in without a code rather than not at all, and has it asked for later', async () => {
    const { session, line, missing } = start({ ...lost(), '/command': () => refusal(503, 'unavailable') });
    await expect(session.register('ada', 'Ada', 'a password')).rejects.toMatchObject({ code: 'offline' });
    await session.register('ada', 'Ada', 'a password');
    await settle();
    expect(session.phase).toBe('in');
    expect(session.recoveryCode).toBeUndefined();
    expect(missing).toEqual(['ada']);
    line.connection.stop();
  });

  it('still knows whose the name is when the server is gone again', async () => {
    let gone = true;
    const { session, line } = start({
      ...lost(),
      '/sign-in': () => (gone ? new TypeError('network changed') : { account: snapshot().account, device: 'd1' }),
    });
    await expect(session.register('ada', 'Ada', 'a password')).rejects.toMatchObject({ code: 'offline' });
    await expect(session.register('ada', 'Ada', 'a password')).rejects.toMatchObject({ code: 'offline' });
    gone = false;
    await session.register('ada', 'Ada', 'a password');
    expect(session.recoveryCode).toBe('CCCC-DDDD');
    line.connection.stop();
  });

  it('says that a name is taken when it is somebody else', async () => {
    let made = 0;
    const { session } = start({
      '/register': () => ((made += 1) === 1 ? new TypeError('network changed') : refusal(400, 'name_taken')),
      '/sign-in': () => refusal(401, 'wrong_password'),
    });
    await expect(session.register('ada', 'Ada', 'a password')).rejects.toMatchObject({ code: 'offline' });
    await expect(session.register('ada', 'Ada', 'a password')).rejects.toMatchObject({ code: 'name_taken' });
    // And the next one who tries it was never left without an answer.
    await expect(session.register('ada', 'Ada', 'a password')).rejects.toMatchObject({ code: 'name_taken' });
    expect(session.phase).not.toBe('in');
  });

  it('passes a refusal on and stays out', async () => {
    const { session } = start({ '/sign-in': () => refusal(401, 'wrong_password') });
    await session.begin();
    await settle();
    await expect(session.signIn('ada', 'x')).rejects.toMatchObject({ code: 'wrong_password' });
    expect(session.phase).toBe('out');
  });

  it('sets a new password by the code and shows the next one', async () => {
    const { session, bodies, line } = start();
    await session.recover('ada', 'AAAA BBBB', 'a password', true);
    await settle();
    expect(bodies[0]).toMatchObject({ code: 'AAAA BBBB', end_others: true });
    expect(session.recoveryCode).toBe('AAAA-BBBB');
    line.connection.stop();
  });

  it('leaves with a sentence when this device was signed out elsewhere', async () => {
    const { session, line } = start({ known: true });
    await session.begin();
    await settle();
    line.socket().welcome();
    line.socket().say({ type: 'bye', why: 'signed_out' });
    expect(session.phase).toBe('out');
    expect(session.ending).toBe('signed_out');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(line.sockets).toHaveLength(1);
  });

  it('signs out: the connection ends and nothing is left', async () => {
    const { session, line } = start({ known: true });
    await session.begin();
    await settle();
    line.socket().welcome();
    await session.signOut();
    expect(session.phase).toBe('out');
    expect(session.ending).toBeUndefined();
    expect(line.connection.status).toBe('offline');
  });

  it('goes on without the calls when they cannot be loaded', async () => {
    const { session, line } = start({ known: true });
    session.before = () => Promise.reject(new Error('old files'));
    await session.begin();
    await settle();
    expect(session.phase).toBe('in');
    line.connection.stop();
  });
});
