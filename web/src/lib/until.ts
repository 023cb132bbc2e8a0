/** How long somebody does not want to be disturbed. */
export const LENGTHS = ['hour', 'tomorrow', 'always'] as const;
export type Length = (typeof LENGTHS)[number];

const HOUR = 3_600_000;
/** The hour of the clock at which a new day begins for most people. */
const MORNING = 8;

/** When it ends, in ms: after an hour, or in the morning of the next day where the reader is; never for `always`. */
export function endOf(length: Length, now: number): number | undefined {
  if (length === 'always') return undefined;
  if (length === 'hour') return Math.round(now + HOUR);
  const morning = new Date(now);
  morning.setDate(morning.getDate() + 1);
  morning.setHours(MORNING, 0, 0, 0);
  return morning.getTime();
}
