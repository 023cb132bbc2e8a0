import { Refused } from './refused.ts';
import { duration } from './when.ts';
import { words } from './words.svelte.ts';

/** What went wrong and what to do, in the reader's language. `own` asks for the sentence of one's own password. */
export function explain(thrown: unknown, tag: string, own = false): string {
  const refused = Refused.from(thrown);
  return explainCode(refused.code, tag, refused.retry_after, own, refused.limit);
}

/** The same for a code that was kept. */
export function explainCode(code: string, tag: string, retryAfter = 60_000, own = false, limit = 0): string {
  if (own && code === 'wrong_password') return words.t('error-wrong_own_password');
  const key = `error-${code}`;
  return words.has(key) ? words.t(key, { time: duration(retryAfter, tag), limit }) : words.t('error-other');
}
