import { describe, expect, it } from 'vitest';

import { Marks, MAX_MARKS } from './marks.ts';
import { joint, verdict } from './quality.ts';
import { makeReport, MAX_REPORT_BYTES, readReport, writeReport } from './report.ts';
import { MAX_PAIRS, noFigures, read, type Reading } from './stats.ts';
import { FakePeer, FakeWorld, settle } from './testing.ts';
import { Watch } from './watch.svelte.ts';

const CLOCK = { offset: 250.5, error: 4, samples: 9 };

/** Statistics as Chromium gives them. */
function stats(more: Record<string, object> = {}): RTCStatsReport {
  const entries: Record<string, object> = {
    T1: { type: 'transport', selectedCandidatePairId: 'P1' },
    P1: { type: 'candidate-pair', localCandidateId: 'L1', remoteCandidateId: 'R1', state: 'succeeded', requestsSent: 3, currentRoundTripTime: 0.027, bytesSent: 5000, bytesReceived: 6000 },
    P2: { type: 'candidate-pair', localCandidateId: 'L1', remoteCandidateId: 'R2', state: 'in-progress', requestsSent: 7, bytesSent: 0, bytesReceived: 0 },
    L1: { type: 'local-candidate', candidateType: 'host', protocol: 'udp', address: '192.0.2.1', port: 4000 },
    R1: { type: 'remote-candidate', candidateType: 'prflx', protocol: 'udp', address: '', port: 5000 },
    R2: { type: 'remote-candidate', candidateType: 'relay', protocol: 'udp', address: '192.0.2.9', port: 5001 },
    C1: { type: 'codec', mimeType: 'audio/opus' },
    IA: { type: 'inbound-rtp', kind: 'audio', codecId: 'C1', packetsReceived: 990, packetsLost: 10, jitter: 0.0042, concealedSamples: 9600, silentConcealedSamples: 4800, fecPacketsReceived: 3, fecPacketsDiscarded: 1, totalAudioEnergy: 0.1, totalSamplesDuration: 10, audioLevel: 0.2 },
    OA: { type: 'outbound-rtp', kind: 'audio', packetsSent: 1000 },
    RA: { type: 'remote-inbound-rtp', kind: 'audio', roundTripTime: 0.031 },
    ...more,
  };
  return new Map(Object.entries(entries).map(([id, entry]) => [id, { id, ...entry }])) as unknown as RTCStatsReport;
}

describe('reading statistics', () => {
  it('takes the padding of a probed line for no pictures', () => {
    const sent = (frames: number): object => ({ type: 'outbound-rtp', kind: 'video', packetsSent: 11 + frames, framesSent: frames, framesEncoded: frames });
    const received = (frames: number): object => ({ type: 'inbound-rtp', kind: 'video', packetsReceived: 11 + frames, framesReceived: frames, framesDecoded: 0 });
    expect(read(stats({ OV: sent(0), IV: received(0) }), false).video).toBeUndefined();
    expect(read(stats({ OV: sent(1), IV: received(0) }), false).video).toMatchObject({ packets_sent: 12 });
    // They arrive, and none can be drawn.
    expect(read(stats({ OV: sent(0), IV: received(3) }), false).video).toMatchObject({ packets_received: 14, frames: 0 });
  });

  it('finds the figures of the audio, the pairs and the way', () => {
    const reading = read(stats(), false);
    expect(reading.audio).toEqual({
      packets_sent: 1000,
      packets_received: 990,
      packets_lost: 10,
      packets_recovered: 2,
      concealed: 100,
      jitter: 4.2,
      rtt: 31,
      level: -20,
      codec: 'opus',
    });
    expect(reading.video).toBeUndefined();
    expect(reading.path).toBe('direct');
    expect(reading.pairs[0]).toEqual({
      local: { kind: 'host', protocol: 'udp', address: '192.0.2.1', port: 4000 },
      remote: { kind: 'prflx', protocol: 'udp', port: 5000 },
      state: 'succeeded',
      selected: true,
      rtt: 27,
      checks: 3,
      bytes_sent: 5000,
      bytes_received: 6000,
    });
    expect(reading.pairs[1]).toMatchObject({ selected: false, checks: 7 });
  });

  it('knows the way: direct, by the relay, to the server itself', () => {
    expect(read(stats(), true).path).toBe('server');
    expect(read(stats({ T1: { type: 'transport', selectedCandidatePairId: 'P2' } }), true).path).toBe('relay');
  });

  it('finds the selected pair where the browser marks the pair itself', () => {
    const reading = read(stats({ T1: { type: 'else' }, P2: { type: 'candidate-pair', localCandidateId: 'L1', remoteCandidateId: 'R2', state: 'succeeded', nominated: true, selected: true } }), false);
    expect(reading.selected).toBe('P2');
  });

  it('keeps at most its bound of pairs, the one in use first', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`X${i}`, { type: 'candidate-pair', localCandidateId: 'L1', remoteCandidateId: 'R2', state: 'failed' }]));
    const reading = read(stats(many), false);
    expect(reading.pairs).toHaveLength(MAX_PAIRS);
    expect(reading.pairs[0]?.selected).toBe(true);
  });

  it('survives statistics without anything in them', () => {
    const reading = read(new Map([['x', { type: 'candidate-pair' }], ['y', { type: 'inbound-rtp', kind: 'audio', jitter: Number.NaN }]]) as unknown as RTCStatsReport, false);
    expect(reading.path).toBeUndefined();
    expect(reading.audio).toEqual(noFigures());
  });
});

