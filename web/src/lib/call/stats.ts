/** Reads `getStats` (WebRTC statistics) into the figures that a call is judged by. Pure; unknown parts stay absent. */
import type { Candidate } from '../api/Candidate.ts';
import type { Pair } from '../api/Pair.ts';
import type { Path } from '../api/Path.ts';
import type { StreamFigures } from '../api/StreamFigures.ts';

/** Pairs kept in a report; those that say most come first. */
export const MAX_PAIRS = 48;
/** Opus runs at 48 kHz (RFC 7587 §4.1): samples per ms. */
const SAMPLES_PER_MS = 48;
/** A level below this is silence, in dBFS. */
const FLOOR_DBFS = -127;

/** One look at a call. */
export interface Reading {
  pairs: Pair[];
  /** The id of the selected pair, to notice that it changed. */
  selected: string | undefined;
  path: Path | undefined;
  /** Checks were sent or answered. */
  checking: boolean;
  /** A pair works. */
  valid: boolean;
  audio: StreamFigures;
  video: StreamFigures | undefined;
  /** Round trip of media or checks, in ms. */
  rtt: number | undefined;
  /** Level of what came in just now, 0 to 1. */
  heard: number | undefined;
  /** What the other side says of our sound: the share that it lost lately, and its jitter in ms. */
  far: { lost: number; jitter: number } | undefined;
}

type Entry = Record<string, unknown> & { id: string; type: string };

/** `viaServer`: the other end is a media endpoint of the server (`echo`). */
export function read(report: RTCStatsReport, viaServer: boolean): Reading {
  const entries = new Map<string, Entry>();
  report.forEach((entry: unknown, id: string) => {
    if (typeof entry === 'object' && entry !== null) entries.set(id, { ...(entry as Entry), id });
  });
  const of = (type: string): Entry[] => [...entries.values()].filter((entry) => entry.type === type);

  const transport = of('transport')[0];
  const all = of('candidate-pair');
  const selectedId =
    text(transport?.['selectedCandidatePairId']) ??
    // Firefox marks the pair itself.
    all.find((pair) => pair['selected'] === true || (pair['nominated'] === true && pair['state'] === 'succeeded'))?.id;
  const pairs = all.map((pair) => readPair(pair, entries, pair.id === selectedId));
  pairs.sort((a, b) => rank(b) - rank(a));
  const selected = pairs.find((pair) => pair.selected);

  const audio = figures('audio', of, entries);
  const video = figures('video', of, entries);
  return {
    pairs: pairs.slice(0, MAX_PAIRS),
    selected: selectedId,
    path: selected && pathOf(selected, viaServer),
    checking: pairs.some((pair) => (pair.checks ?? 0) > 0 || pair.state === 'in-progress' || pair.state === 'succeeded'),
    valid: pairs.some((pair) => pair.state === 'succeeded'),
    audio,
    video: pictured(of) ? video : undefined,
    rtt: audio.rtt ?? selected?.rtt,
    far: farOf(of),
    heard: inbound('audio', of).reduce<number | undefined>((most, entry) => {
      const level = number(entry['audioLevel']);
      return level === undefined ? most : Math.max(level, most ?? 0);
    }, undefined),
  };
}

/** The way of a pair. A relayed candidate at either end means the relay. */
export function pathOf(pair: Pair, viaServer: boolean): Path {
  if (pair.local.kind === 'relay' || pair.remote.kind === 'relay') return 'relay';
  return viaServer ? 'server' : 'direct';
}

/** What belongs to no traffic at all. */
export function noFigures(): StreamFigures {
  return { packets_sent: 0, packets_received: 0, packets_lost: 0, packets_recovered: 0, concealed: 0 };
}

function rank(pair: Pair): number {
  return (pair.selected ? 1e15 : 0) + (pair.state === 'succeeded' ? 1e14 : 0) + pair.bytes_received + pair.bytes_sent + (pair.checks ?? 0);
}

