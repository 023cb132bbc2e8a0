/**
 * The sequence diagram of one call, from what both ends and the server have seen. Nothing is made up: a moment that
 * nobody saw becomes a gap that says so.
 */
import type { CallDetail } from '../api/CallDetail.ts';
import type { CallReport } from '../api/CallReport.ts';
import type { MarkName } from '../api/MarkName.ts';
import type { Side } from '../api/Side.ts';
import { readReport } from './report.ts';

export type Lane = 'caller' | 'server' | 'relay' | 'callee';
export type Proto = 'signal' | 'stun' | 'dtls' | 'rtp' | 'error';

/** What a row says; the words are made from it. */
export type What =
  | 'invite'
  | 'ring'
  | 'ringing'
  | 'accept'
  | 'signals'
  | 'decline'
  | 'connected'
  | 'first_check'
  | 'valid_pair'
  | 'sealed'
  | 'first_audio'
  | 'first_video'
  | 'path_changed'
  | 'hold'
  | 'resume'
  | 'screen'
  | 'screen_end'
  | 'leave'
  | 'end'
  | 'report'
  | 'other';

export type Row =
  | { kind: 'arrow'; at: number; from: Lane; to: Lane; through: Lane | undefined; both: boolean; proto: Proto; what: What; note: string | undefined; count: number }
  /** Something that an end did or saw alone. */
  | { kind: 'point'; at: number; lane: Lane; proto: Proto; what: What; note: string | undefined }
  /** Nobody saw it. It stands where it would have been. */
  | { kind: 'gap'; at: number; lane: Lane; what: What; side: Side };

export interface Diagram {
  lanes: Lane[];
  rows: Row[];
  /** Server time of the first row, in ms. */
  origin: number;
  /** ± ms of each end's times, if it sent a report. */
  error: Record<Side, number | undefined>;
  reports: Record<Side, CallReport | undefined>;
}

/** Rows that are drawn at most; a call has about thirty. */
const MAX_ROWS = 200;

/** Moments that an answered call has at each end, and what a missing one is called. */
const EXPECTED: [MarkName, What][] = [
  ['first_check', 'first_check'],
  ['valid_pair', 'valid_pair'],
  ['dtls_connected', 'sealed'],
  ['first_audio', 'first_audio'],
];

export function diagram(detail: CallDetail): Diagram {
  const reports = reportsOf(detail);
  const relayed = Object.values(reports).some((report) => report?.path === 'relay');
  const lanes: Lane[] = relayed ? ['caller', 'server', 'relay', 'callee'] : ['caller', 'server', 'callee'];
  const through = relayed ? 'relay' : undefined;
  const rows: Row[] = [...serverRows(detail, reports), ...endRows('caller', reports.caller, through), ...endRows('callee', reports.callee, through)];
  if (detail.record.answered !== undefined) {
    rows.push(...gaps('caller', reports.caller, detail.record.answered), ...gaps('callee', reports.callee, detail.record.answered));
  }
  rows.sort((a, b) => a.at - b.at);
  const origin = rows.find((row) => row.kind !== 'gap')?.at ?? detail.record.started;
  return {
    lanes,
    rows: rows.slice(0, MAX_ROWS).map((row) => ({ ...row, at: row.at - origin })),
    origin,
    error: { caller: reports.caller?.clock.error, callee: reports.callee?.clock.error },
    reports,
  };
}

/** The report of each side, as far as there is one that can be read. */
export function reportsOf(detail: CallDetail): Record<Side, CallReport | undefined> {
  const own: Side = detail.record.outgoing ? 'caller' : 'callee';
  const far: Side = own === 'caller' ? 'callee' : 'caller';
  const reports: Record<Side, CallReport | undefined> = { caller: undefined, callee: undefined };
  for (const kept of detail.reports) {
    const report = readReport(kept.report);
    // Which side it is follows from who sent it, not from what it claims.
    const side = kept.own ? own : far;
    // A page that was loaded again reported for its part; the page after it knows the end.
    if (report && (!reports[side] || reports[side].ended === 'page_closed')) reports[side] = { ...report, side };
  }
  return reports;
}

const other = (side: Side): Side => (side === 'caller' ? 'callee' : 'caller');

