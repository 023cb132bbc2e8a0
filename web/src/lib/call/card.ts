/** Reads the card that `echo` leaves in the chat. */

/** What `echo` advises; one for each cause that it can tell. */
export const ADVICE = [
  'good', 'quiet', 'loud', 'clipped', 'silent', 'muted', 'device', 'one-sided', 'one-way', 'choppy', 'echoing', 'hum', 'noisy', 'lossy', 'jittery', 'slow',
] as const;
export type Advice = (typeof ADVICE)[number];

/** What takes from a score. */
export const CAUSES = ['level', 'noise', 'clipping', 'echo', 'gaps', 'loss', 'delay'] as const;
export type Cause = (typeof CAUSES)[number];

export interface SoundTest {
  /** Estimated mean opinion, 1 to 4.5; absent where nobody spoke. */
  score: number | undefined;
  /** What each cause would take from a perfect score if it were alone, the dearest first. */
  costs: { cause: Cause; points: number }[];
  /** Of the speech, in dBFS. */
  level: number | undefined;
  /** What is in the pauses, in dBFS. */
  noise: number | undefined;
  /** Mains that hum, in Hz. */
  hum: number | undefined;
  /** How much later an echo comes, in ms. */
  echo: number | undefined;
  /** Share of lost packets, 0 to 1. */
  loss: number | undefined;
  /** ms. */
  jitter: number | undefined;
  rtt: number | undefined;
  concealed: number | undefined;
  /** The most useful first; never empty. */
  advice: Advice[];
}

/** So many costs are shown, and so much advice. */
const MOST = 4;

/** `undefined` if it is another card; then its words are shown. */
export function readSoundTest(card: unknown): SoundTest | undefined {
  if (typeof card !== 'object' || card === null) return undefined;
  const fields = card as Record<string, unknown>;
  if (fields['type'] !== 'sound_test') return undefined;
  const findings: unknown[] = Array.isArray(fields['findings']) ? fields['findings'] : [fields['advice']];
  const advice = findings.flatMap((found) => ADVICE.find((known) => known === found) ?? []).slice(0, MOST);
  if (advice.length === 0) return undefined;
  const number = (key: string): number | undefined => finite(fields[key]);
  return {
    score: number('score'),
    costs: costsOf(fields['costs']),
    level: number('level_dbfs'),
    noise: number('noise_dbfs'),
    hum: number('hum_hz'),
    echo: number('echo_ms'),
    loss: number('loss'),
    jitter: number('jitter_ms'),
    rtt: number('rtt_ms'),
    concealed: number('concealed_ms'),
    advice,
  };
}

function costsOf(value: unknown): SoundTest['costs'] {
  if (!Array.isArray(value)) return [];
  return value
    .flatMap((one: { cause?: unknown; points?: unknown } | null) => {
      const cause = CAUSES.find((known) => known === one?.cause);
      const points = finite(one?.points);
      return cause && points !== undefined ? [{ cause, points }] : [];
    })
    .slice(0, MOST);
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
