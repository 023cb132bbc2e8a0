/**
 * Offers, answers and candidates of one call. The first offer is the caller's, carried by `invite` and `accept`; later
 * ones follow perfect negotiation (WebRTC 1.0 §10.7), the caller being the impolite one. Candidates trickle (RFC 8838):
 * ours wait until the other side has answered, theirs until there is a description to hang them on, both in bounded
 * queues and in order; one that cannot be used is skipped and never ends a call.
 */
import type { Signal } from '../api/Signal.ts';
import { withoutStrays } from './description.ts';
import { BoundedQueue } from './queue.ts';

/** Candidates kept for later, in each direction. */
export const MAX_EARLY_CANDIDATES = 64;
/** A signal is at most 16 KiB (`Step::Signal`). */
const MAX_SIGNAL_BYTES = 16 * 1024;

type RemoteCandidate = Extract<Signal, { type: 'candidate' }>;
export type Description = Extract<Signal, { type: 'description' }>;

/** Reads a line from the other side; `undefined` if it is none we know. */
export function parseSignal(data: string): Signal | undefined {
  if (data.length > MAX_SIGNAL_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const signal = value as Record<string, unknown>;
  switch (signal['type']) {
    case 'candidate':
      return typeof signal['candidate'] === 'string' && optionalText(signal['mid']) && optionalText(signal['ufrag'])
        ? (signal as Signal)
        : undefined;
    case 'end_of_candidates':
      return { type: 'end_of_candidates' };
    case 'description':
      return (signal['kind'] === 'offer' || signal['kind'] === 'answer') && typeof signal['sdp'] === 'string' && optionalNumber(signal['offer'])
        ? (signal as Signal)
        : undefined;
    case 'phase': {
      const lasts = signal['lasts'];
      const known = ['greeting', 'listening', 'playing', 'done'].includes(String(signal['phase']));
      return known && optionalNumber(lasts) ? (signal as Signal) : undefined;
    }
    default:
      return undefined;
  }
}

/** An answer as it is sent: it names the offer that it is to, if that had a number. */
export function answerTo(offer: number | undefined, sdp: string): Description {
  return { type: 'description', kind: 'answer', sdp, ...(offer === undefined ? {} : { offer }) };
}

function optionalNumber(value: unknown): boolean {
  return value === undefined || typeof value === 'number';
}

function optionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

export class Negotiation {
  readonly #peer: RTCPeerConnection;
  readonly #polite: boolean;
  readonly #send: (signal: Signal) => void;
  readonly #outgoing = new BoundedQueue<Signal>(MAX_EARLY_CANDIDATES);
  readonly #incoming = new BoundedQueue<RemoteCandidate | undefined>(MAX_EARLY_CANDIDATES);
  #open = false;
  #settled = false;
  #making = false;
  #ignoring = false;
  #tail: Promise<void> = Promise.resolve();
  /** Candidates from the other side that could not be used. */
  skipped = 0;
  #candidates = 0;
  /** The number of our newest offer. Its first one is drawn: an answer may have come a long way, from before the page was loaded again. */
  #offers = (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) >>> 1;

  constructor(peer: RTCPeerConnection, role: { polite: boolean }, send: (signal: Signal) => void) {
    this.#peer = peer;
    this.#polite = role.polite;
    this.#send = send;
    peer.onicecandidate = (event) => this.#found(event.candidate);
    peer.onnegotiationneeded = () => void this.#offerAgain();
  }

  /** The caller's first offer. */
  async offer(): Promise<string> {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    return this.#said;
  }

  /** The callee reads the first offer; tracks may be put in before `answer`. */
  async takeOffer(sdp: string): Promise<void> {
    await this.#peer.setRemoteDescription({ type: 'offer', sdp });
    await this.#addEarly();
  }

  /** Whether an answer is to our newest offer: one to an offer that was given up comes late, and fits no other. */
  answers({ offer }: Pick<Description, 'offer'>): boolean {
    return offer === undefined || offer === this.#offers;
  }

  /** Our newest offer, as it is sent. */
  get offered(): Description {
    return { type: 'description', kind: 'offer', sdp: this.#said, offer: this.#offers };
  }

  /** The callee's answer to it. */
  async answer(): Promise<string> {
    await this.#peer.setLocalDescription(await this.#peer.createAnswer());
    this.#settled = true;
    return this.#said;
  }

  /** The caller reads the first answer. */
  async takeAnswer(sdp: string): Promise<void> {
    await this.#peer.setRemoteDescription({ type: 'answer', sdp });
    this.#settled = true;
    await this.#addEarly();
  }

  /** Whether the other side has said where it can be reached. */
  get reachable(): boolean {
    return this.#candidates > 0 || (this.#peer.remoteDescription?.sdp.includes('a=candidate:') ?? false);
  }

  /** The other side is there: what waited goes out, and what comes later goes at once. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    for (const signal of this.#outgoing.drain()) this.#send(signal);
  }

  /** A line from the other side. Lines are worked off one after another. */
  receive(signal: Signal): Promise<void> {
    this.#tail = this.#tail.then(() => this.#handle(signal)).catch(() => {
      this.skipped += 1;
    });
    return this.#tail;
  }

  /**
   * Looks for another way. An offer that nobody answered is sent again: it may never have arrived. `afresh`: with the addresses
   * of now; those in the offer that waits are of the network before.
   */
  restart(afresh = false): void {
    if (!this.#settled) return this.repeat();
    if (this.#peer.signalingState === 'stable') this.#peer.restartIce();
    else if (afresh) void this.#takeBack();
    else this.repeat();
  }

  /** Sends the offer that waits for its answer once more, with what was found since. */
  repeat(): void {
    if (this.#peer.signalingState === 'have-local-offer') this.#describe();
  }

  async #takeBack(): Promise<void> {
    try {
      await this.#peer.setLocalDescription({ type: 'rollback' });
      this.#peer.restartIce();
    } catch {
      // Its answer came meanwhile, or theirs was taken: that one settles it.
    }
  }

  async #handle(signal: Signal): Promise<void> {
    switch (signal.type) {
      case 'candidate':
        this.#candidates += 1;
        return this.#peer.remoteDescription ? this.#add(signal) : void this.#incoming.push(signal);
      case 'end_of_candidates':
        return this.#peer.remoteDescription ? this.#add(undefined) : void this.#incoming.push(undefined);
      case 'description':
        return this.#described(signal);
      case 'phase':
      case 'source':
        return;
    }
  }

  async #described(signal: Description): Promise<void> {
    const { kind, sdp, offer } = signal;
    if (!this.#settled) return; // the first pair is the line's affair
    if (kind === 'answer' && (this.#peer.signalingState !== 'have-local-offer' || !this.answers(signal))) return; // to one we rolled back
    const collision = kind === 'offer' && (this.#making || this.#peer.signalingState !== 'stable');
    this.#ignoring = !this.#polite && collision;
    if (this.#ignoring) return;
    await this.#peer.setRemoteDescription({ type: kind, sdp });
    if (kind === 'answer') return;
    await this.#peer.setLocalDescription();
    this.#describe(offer);
  }

  async #offerAgain(): Promise<void> {
    if (!this.#settled) return; // the first offer is made by `offer`
    this.#making = true;
    this.#offers += 1;
    try {
      await this.#peer.setLocalDescription();
      this.#describe();
    } catch {
      // A description from the other side came between; its answer settles what this offer wanted.
    } finally {
      this.#making = false;
    }
  }

  /** Our description, as the other side gets it. */
  get #said(): string {
    return withoutStrays(this.#peer.localDescription?.sdp ?? '');
  }

  /** `answered`: the number of the offer that an answer is to. */
  #describe(answered?: number): void {
    const local = this.#peer.localDescription;
    if (local?.type === 'offer') this.#send(this.offered);
    else if (local?.type === 'answer') this.#send(answerTo(answered, this.#said));
  }

  #found(candidate: RTCIceCandidate | null): void {
    if (candidate?.candidate === '') return; // the end of one section; the last one is `null`
    const signal: Signal = candidate
      ? {
          type: 'candidate',
          candidate: candidate.candidate,
          ...(candidate.sdpMid === null ? {} : { mid: candidate.sdpMid }),
          ...(candidate.usernameFragment ? { ufrag: candidate.usernameFragment } : {}),
        }
      : { type: 'end_of_candidates' };
    if (this.#open) this.#send(signal);
    else this.#outgoing.push(signal);
  }

  async #addEarly(): Promise<void> {
    for (const candidate of this.#incoming.drain()) await this.#add(candidate);
  }

  /** `undefined` means that there will be no more. */
  async #add(candidate: RemoteCandidate | undefined): Promise<void> {
    try {
      await this.#peer.addIceCandidate(
        candidate && {
          candidate: candidate.candidate,
          ...(candidate.mid === undefined ? { sdpMLineIndex: 0 } : { sdpMid: candidate.mid }),
          ...(candidate.ufrag === undefined ? {} : { usernameFragment: candidate.ufrag }),
        },
      );
    } catch {
      // Unknown section, earlier generation, a name nobody can look up, an offer we ignored: the other pairs go on.
      if (!this.#ignoring) this.skipped += 1;
    }
  }
}