function readPair(entry: Entry, entries: Map<string, Entry>, selected: boolean): Pair {
  const rtt = number(entry['currentRoundTripTime']);
  const checks = number(entry['requestsSent']);
  return {
    local: readCandidate(entries.get(text(entry['localCandidateId']) ?? '')),
    remote: readCandidate(entries.get(text(entry['remoteCandidateId']) ?? '')),
    state: text(entry['state']) ?? 'frozen',
    selected,
    ...(rtt === undefined ? {} : { rtt: round(rtt * 1000) }),
    ...(checks === undefined ? {} : { checks }),
    bytes_sent: number(entry['bytesSent']) ?? 0,
    bytes_received: number(entry['bytesReceived']) ?? 0,
  };
}

function readCandidate(entry: Entry | undefined): Candidate {
  const address = text(entry?.['address']) ?? text(entry?.['ip']);
  const port = number(entry?.['port']);
  return {
    kind: text(entry?.['candidateType']) ?? 'unknown',
    protocol: text(entry?.['protocol']) ?? 'udp',
    ...(address ? { address } : {}),
    ...(port === undefined || port === 0 ? {} : { port }),
  };
}

type Of = (type: string) => Entry[];

/** From its receiver reports (RFC 3550, §6.4), of the voice: the first section of sound. */
function farOf(of: Of): Reading['far'] {
  const voice = of('remote-inbound-rtp').filter((entry) => kindOf(entry) === 'audio' && number(entry['fractionLost']) !== undefined);
  const entry = voice[0];
  return entry && { lost: number(entry['fractionLost']) ?? 0, jitter: round((number(entry['jitter']) ?? 0) * 1000) };
}

function inbound(kind: 'audio' | 'video', of: Of): Entry[] {
  return of('inbound-rtp').filter((entry) => kindOf(entry) === kind);
}

/** Pictures went either way. Packets alone say nothing: Chromium pads on the stream of pictures to probe the line while there are none. */
function pictured(of: Of): boolean {
  const shown = (type: string, names: string[]): boolean =>
    of(type).some((entry) => kindOf(entry) === 'video' && names.some((name) => (number(entry[name]) ?? 0) > 0));
  return shown('inbound-rtp', ['framesReceived', 'framesDecoded']) || shown('outbound-rtp', ['framesSent', 'framesEncoded']);
}

function figures(kind: 'audio' | 'video', of: Of, entries: Map<string, Entry>): StreamFigures {
  const figures = noFigures();
  let energy = 0;
  let duration = 0;
  for (const entry of inbound(kind, of)) {
    figures.packets_received += number(entry['packetsReceived']) ?? 0;
    figures.packets_lost += Math.max(0, number(entry['packetsLost']) ?? 0);
    figures.packets_recovered +=
      (number(entry['retransmittedPacketsReceived']) ?? 0) +
      Math.max(0, (number(entry['fecPacketsReceived']) ?? 0) - (number(entry['fecPacketsDiscarded']) ?? 0));
    const concealed = (number(entry['concealedSamples']) ?? 0) - (number(entry['silentConcealedSamples']) ?? 0);
    figures.concealed = round(figures.concealed + Math.max(0, concealed) / SAMPLES_PER_MS);
    const jitter = number(entry['jitter']);
    if (jitter !== undefined) figures.jitter = round(Math.max(figures.jitter ?? 0, jitter * 1000));
    energy += number(entry['totalAudioEnergy']) ?? 0;
    duration += number(entry['totalSamplesDuration']) ?? 0;
    const frames = number(entry['framesDecoded']);
    if (frames !== undefined) figures.frames = (figures.frames ?? 0) + frames;
    const codec = text(entries.get(text(entry['codecId']) ?? '')?.['mimeType']);
    if (codec) figures.codec = codec.replace(/^(audio|video)\//i, '').slice(0, 16);
  }
  for (const entry of of('outbound-rtp')) {
    if (kindOf(entry) === kind) figures.packets_sent += number(entry['packetsSent']) ?? 0;
  }
  for (const entry of of('remote-inbound-rtp')) {
    const rtt = number(entry['roundTripTime']);
    if (kindOf(entry) === kind && rtt !== undefined && rtt > 0) figures.rtt = round(rtt * 1000);
  }
  if (kind === 'audio' && duration > 0) {
    figures.level = energy > 0 ? round(Math.max(FLOOR_DBFS, 10 * Math.log10(energy / duration))) : FLOOR_DBFS;
  }
  return figures;
}

function kindOf(entry: Entry): unknown {
  return entry['kind'] ?? entry['mediaType'];
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A tenth is enough, and keeps reports small. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
