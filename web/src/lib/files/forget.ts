/** The database of files that wait on this device. */
export const DATABASE = 'skein-files';

/** Forgets them: somebody signs out. */
export function forgetKept(): void {
  try {
    indexedDB.deleteDatabase(DATABASE);
  } catch {
    // Without databases nothing was kept.
  }
}
