import { DATABASE } from './forget.ts';

/** Keeps the bytes of files on this device until they are sent, so that an upload goes on after a reload. */
export type Keep = {
  /** Keeps them; says whether it could. */
  put: (key: string, bytes: Blob) => Promise<boolean>;
  get: (key: string) => Promise<Blob | undefined>;
  remove: (key: string) => Promise<void>;
  /** Removes what nobody waits for any more. */
  sweep: (isWanted: (key: string) => boolean) => Promise<void>;
};

const SHELF = 'bytes';
/** Bytes that are kept at most, of all files together. */
export const MOST_KEPT = 512 * 1_024 * 1_024;

/** Kept in IndexedDB. Where there is none, or no room, nothing is kept. */
export class KeptFiles implements Keep {
  #opened: Promise<IDBDatabase> | undefined;

  async put(key: string, bytes: Blob): Promise<boolean> {
    try {
      const sizes = await this.#do('readonly', (shelf) => shelf.getAll() as IDBRequest<Blob[]>);
      if (sizes.reduce((sum, each) => sum + each.size, bytes.size) > MOST_KEPT) return false;
      await this.#do('readwrite', (shelf) => shelf.put(bytes, key));
      return true;
    } catch {
      return false;
    }
  }

  async get(key: string): Promise<Blob | undefined> {
    try {
      return await this.#do('readonly', (shelf) => shelf.get(key) as IDBRequest<Blob | undefined>);
    } catch {
      return undefined;
    }
  }

  async remove(key: string): Promise<void> {
    try {
      await this.#do('readwrite', (shelf) => shelf.delete(key));
    } catch {
      // The next sweep finds it.
    }
  }

  async sweep(isWanted: (key: string) => boolean): Promise<void> {
    try {
      const keys = await this.#do('readonly', (shelf) => shelf.getAllKeys());
      for (const key of keys) if (typeof key !== 'string' || !isWanted(key)) await this.#do('readwrite', (shelf) => shelf.delete(key));
    } catch {
      // There is nothing to sweep.
    }
  }

  /** Resolves when it is on disk. */
  async #do<T>(mode: IDBTransactionMode, ask: (shelf: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const database = await (this.#opened ??= this.#open());
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(SHELF, mode);
      const request = ask(transaction.objectStore(SHELF));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
    });
  }

  #open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(SHELF);
      request.onsuccess = () => {
        const database = request.result;
        // Signing out, in this tab or another one, takes it away.
        database.onversionchange = () => {
          database.close();
          this.#opened = undefined;
        };
        resolve(database);
      };
      request.onerror = () => {
        this.#opened = undefined;
        reject(request.error ?? new Error('no database'));
      };
    });
  }
}
