/** What is older was missed, in ms: it is counted, not told one by one. */
const NEWS = 2 * 60_000;

/**
 * Whether a message is told of: one that came as it was said (`live`) is, whatever it is stamped with, as the clock of
 * this device may just have been set anew; of those that are caught up with, the fresh ones.
 */
export function isNews(stamp: number, now: number, live: boolean): boolean {
  return live || now - stamp <= NEWS;
}