describe('the verdict', () => {
  const heard = (lost: number, concealed: number, rtt: number) => ({ ...noFigures(), packets_received: 1000 - lost, packets_lost: lost, concealed, rtt });
  it.each([
    [0, 0, 20, 'good'],
    [19, 500, 399, 'good'],
    [20, 0, 20, 'gaps'],
    [0, 600, 20, 'gaps'],
    [0, 0, 400, 'gaps'],
    [80, 0, 20, 'hard'],
    [0, 2400, 20, 'hard'],
    [0, 0, 800, 'hard'],
  ] as const)('%i lost, %i ms made up, %i ms: %s', (lost, concealed, rtt, word) => {
    expect(verdict(heard(lost, concealed, rtt))).toBe(word);
  });

  it('says nothing when nothing came in', () => {
    expect(verdict(noFigures())).toBeUndefined();
  });

  it('takes the worse end', () => {
    const report = (lost: number) => makeReport({ side: 'caller', agent: '', clock: CLOCK, marks: new Marks(), last: { audio: heard(lost, 0, 0), pairs: [] } as unknown as Reading, ended: '' });
    expect(joint([report(0), undefined, report(50)])).toBe('gaps');
    expect(joint([undefined])).toBeUndefined();
  });
});

describe('the report', () => {
  it('maps moments to the clock of the server, in order, the first of each name', () => {
    const marks = new Marks();
    marks.set('answer', 200);
    marks.set('invite', 100);
    marks.set('answer', 300);
    marks.set('path_changed', 400, 'relay');
    marks.set('path_changed', 500);
    const report = makeReport({ side: 'callee', agent: 'browser x', clock: CLOCK, marks, last: read(stats(), false), ended: 'hang_up' });
    expect(report.marks).toEqual([
      { name: 'invite', at: 350.5 },
      { name: 'answer', at: 450.5 },
      { name: 'path_changed', at: 650.5, note: 'relay' },
      { name: 'path_changed', at: 750.5 },
    ]);
    expect(readReport(writeReport(report))).toEqual(report);
  });

  it('is bounded, whatever happens', () => {
    const marks = new Marks();
    for (let i = 0; i < 1000; i += 1) marks.set('path_changed', i);
    expect(marks.mapped(CLOCK)).toHaveLength(MAX_MARKS);
    const reading = read(stats(), false);
    const pair = { ...(reading.pairs[0] as Reading['pairs'][number]), state: 'x'.repeat(9_000) };
    const text = writeReport(makeReport({ side: 'caller', agent: 'a', clock: { ...CLOCK, error: Infinity }, marks, last: { ...reading, pairs: Array.from({ length: 40 }, () => pair) }, ended: '' }));
    expect(text.length).toBeLessThanOrEqual(MAX_REPORT_BYTES);
    expect(JSON.parse(text)).toMatchObject({ format: 1, clock: { error: 0 } });
  });

  it('trusts no field of a report that it reads', () => {
    for (const text of ['', '[]', '{"format":2}', '{"format":1}', '{"format":1,"side":"caller","clock":{},"audio":{},"marks":{},"pairs":[]}']) {
      expect(readReport(text), text).toBeUndefined();
    }
    const odd = readReport(JSON.stringify({
      format: 1,
      side: 'caller',
      agent: 5,
      clock: { offset: '1' },
      marks: [null, { name: 'x' }, { name: 'ring', at: 5, note: 7 }],
      pairs: [3, { local: {}, remote: {}, rtt: 'slow' }],
      path: 'magic',
      audio: { packets_sent: 'many', jitter: 2 },
      ended: {},
    }));
    expect(odd).toEqual({
      format: 1,
      side: 'caller',
      agent: '',
      clock: { offset: 0, error: 0, samples: 0 },
      marks: [{ name: 'ring', at: 5 }],
      pairs: [{ local: { kind: '', protocol: '' }, remote: { kind: '', protocol: '' }, state: '', selected: false, bytes_sent: 0, bytes_received: 0 }],
      audio: { ...noFigures(), jitter: 2 },
      ended: '',
    });
  });
});

