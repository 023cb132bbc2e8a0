/** Before a second attempt, in ms: when an address comes or goes, Chromium ends whatever is under way. */
const PAUSE = 300;

/** Loads a part of this page; once more if the connection breaks on the way. */
export async function again<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    return load();
  }
}
