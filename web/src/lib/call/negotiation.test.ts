import { describe, expect, it } from 'vitest';

import type { Signal } from '../api/Signal.ts';
import { type Description, MAX_EARLY_CANDIDATES, Negotiation, parseSignal } from './negotiation.ts';
import { FakePeer, settle } from './testing.ts';

function end(polite: boolean): { peer: FakePeer; negotiation: Negotiation; sent: Signal[] } {
  const peer = new FakePeer({});
  const sent: Signal[] = [];
  const negotiation = new Negotiation(peer as unknown as RTCPeerConnection, { polite }, (signal) => sent.push(signal));
  return { peer, negotiation, sent };
}

const candidate = (name: string, more: object = {}): Signal => ({ type: 'candidate', candidate: name, mid: '0', ...more });
const taken = (peer: FakePeer): (string | undefined)[] => peer.added.map((one) => one?.candidate);

describe('candidates of the other side (case B5)', () => {
  it('keeps those that come before the description and adds them in order', async () => {
    const { peer, negotiation } = end(true);
    for (const name of ['a', 'b', 'c']) await negotiation.receive(candidate(name));
    await negotiation.receive({ type: 'end_of_candidates' });
    expect(peer.added).toEqual([]);
    await negotiation.takeOffer('offer');
    expect(taken(peer)).toEqual(['a', 'b', 'c', undefined]);
    await negotiation.receive(candidate('late'));
    expect(taken(peer).at(-1)).toBe('late');
  });

  it('keeps no more than its bound', async () => {
    const { peer, negotiation } = end(true);
    for (let i = 0; i < 500; i += 1) await negotiation.receive(candidate(`c${i}`));
    await negotiation.takeOffer('offer');
    expect(peer.added).toHaveLength(MAX_EARLY_CANDIDATES);
    expect(taken(peer)[0]).toBe('c0');
  });

  it('skips what cannot be used and goes on with the rest', async () => {
    const { peer, negotiation } = end(true);
    await negotiation.receive(candidate('early and broken'));
    await negotiation.receive(candidate('early'));
    await negotiation.takeOffer('offer');
    await negotiation.receive(candidate('of another time', { ufrag: 'old' }));
    await negotiation.receive(candidate('of another section', { mid: '7' }));
    await negotiation.receive(candidate('broken.local'));
    await negotiation.receive(candidate('good'));
    await negotiation.receive(candidate('good'));
    expect(taken(peer)).toEqual(['early', 'good', 'good']);
    expect(negotiation.skipped).toBe(4);
  });

  it('puts a candidate without a section into the first', async () => {
    const { peer, negotiation } = end(true);
    await negotiation.takeOffer('offer');
    await negotiation.receive({ type: 'candidate', candidate: 'x' });
    expect(peer.added[0]).toMatchObject({ candidate: 'x', sdpMLineIndex: 0 });
  });

  it('reads only lines that it knows', () => {
    expect(parseSignal('{"type":"candidate","candidate":"c","mid":"1","ufrag":"u"}')).toMatchObject({ mid: '1' });
    expect(parseSignal('{"type":"end_of_candidates","more":1}')).toEqual({ type: 'end_of_candidates' });
    expect(parseSignal('{"type":"phase","phase":"playing"}')).toEqual({ type: 'phase', phase: 'playing' });
    for (const line of [
      '',
      'null',
      '[]',
      '"candidate"',
      '{"type":"candidate"}',
      '{"type":"candidate","candidate":5}',
      '{"type":"candidate","candidate":"c","mid":5}',
      '{"type":"description","kind":"pranswer","sdp":""}',
      '{"type":"description","kind":"offer"}',
      '{"type":"description","kind":"answer","sdp":"s","offer":"1"}',
      '{"type":"phase","phase":"playing","lasts":"long"}',
      '{"type":"else"}',
      `{"type":"candidate","candidate":"${'x'.repeat(20_000)}"}`,
    ]) {
      expect(parseSignal(line), line.slice(0, 50)).toBeUndefined();
    }
  });
});