describe('watching a call', () => {
  it('looks often until sound flows, then once a second, and marks the moments', async () => {
    const world = new FakeWorld();
    const peer = new FakePeer({});
    let looks = 0;
    peer.getStats = async () => {
      looks += 1;
      return peer.stats;
    };
    const watch = new Watch(world.parts, false);
    watch.follow(peer as unknown as RTCPeerConnection);
    await world.advance(1_000);
    expect(looks).toBe(10);
    expect(watch.marks.mapped(CLOCK)).toEqual([]);
    peer.stats = stats() as unknown as Map<string, object>;
    peer.become('connected');
    await world.advance(200);
    for (const name of ['first_check', 'valid_pair', 'ice_connected', 'dtls_connected', 'first_audio', 'first_audio_sent'] as const) {
      expect(watch.marks.has(name), name).toBe(true);
    }
    expect(watch.marks.has('first_video')).toBe(false);
    expect([watch.path, watch.rtt]).toEqual(['direct', 31]);
    await world.advance(3_000);
    looks = 0;
    await world.advance(5_000);
    expect(looks).toBe(5);
    await watch.stop();
    looks = 0;
    await world.advance(5_000);
    expect(looks).toBe(0);
    expect(world.timers).toBe(0);
  });

  it('judges what came in lately, and keeps a bounded trend', async () => {
    const world = new FakeWorld();
    const peer = new FakePeer({});
    const watch = new Watch(world.parts, false);
    watch.follow(peer as unknown as RTCPeerConnection);
    let received = 0;
    let lost = 0;
    for (let second = 0; second < 1_000; second += 1) {
      received += second === 500 ? 40 : 50;
      lost += second === 500 ? 10 : 0;
      peer.stats = stats({ IA: { type: 'inbound-rtp', kind: 'audio', packetsReceived: received, packetsLost: lost } }) as unknown as Map<string, object>;
      await watch.look();
      if (second === 499) expect(watch.verdict).toBe('good');
      if (second === 500) expect(watch.verdict).toBe('hard');
    }
    const { trend } = watch.summary('caller', CLOCK, '');
    expect(trend.length).toBeLessThanOrEqual(240);
    expect(trend.length).toBeGreaterThan(100);
    expect(Math.max(...trend)).toBeCloseTo(0.2);
    await watch.stop();
  });

  it('tells a changed way from the choosing at the beginning', async () => {
    const world = new FakeWorld();
    const peer = new FakePeer({});
    const watch = new Watch(world.parts, false);
    watch.follow(peer as unknown as RTCPeerConnection);
    const choose = async (id: string): Promise<void> => {
      peer.stats = stats({ T1: { type: 'transport', selectedCandidatePairId: id }, P3: { type: 'candidate-pair', localCandidateId: 'L1', remoteCandidateId: 'R1', state: 'succeeded' } }) as unknown as Map<string, object>;
      await watch.look();
    };
    const changes = (): (string | undefined)[] => watch.marks.mapped(CLOCK).filter((mark) => mark.name === 'path_changed').map((mark) => mark.note);
    await choose('P3');
    await choose('P1');
    expect(changes()).toEqual([]);
    await choose('P2');
    expect(changes()).toEqual(['relay']);
    await world.advance(5_000);
    await choose('P1');
    await choose('P3');
    expect(changes()).toEqual(['relay', 'direct', 'direct']);
    await watch.stop();
  });

  it('reports the last way that was in use when it was lost', async () => {
    const world = new FakeWorld();
    const peer = new FakePeer({});
    const watch = new Watch(world.parts, false);
    watch.follow(peer as unknown as RTCPeerConnection);
    peer.stats = stats() as unknown as Map<string, object>;
    await watch.look();
    peer.stats = stats({ T1: { type: 'transport' }, P1: { type: 'gone' }, P2: { type: 'gone' } }) as unknown as Map<string, object>;
    await watch.look();
    const report = watch.report('caller', CLOCK, 'lost');
    expect(report.path).toBe('direct');
    expect(report.pairs.some((pair) => pair.selected)).toBe(true);
    await watch.stop();
  });

  it('gives no moment to what only the last look shows', async () => {
    const world = new FakeWorld();
    const peer = new FakePeer({});
    const watch = new Watch(world.parts, false);
    watch.follow(peer as unknown as RTCPeerConnection);
    peer.stats = stats() as unknown as Map<string, object>;
    await watch.stop();
    expect(watch.report('caller', CLOCK, '').marks).toEqual([]);
    expect(watch.report('caller', CLOCK, '').audio.packets_received).toBe(990);
  });

  it('does not wait for statistics that never come', async () => {
    const world = new FakeWorld();
    const peer = new FakePeer({});
    peer.getStats = () => new Promise(() => {});
    const watch = new Watch(world.parts, false);
    watch.follow(peer as unknown as RTCPeerConnection);
    let stopped = false;
    void watch.stop().then(() => (stopped = true));
    await world.advance(400);
    await settle();
    expect(stopped).toBe(true);
  });

  it('looks on where a connection that was left never answers, and takes no late answer of it', async () => {
    const world = new FakeWorld();
    const [left, next] = [new FakePeer({}), new FakePeer({})];
    let late: ((answer: Map<string, object>) => void) | undefined;
    left.getStats = () => new Promise((resolve) => (late = resolve));
    next.stats = stats() as unknown as Map<string, object>;
    const watch = new Watch(world.parts, false);
    watch.follow(left as unknown as RTCPeerConnection);
    await world.advance(100);
    watch.follow(next as unknown as RTCPeerConnection);
    await world.advance(100);
    expect(watch.begun).toBe(true);
    late?.(new Map());
    await settle();
    expect(watch.report('caller', CLOCK, '').audio.packets_received).toBe(990);
    await watch.stop();
  });

  it('asks again where one look has had no answer for five seconds', async () => {
    const world = new FakeWorld();
    const peer = new FakePeer({});
    peer.stats = stats() as unknown as Map<string, object>;
    const answers = peer.getStats.bind(peer);
    peer.getStats = () => new Promise(() => {});
    const watch = new Watch(world.parts, false);
    watch.follow(peer as unknown as RTCPeerConnection);
    await world.advance(100);
    peer.getStats = answers;
    await world.advance(4_900);
    expect(watch.begun).toBe(false);
    await world.advance(200);
    expect(watch.begun).toBe(true);
    await watch.stop();
  });
});
