import { connection, messenger, session } from '../app.svelte.ts';
import { newId } from '../new-id.ts';
import { words } from '../words.svelte.ts';
import { KeptFiles } from './keep.ts';
import type { Ports } from './upload.ts';
import { Uploads } from './uploads.svelte.ts';
import { patcher } from './wire.ts';

const send = patcher((input, init) => fetch(input, init));

/** Gives up what is under way when the connection is lost: a line that is dead says nothing for minutes. */
async function whileOnline<T>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const lost = new AbortController();
  const end = $effect.root(() => {
    $effect(() => {
      if (connection.status !== 'online') lost.abort();
    });
  });
  try {
    return await run(AbortSignal.any([signal, lost.signal]));
  } finally {
    end();
  }
}

/** What an upload takes from this page. */
export const ports: Ports = {
  command: (command) => connection.command(command),
  patch: (object, offset, bytes, signal) => whileOnline(signal, (both) => send(object, offset, bytes, both)),
  isOnline: () => connection.status === 'online',
  online: (signal) =>
    new Promise((resolve, reject) => {
      if (connection.status === 'online') return resolve();
      const over = connection.onOnline(() => (over(), resolve()));
      signal.addEventListener('abort', () => (over(), reject(signal.reason as Error)), { once: true });
    }),
  pause: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason as Error)), { once: true });
    }),
  now: () => Date.now(),
  most: () => session.server?.limits.piece_bytes ?? 960 * 1_024,
};

/** What brings files to the server, with its words. */
export async function make(): Promise<Uploads> {
  await words.also('files');
  return new Uploads({
    ports,
    keep: new KeptFiles(),
    outbox: () => messenger.outbox,
    write: (chat, said, client) => messenger.write(chat, said, client),
    isWanted: (client) => messenger.outbox?.isKept(client) ?? true,
    newId,
  });
}

