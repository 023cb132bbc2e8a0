import { describe, expect, it } from 'vitest';

import type { CallDetail } from '../api/CallDetail.ts';
import type { CallReport } from '../api/CallReport.ts';
import { readSoundTest } from './card.ts';
import { diagram, type Row } from './diagram.ts';
import { noFigures } from './stats.ts';

function report(side: CallReport['side'], marks: [string, number][], more: Partial<CallReport> = {}): CallReport {
  return { format: 1, side, agent: 'a', clock: { offset: 0, error: 3, samples: 1 }, marks: marks.map(([name, at]) => ({ name, at })), pairs: [], audio: noFigures(), ended: 'hang_up', ...more };
}

function detail(reports: { own: boolean; report: CallReport | string }[], more: Partial<CallDetail> = {}): CallDetail {
  return {
    record: { key: 'k', conversation: 'c', peer: 'bob', outgoing: true, video: false, started: 1000, answered: 3000, ended: 9000, outcome: 'completed', reports: reports.length },
    peer: { id: 'bob', name: 'bob', display: 'Bob', kind: 'person' },
    reports: reports.map(({ own, report: text }) => ({ own, received: 1, report: typeof text === 'string' ? text : JSON.stringify(text) })),
    marks: [
      { name: 'invite', side: 'caller', at: 1000, count: 1 },
      { name: 'ringing', side: 'callee', at: 1040, count: 1 },
      { name: 'accept', side: 'callee', at: 3000, count: 1 },
      { name: 'signal', side: 'caller', at: 3005, count: 7 },
      { name: 'leave', side: 'caller', at: 9000, count: 1 },
      { name: 'end', side: 'caller', at: 9000, count: 1 },
      { name: 'report', side: 'callee', at: 9100, count: 1 },
    ],
    ...more,
  };
}

const CALLER: [string, number][] = [['invite', 990], ['ring', 1060], ['answer', 3020], ['first_check', 3030], ['valid_pair', 3050], ['dtls_connected', 3080], ['first_audio', 3120], ['leave', 8990]];
const CALLEE: [string, number][] = [['ring', 1020], ['answer', 2990], ['first_check', 3035], ['valid_pair', 3060], ['dtls_connected', 3085], ['first_audio', 3110]];

const say = (row: Row): string => {
  if (row.kind === 'arrow') return `${row.at} ${row.from}>${row.to} ${row.what}${row.count > 1 ? `*${row.count}` : ''}${row.through ? ` via ${row.through}` : ''}`;
  return `${row.at} ${row.kind} ${row.lane} ${row.what}`;
};

