/** How a call sounded, in the design's three steps. */
import type { CallReport } from '../api/CallReport.ts';
import type { StreamFigures } from '../api/StreamFigures.ts';

export type Verdict = 'good' | 'gaps' | 'hard';

/** Shares of what should have come in (0 to 1) and a round trip in ms, from which on a call is no longer so. */
const GAPS = { lost: 0.02, concealed: 0.03, rtt: 400 };
const HARD = { lost: 0.08, concealed: 0.12, rtt: 800 };
/** A packet of Opus carries 20 ms (RFC 7587 §4.2). */
export const PACKET_MS = 20;
/** Fewer packets than this tell nothing: one second. */
const ENOUGH = 50;

/** The share of packets that never came, 0 to 1. */
export function lossOf(figures: StreamFigures): number | undefined {
  const expected = figures.packets_received + figures.packets_lost;
  return expected === 0 ? undefined : figures.packets_lost / expected;
}

/** The share of time that was made up, 0 to 1. */
export function concealedOf(figures: StreamFigures): number | undefined {
  const expected = (figures.packets_received + figures.packets_lost) * PACKET_MS;
  return expected === 0 ? undefined : Math.min(1, figures.concealed / expected);
}

/** Round trip of a call in ms: of the sound, else of the checks on the pair in use. */
export function rttOf(report: CallReport): number | undefined {
  return report.audio.rtt ?? report.pairs.find((pair) => pair.selected)?.rtt;
}

/** Judges shares of 0 to 1 and a round trip in ms. */
export function grade(lost: number, concealed: number, rtt: number): Verdict {
  const over = (limit: typeof GAPS): boolean => lost >= limit.lost || concealed >= limit.concealed || rtt >= limit.rtt;
  if (over(HARD)) return 'hard';
  return over(GAPS) ? 'gaps' : 'good';
}

/** `undefined` when too little came in to say. */
export function verdict(figures: StreamFigures): Verdict | undefined {
  if (figures.packets_received + figures.packets_lost < ENOUGH) return undefined;
  return grade(lossOf(figures) ?? 0, concealedOf(figures) ?? 0, figures.rtt ?? 0);
}

/** The worse of the two ends, as both have to hear each other. */
export function joint(reports: (CallReport | undefined)[]): Verdict | undefined {
  const order: Verdict[] = ['good', 'gaps', 'hard'];
  let worst: Verdict | undefined;
  for (const report of reports) {
    const one = report && verdict(report.audio);
    if (one && (worst === undefined || order.indexOf(one) > order.indexOf(worst))) worst = one;
  }
  return worst;
}
