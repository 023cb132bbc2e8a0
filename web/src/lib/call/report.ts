/** Makes the report of one end (`CallReport`, format 1), and reads the kept ones. */
import type { CallReport } from '../api/CallReport.ts';
import type { Side } from '../api/Side.ts';
import type { Marks } from './marks.ts';
import { noFigures, type Reading } from './stats.ts';
import type { ServerClock } from './world.ts';

/** `ReportCall` takes 64 KiB; a page that closes may send 64 KiB in all, the farewell included. */
export const MAX_REPORT_BYTES = 60 * 1024;

export interface Evidence {
  side: Side;
  agent: string;
  clock: ServerClock;
  marks: Marks;
  last: Reading | undefined;
  ended: string;
}

export function makeReport(evidence: Evidence): CallReport {
  const { clock, last } = evidence;
  return {
    format: 1,
    side: evidence.side,
    agent: evidence.agent.slice(0, 120),
    clock: {
      offset: clock.offset,
      // Before the first round trip nothing is known; JSON has no infinity.
      error: Number.isFinite(clock.error) ? clock.error : 0,
      samples: clock.samples,
    },
    marks: evidence.marks.mapped(clock),
    pairs: last?.pairs ?? [],
    ...(last?.path === undefined ? {} : { path: last.path }),
    audio: last?.audio ?? noFigures(),
    ...(last?.video === undefined ? {} : { video: last.video }),
    ended: evidence.ended,
  };
}

/** The text that is sent and kept; pairs are left out from the end until it fits. */
export function writeReport(report: CallReport): string {
  const pairs = [...report.pairs];
  for (;;) {
    const text = JSON.stringify({ ...report, pairs });
    if (new TextEncoder().encode(text).length <= MAX_REPORT_BYTES || pairs.length === 0) return text;
    pairs.pop();
  }
}

/** Reads a kept report; `undefined` if it is of a format we do not know, or broken. The far end wrote it: trust no field. */
export function readReport(text: string): CallReport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value['format'] !== 1) return undefined;
  const clock = value['clock'];
  const side = value['side'];
  if ((side !== 'caller' && side !== 'callee') || !isRecord(clock) || !isRecord(value['audio'])) return undefined;
  if (!Array.isArray(value['marks']) || !Array.isArray(value['pairs'])) return undefined;
  const path = value['path'];
  return {
    format: 1,
    side,
    agent: textOf(value['agent'], 120) ?? '',
    clock: { offset: number(clock['offset']) ?? 0, error: number(clock['error']) ?? 0, samples: number(clock['samples']) ?? 0 },
    marks: value['marks'].slice(0, 256).flatMap((mark) => {
      if (!isRecord(mark)) return [];
      const name = textOf(mark['name'], 40);
      const at = number(mark['at']);
      const note = textOf(mark['note'], 80);
      return name === undefined || at === undefined ? [] : [{ name, at, ...(note === undefined ? {} : { note }) }];
    }),
    pairs: value['pairs'].slice(0, 128).flatMap((pair) => readPair(pair)),
    ...(path === 'direct' || path === 'relay' || path === 'server' ? { path } : {}),
    audio: readFigures(value['audio']),
    ...(isRecord(value['video']) ? { video: readFigures(value['video']) } : {}),
    ended: textOf(value['ended'], 40) ?? '',
  };
}

function readPair(pair: unknown): CallReport['pairs'] {
  if (!isRecord(pair) || !isRecord(pair['local']) || !isRecord(pair['remote'])) return [];
  const rtt = number(pair['rtt']);
  const checks = number(pair['checks']);
  return [
    {
      local: readCandidate(pair['local']),
      remote: readCandidate(pair['remote']),
      state: textOf(pair['state'], 20) ?? '',
      selected: pair['selected'] === true,
      ...(rtt === undefined ? {} : { rtt }),
      ...(checks === undefined ? {} : { checks }),
      bytes_sent: number(pair['bytes_sent']) ?? 0,
      bytes_received: number(pair['bytes_received']) ?? 0,
    },
  ];
}

function readCandidate(value: Record<string, unknown>): CallReport['pairs'][number]['local'] {
  const address = textOf(value['address'], 80);
  const port = number(value['port']);
  return {
    kind: textOf(value['kind'], 12) ?? '',
    protocol: textOf(value['protocol'], 8) ?? '',
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port }),
  };
}

function readFigures(value: Record<string, unknown>): CallReport['audio'] {
  const figures: CallReport['audio'] = noFigures();
  for (const key of ['packets_sent', 'packets_received', 'packets_lost', 'packets_recovered', 'concealed'] as const) {
    figures[key] = number(value[key]) ?? 0;
  }
  for (const key of ['jitter', 'rtt', 'level', 'frames'] as const) {
    const figure = number(value[key]);
    if (figure !== undefined) figures[key] = figure;
  }
  const codec = textOf(value['codec'], 16);
  if (codec !== undefined) figures.codec = codec;
  return figures;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function textOf(value: unknown, longest: number): string | undefined {
  return typeof value === 'string' ? value.slice(0, longest) : undefined;
}