describe('the sequence diagram', () => {
  it('shows a call as both ends and the server saw it, in order', () => {
    const picture = diagram(detail([{ own: true, report: report('caller', CALLER) }, { own: false, report: report('callee', CALLEE) }]));
    expect(picture.lanes).toEqual(['caller', 'server', 'callee']);
    expect(picture.origin).toBe(990);
    expect(picture.error).toEqual({ caller: 3, callee: 3 });
    expect(picture.rows.map(say)).toEqual([
      '0 caller>server invite',
      '30 server>callee ring',
      '50 callee>server ringing',
      '70 server>caller ringing',
      '2000 callee>server accept',
      '2015 caller>callee signals*7',
      '2030 server>caller accept',
      '2040 caller>callee first_check',
      '2045 callee>caller first_check',
      '2060 callee>caller valid_pair',
      '2070 caller>callee valid_pair',
      '2090 caller>callee sealed',
      '2095 callee>caller sealed',
      '2120 caller>callee first_audio',
      '2130 callee>caller first_audio',
      '8000 caller>server leave',
      '8010 server>callee end',
      '8110 callee>server report',
    ]);
  });

  it('draws the relay when either end used it', () => {
    const picture = diagram(detail([{ own: true, report: report('caller', CALLER, { path: 'relay' }) }]));
    expect(picture.lanes).toEqual(['caller', 'server', 'relay', 'callee']);
    expect(picture.rows.map(say)).toContain('2040 caller>callee first_check via relay');
  });

  it('draws what nobody saw as a gap, after what was seen before it', () => {
    const marks = CALLER.filter(([name]) => name !== 'valid_pair' && name !== 'first_audio');
    const picture = diagram(detail([{ own: true, report: report('caller', marks) }]));
    expect(picture.rows.filter((row) => row.kind === 'gap').map(say)).toEqual(['2040 gap caller valid_pair', '2090 gap caller first_audio']);
  });

  it('says of a missing or unreadable report that it is missing, and draws no gaps for it', () => {
    const picture = diagram(detail([{ own: true, report: report('caller', CALLER) }, { own: false, report: '{"format":9}' }]));
    expect(picture.reports.callee).toBeUndefined();
    expect(picture.error.callee).toBeUndefined();
    expect(picture.rows.some((row) => row.kind === 'gap')).toBe(false);
  });

  it('believes who sent a report, not what it claims to be', () => {
    const picture = diagram(detail([{ own: true, report: report('callee', CALLER) }, { own: false, report: report('caller', CALLEE) }]));
    expect(picture.reports.caller?.marks[0]?.name).toBe('invite');
    expect(picture.reports.callee?.marks[0]?.name).toBe('ring');
  });

  it('takes the end from the page that saw it, not from the one before it', () => {
    const pages = ['page_closed', 'hang_up', 'lost'].map((ended) => ({ own: true, report: report('caller', CALLER, { ended }) }));
    expect(diagram(detail(pages)).reports.caller?.ended).toBe('hang_up');
  });

  it('never shows an arrival before its sending, whatever the clocks say', () => {
    const early: [string, number][] = [['ring', 500], ['answer', 3500]];
    const picture = diagram(detail([{ own: false, report: report('callee', early) }]));
    const rows = picture.rows.map(say);
    expect(rows.indexOf('0 caller>server invite')).toBeLessThan(rows.indexOf('0 server>callee ring'));
    expect(rows).toContain('2000 callee>server accept');
  });

  it('draws a call that nobody answered from what the server saw', () => {
    const base = detail([]);
    const { answered: _, ...record } = base.record;
    const picture = diagram({ ...base, record, marks: base.marks.filter((mark) => ['invite', 'ringing', 'end'].includes(mark.name)).map((mark) => (mark.name === 'end' ? { ...mark, side: 'server' } : mark)) });
    expect(picture.rows.map(say)).toEqual(['0 caller>server invite', '0 server>callee ring', '40 callee>server ringing', '40 server>caller ringing', '8000 server>caller end', '8000 server>callee end']);
  });

  it('is bounded and keeps steps it does not know', () => {
    const marks = Array.from({ length: 1000 }, (_, i) => ({ name: `new ${i}`, side: 'server', at: 1000 + i, count: 1 }));
    const picture = diagram(detail([], { marks }));
    expect(picture.rows).toHaveLength(200);
    expect(picture.rows[0]).toMatchObject({ kind: 'point', lane: 'server', what: 'other', note: 'new 0' });
  });
});

describe('the card of the sound test', () => {
  it('is read by its type, with whatever figures it has', () => {
    const kept = {
      type: 'sound_test', score: 3.4, rating: 66.2, method: 'ITU-T G.107', costs: [{ cause: 'level', points: 0.9 }, { cause: 'delay', points: 0.1 }], level_dbfs: -41.5, noise_dbfs: -70,
      hum_hz: 50, echo_ms: 220, loss: 0.01, jitter_ms: 4, rtt_ms: 20, concealed_ms: 0, advice: 'quiet', findings: ['quiet', 'hum'],
    };
    expect(readSoundTest(kept)).toEqual({
      score: 3.4, costs: [{ cause: 'level', points: 0.9 }, { cause: 'delay', points: 0.1 }], level: -41.5, noise: -70, hum: 50, echo: 220, loss: 0.01, jitter: 4, rtt: 20, concealed: 0,
      advice: ['quiet', 'hum'],
    });
    // What a newer server says beyond that is left out, and what is no figure is none.
    expect(readSoundTest({ ...kept, findings: ['dances', 'hum'], costs: [null, { cause: 'dance', points: 1 }, { cause: 'loss' }], score: 'fine' })).toMatchObject({
      advice: ['hum'], costs: [], score: undefined,
    });
    expect(readSoundTest({ type: 'sound_test', advice: 'silent', loss: 'much' })).toMatchObject({ advice: ['silent'], loss: undefined, score: undefined });
    for (const other of [null, 5, {}, { type: 'poll' }, { type: 'sound_test' }, { type: 'sound_test', advice: 'dance' }]) expect(readSoundTest(other)).toBeUndefined();
  });
});