/** What went through the server, with the times at its ends where they are known. */
function serverRows(detail: CallDetail, reports: Record<Side, CallReport | undefined>): Row[] {
  const rows: Row[] = [];
  const arrow = (at: number, from: Lane, to: Lane, what: What, count = 1): void => {
    rows.push({ kind: 'arrow', at, from, to, through: undefined, both: false, proto: 'signal', what, note: undefined, count });
  };
  /** Nobody says that it rings before it was told to. */
  const ringing = detail.marks.find((mark) => mark.name === 'ringing')?.at;
  const seen = (side: Side, name: MarkName): number | undefined => markAt(reports[side], name);
  for (const mark of detail.marks) {
    const side: Side = mark.side === 'callee' ? 'callee' : 'caller';
    const far = other(side);
    switch (mark.name) {
      case 'invite':
        arrow(earlier(seen('caller', 'invite'), mark.at), 'caller', 'server', 'invite');
        arrow(Math.min(later(seen('callee', 'ring'), mark.at), ringing ?? Infinity), 'server', 'callee', 'ring');
        break;
      case 'ringing':
        arrow(mark.at, 'callee', 'server', 'ringing');
        arrow(later(seen('caller', 'ring'), mark.at), 'server', 'caller', 'ringing');
        break;
      case 'accept':
        arrow(earlier(seen('callee', 'answer'), mark.at), 'callee', 'server', 'accept');
        arrow(later(seen('caller', 'answer'), mark.at), 'server', 'caller', 'accept');
        break;
      case 'signal':
        arrow(mark.at, side, far, 'signals', mark.count);
        break;
      case 'decline':
        arrow(mark.at, 'callee', 'server', 'decline');
        break;
      case 'hold':
      case 'resume':
      case 'screen':
      case 'screen_end':
        arrow(mark.at, side, far, mark.name);
        break;
      case 'connected':
        arrow(mark.at, side, 'server', 'connected');
        break;
      case 'report':
        arrow(mark.at, side, 'server', 'report');
        break;
      case 'leave':
        arrow(earlier(seen(side, 'leave'), mark.at), side, 'server', 'leave');
        break;
      case 'end':
        arrow(mark.at, 'server', mark.side === 'server' ? 'caller' : far, 'end');
        if (mark.side === 'server') arrow(mark.at, 'server', 'callee', 'end');
        break;
      default:
        rows.push({ kind: 'point', at: mark.at, lane: mark.side === 'server' ? 'server' : side, proto: 'signal', what: 'other', note: mark.name.slice(0, 24) });
    }
  }
  return rows;
}

/** What went between the ends, as one of them saw it. */
function endRows(side: Side, report: CallReport | undefined, through: Lane | undefined): Row[] {
  const far = other(side);
  const rows: Row[] = [];
  const between = (at: number, from: Side, to: Side, proto: Proto, what: What, note?: string, both = false): void => {
    rows.push({ kind: 'arrow', at, from, to, through, both, proto, what, note, count: 1 });
  };
  for (const mark of report?.marks ?? []) {
    switch (mark.name as MarkName) {
      case 'first_check':
        between(mark.at, side, far, 'stun', 'first_check');
        break;
      case 'valid_pair':
        between(mark.at, far, side, 'stun', 'valid_pair');
        break;
      case 'dtls_connected':
        between(mark.at, side, far, 'dtls', 'sealed', undefined, true);
        break;
      case 'first_audio':
        between(mark.at, far, side, 'rtp', 'first_audio', mark.note);
        break;
      case 'first_video':
        between(mark.at, far, side, 'rtp', 'first_video', mark.note);
        break;
      case 'path_changed':
        rows.push({ kind: 'point', at: mark.at, lane: side, proto: 'error', what: 'path_changed', note: mark.note });
        break;
      default: // told by the server's rows, or of no use in the picture
    }
  }
  return rows;
}

/** Each expected moment that the end did not report, after the last one that it did. */
function gaps(side: Side, report: CallReport | undefined, answered: number): Row[] {
  if (!report) return []; // said once, above the picture
  const rows: Row[] = [];
  let last = Math.max(answered, markAt(report, 'answer') ?? 0);
  for (const [name, what] of EXPECTED) {
    const at = markAt(report, name);
    if (at === undefined) rows.push({ kind: 'gap', at: last, lane: side, what, side });
    else last = Math.max(last, at);
  }
  return rows;
}

function markAt(report: CallReport | undefined, name: MarkName): number | undefined {
  return report?.marks.find((mark) => mark.name === name)?.at;
}

/** A sending is not later than its arrival, nor an arrival earlier than its sending, whatever the clocks say. */
function earlier(sent: number | undefined, arrived: number): number {
  return Math.min(sent ?? arrived, arrived);
}

function later(arrived: number | undefined, sent: number): number {
  return Math.max(arrived ?? sent, sent);
}
