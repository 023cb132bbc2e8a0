/** Reads the card that `echo` leaves in the chat. */

/** What `echo` advises; one for each cause that it can tell. */
export const ADVICE = ['good', 'quiet', 'silent', 'clipped', 'noisy', 'lossy', 'jittery', 'slow'] as const;
export type Advice = (typeof ADVICE)[number];

export interface SoundTest {
  /** Of the speech, in dBFS. */
  level: number | undefined;
  /** Share of lost packets, 0 to 1. */
  loss: number | undefined;
  /** ms. */
  jitter: number | undefined;
  rtt: number | undefined;
  concealed: number | undefined;
  advice: Advice;
}

/** `undefined` if it is another card; then its words are shown. */
export function readSoundTest(card: unknown): SoundTest | undefined {
  if (typeof card !== 'object' || card === null) return undefined;
  const fields = card as Record<string, unknown>;
  if (fields['type'] !== 'sound_test') return undefined;
  const advice = ADVICE.find((known) => known === fields['advice']);
  if (!advice) return undefined;
  const number = (key: string): number | undefined => {
    const value = fields[key];
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  };
  return {
    level: number('level_dbfs'),
    loss: number('loss'),
    jitter: number('jitter_ms'),
    rtt: number('rtt_ms'),
    concealed: number('concealed_ms'),
    advice,
  };
}
