/**
 * Whether a page of this browser other than this one is in a call: it holds the name of the call (`World.hold`). `own`
 * are the names that this page holds.
 */
export async function callElsewhere(locks: Pick<LockManager, 'query'> | undefined, own: ReadonlyMap<string, unknown>): Promise<boolean> {
  try {
    const { held = [] } = (await locks?.query()) ?? {};
    return held.some(({ name = '' }) => name.startsWith('skein.call.') && !own.has(name.slice('skein.'.length)));
  } catch {
    return false; // a page without a right to ask
  }
}
