/** Where a call stands. Each state owns what belongs to it and to no other. */
import type { AccountId } from '../api/AccountId.ts';
import type { CallKey } from '../api/CallKey.ts';
import type { CallReport } from '../api/CallReport.ts';
import type { IceConfig } from '../api/IceConfig.ts';
import type { Media } from '../api/Media.ts';
import type { Outcome } from '../api/Outcome.ts';
import type { StopWhy } from '../api/StopWhy.ts';
import type { Target } from '../api/Target.ts';
import type { Captured, Problem } from './capture.ts';
import type { Missing } from './phases.svelte.ts';
import type { Owed } from './owed.ts';
import type { Verdict } from './quality.ts';
import type { Choices, Link, World } from './world.ts';

export type CallState =
  /** It rings here. `until`: local time at which it stops by itself. */
  | { at: 'incoming'; offer: string; ice: IceConfig; silent: boolean; until: number }
  /** We call: devices are opened, ways are asked for, the offer goes out. */
  | { at: 'preparing' }
  /** It rings there, on so many devices. */
  | { at: 'ringing'; devices: number }
  /** Answered; the way is being found. */
  | { at: 'connecting'; since: number }
  /** Media flow. `back`: how long they were away just now, shown for a moment. */
  | { at: 'live'; since: number; back: number | undefined }
  /**
   * Media stopped. `theirs`: our own connection to the server stands, so it is the other side's. `until`: the other side is
   * not there, and is waited for so long, by the own clock.
   */
  | { at: 'reconnecting'; liveSince: number; since: number; theirs: boolean; until: number | undefined }
  | { at: 'ended'; ending: Ending; lasted: number | undefined };

/** How it ended, as this end saw it. */
export type Ending =
  | { why: 'hung_up' | 'far_hung_up' | 'cancelled' | 'page_closed' }
  | { why: 'not_answered' | 'declined' | 'missed' | 'answered_elsewhere' | 'declined_elsewhere' | 'superseded' }
  /** Another device of the person has it now. */
  | { why: 'moved' }
  | { why: 'no_path' | 'no_seal' | 'lost'; missing?: Missing }
  /** The browser gave no microphone in time. */
  | { why: 'no_device' }
  /** The server refused it; by the code of `ApiError`. */
  | { why: 'refused'; code: string };

/** What the card says after a call that was answered. */
export interface Summary {
  verdict: Verdict | undefined;
  report: CallReport;
  /** Share of lost or made-up sound per second or more, oldest first: 0 is clear. */
  trend: number[];
}

/** Limits in ms. */
export const TIMES = {
  /** A ring stops by itself, whatever is heard or not (case B3). The server's own limit is 30 s. */
  ring: 35_000,
  /** An outgoing call that hears nothing from the server ends by itself. */
  answer: 40_000,
  /** Between two answers to a server that has just started and waits for the caller. */
  waits: 500,
  /** The person answers the browser's question. */
  devices: 60_000,
  /** The server says how to look for ways, and takes the invitation. */
  server: 15_000,
  /** From the answer to the first sound. */
  connect: 20_000,
  /** A gap shorter than this is nothing to speak of. */
  blink: 1_200,
  /** No sound for so long means that the way is lost, though the browser does not say so yet. */
  silence: 2_000,
  /** Longest gap. */
  gap: 30_000,
  /** "Back after 1.8 s" stays so long. */
  back: 3_000,
  /** If the caller does not look for another way, the callee does. */
  courtesy: 5_000,
  /** Longest phase of `echo` that is believed. */
  phase: 60_000,
  /** After a lost glare, the other call has to ring here within this time. */
  glare: 5_000,
} as const;

/** The ending that an outcome of the hub stands for. */
export function endingOf(outcome: Outcome): Ending {
  switch (outcome) {
    case 'completed':
    case 'open':
      return { why: 'far_hung_up' };
    case 'not_answered':
      return { why: 'not_answered' };
    case 'cancelled':
      return { why: 'cancelled' };
    case 'missed':
    case 'missed_busy':
      return { why: 'missed' };
    case 'declined':
      return { why: 'declined' };
    case 'failed':
      return { why: 'no_path' };
    case 'lost':
      return { why: 'lost' };
  }
}

/** After an answer nobody "did not answer": whatever the hub calls it, it broke off or was ended. */
export function answeredEnding(ending: Ending): Ending {
  return ending.why === 'no_path' || ending.why === 'lost' ? ending : { why: 'far_hung_up' };
}

/** The ending of a ring that the hub stopped. */
export function endingOfRing(why: StopWhy): Ending {
  switch (why) {
    case 'answered_elsewhere':
      return { why: 'answered_elsewhere' };
    case 'declined_elsewhere':
      return { why: 'declined_elsewhere' };
    case 'cancelled':
    case 'not_answered':
    case 'ended':
      return { why: 'missed' };
    case 'superseded':
      return { why: 'superseded' };
  }
}

export interface CallParts {
  world: World;
  link: Link;
  /** Goodbyes and reports go this way. */
  owed: Owed;
  choices: Choices;
  key: CallKey;
  /** The other one, if known. */
  peer: AccountId | undefined;
  /** The other end is the server's own media endpoint: `echo`. */
  viaServer: boolean;
  media: Media;
  to: Target;
}

/** A call that runs, as a page that comes to it knows it. */
export interface Running {
  outgoing: boolean;
  /** When people began to talk, by the own clock. */
  since: number;
}

/** What a call tells its owner. */
export interface CallNews {
  /** Both called at once: ours is over, answer `by` with the same media and devices. */
  superseded(by: CallKey, captured: Captured | undefined): void;
  /** Devices gave too little to begin: show *Before the call*. */
  troubled(problems: { microphone?: Problem; camera?: Problem }): void;
  /** People talk. */
  live(): void;
  /** It is over. */
  ended(): void;
}

/** The code of a refusal; whatever else went wrong means that the server was not reached. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'offline';
}