describe('later offers', () => {
  async function pair(): Promise<{ caller: ReturnType<typeof end>; callee: ReturnType<typeof end> }> {
    const caller = end(false);
    const callee = end(true);
    await callee.negotiation.takeOffer(await caller.negotiation.offer());
    await caller.negotiation.takeAnswer(await callee.negotiation.answer());
    return { caller, callee };
  }

  it('makes none before the first pair is settled', async () => {
    const { peer, sent } = end(false);
    peer.onnegotiationneeded?.();
    await settle();
    expect(sent).toEqual([]);
    expect(peer.localDescription).toBeNull();
  });

  it('does not take the first pair from signals', async () => {
    const { peer, negotiation } = end(true);
    await negotiation.receive({ type: 'description', kind: 'offer', sdp: 'smuggled' });
    expect(peer.remoteDescription).toBeNull();
  });

  it('offers again when another way is wanted, and is answered', async () => {
    const { caller, callee } = await pair();
    caller.negotiation.restart();
    await settle();
    const number: unknown = expect.any(Number);
    expect(caller.sent).toEqual([{ type: 'description', kind: 'offer', sdp: 'offer 2', offer: number }]);
    await callee.negotiation.receive(caller.sent[0] as Signal);
    const { offer } = caller.sent[0] as Description;
    expect(callee.sent).toEqual([{ type: 'description', kind: 'answer', sdp: 'answer to offer 2', offer }]);
    await caller.negotiation.receive(callee.sent[0] as Signal);
    expect([caller.peer.signalingState, callee.peer.signalingState]).toEqual(['stable', 'stable']);
  });

  it('lets the caller win when both offer at once', async () => {
    const { caller, callee } = await pair();
    caller.negotiation.restart();
    callee.negotiation.restart();
    await settle();
    await caller.negotiation.receive(callee.sent[0] as Signal); // impolite: ignored
    expect(caller.peer.remoteDescription?.type).toBe('answer');
    await callee.negotiation.receive(caller.sent[0] as Signal); // polite: gives up its own
    const answer = callee.sent.at(-1) as Signal;
    expect(answer).toMatchObject({ kind: 'answer' });
    await caller.negotiation.receive(answer);
    expect([caller.peer.signalingState, callee.peer.signalingState]).toEqual(['stable', 'stable']);
  });

  it('does not count candidates of an offer that it ignored', async () => {
    const { caller, callee } = await pair();
    caller.negotiation.restart();
    callee.negotiation.restart();
    await settle();
    await caller.negotiation.receive(callee.sent[0] as Signal);
    await caller.negotiation.receive(candidate('of the ignored offer', { ufrag: 'old' }));
    expect(caller.negotiation.skipped).toBe(0);
  });

  it('ignores an answer to an offer that was given up', async () => {
    const { callee } = await pair();
    await callee.negotiation.receive({ type: 'description', kind: 'answer', sdp: 'late' });
    expect(callee.negotiation.skipped).toBe(0);
    expect(callee.peer.signalingState).toBe('stable');
  });

  it('takes no answer that is to the offer before, for it fits no other', async () => {
    const { caller, callee } = await pair();
    caller.negotiation.restart();
    await settle();
    await callee.negotiation.receive(caller.sent[0] as Signal);
    caller.negotiation.restart(true); // its answer is on the way when the network turns out to be another one
    await settle();
    await caller.negotiation.receive(callee.sent[0] as Signal);
    expect([caller.peer.rollbacks, caller.peer.signalingState]).toEqual([1, 'have-local-offer']);
    await callee.negotiation.receive(caller.sent.at(-1) as Signal);
    await caller.negotiation.receive(callee.sent.at(-1) as Signal);
    expect(caller.peer.remoteDescription?.sdp).toBe('answer to offer 3');
  });

  it('takes an answer without a number, as older programs give it', async () => {
    const { caller } = await pair();
    caller.negotiation.restart();
    await settle();
    await caller.negotiation.receive({ type: 'description', kind: 'answer', sdp: 'of no number' });
    expect(caller.peer.remoteDescription?.sdp).toBe('of no number');
  });

  it('sends an unanswered offer again instead of making another', async () => {
    const { caller } = await pair();
    caller.negotiation.restart();
    await settle();
    caller.negotiation.restart();
    await settle();
    expect(caller.sent).toEqual([caller.sent[0], caller.sent[0]]);
    expect(caller.peer.restarts).toBe(1);
  });
});
