/** How a call sounded, in the design's three steps. */
import type { CallReport } from '../api/CallReport.ts';
import type { StreamFigures } from '../api/StreamFigures.ts';

export type Verdict = 'good' | 'gaps' | 'hard';
const ORDER: Verdict[] = ['good', 'gaps', 'hard'];

/** What a direction of a call is judged by: shares of 0 to 1, times in ms. */
export interface Figures {
  /** Share of the packets that never came. */
  lost: number;
  /** Share of the time that was made up. */
  concealed: number;
  /** Round trip. */
  rtt: number;
  /** How unevenly packets come (RFC 3550, §6.4.1). */
  jitter: number;
}

/** The figures from which on a call has gaps, and from which on it is hard to hear. */
export const GAPS: Figures = { lost: 0.02, concealed: 0.03, rtt: 400, jitter: 50 };
export const HARD: Figures = { lost: 0.08, concealed: 0.12, rtt: 800, jitter: 120 };
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

/** One direction of a call over the last seconds. */
export interface Direction extends Figures {
  verdict: Verdict;
  /** The figure that is furthest over its limit. */
  cause: keyof Figures | undefined;
}

/** Judges one direction, and names what is wrong with it. */
export function judge(figures: Figures): Direction {
  const names = ['lost', 'concealed', 'rtt', 'jitter'] as const;
  const over = (limit: Figures): boolean => names.some((name) => figures[name] >= limit[name]);
  const verdict = over(HARD) ? 'hard' : over(GAPS) ? 'gaps' : 'good';
  const share = (name: keyof Figures): number => figures[name] / GAPS[name];
  const worst = names.reduce((most, name) => (share(name) > share(most) ? name : most));
  return { ...figures, verdict, cause: verdict === 'good' ? undefined : worst };
}

/** The worse of two. */
export function worse(one: Verdict, other: Verdict | undefined): Verdict {
  return other !== undefined && ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one;
}

/** `undefined` when too little came in to say. */
export function verdict(figures: StreamFigures): Verdict | undefined {
  if (figures.packets_received + figures.packets_lost < ENOUGH) return undefined;
  // Jitter is of the moment: it says nothing of a whole call.
  return judge({ lost: lossOf(figures) ?? 0, concealed: concealedOf(figures) ?? 0, rtt: figures.rtt ?? 0, jitter: 0 }).verdict;
}

/** The worse of the two ends, as both have to hear each other. */
export function joint(reports: (CallReport | undefined)[]): Verdict | undefined {
  let worst: Verdict | undefined;
  for (const report of reports) {
    const one = report && verdict(report.audio);
    if (one) worst = worse(one, worst);
  }
  return worst;
}
