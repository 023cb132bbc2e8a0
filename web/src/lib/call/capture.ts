/** Microphone and camera: one question to the person where possible, and a name for each thing that can go wrong. */
import type { Media } from '../api/Media.ts';
import type { Choices, World } from './world.ts';

/** Why a device gave nothing: the person or the system said no, there is none, another program holds it, no HTTPS. */
export type Problem = 'blocked' | 'none' | 'busy' | 'insecure';

export interface Captured {
  audio: MediaStreamTrack | undefined;
  video: MediaStreamTrack | undefined;
  problems: { microphone?: Problem; camera?: Problem };
}

/** Opens what is wished for; what cannot be opened is absent and named. Never rejects. */
export async function acquire(world: World, choices: Choices, wish: Media): Promise<Captured> {
  const captured: Captured = { audio: undefined, video: undefined, problems: {} };
  if (wish.audio && wish.video) {
    // Together, so that the browser asks once. If one fails both do, and each is asked for alone.
    try {
      const stream = await world.capture({ audio: audioWish(choices), video: videoWish(choices) });
      const [audio] = stream.getAudioTracks();
      const [video] = stream.getVideoTracks();
      if (audio?.readyState === 'live' && video?.readyState === 'live') return { ...captured, audio, video };
      release({ audio, video });
    } catch {
      // see below
    }
  }
  if (wish.audio) {
    try {
      captured.audio = live((await world.capture({ audio: audioWish(choices) })).getAudioTracks());
    } catch (error) {
      captured.problems.microphone = problemOf(error);
    }
  }
  if (wish.video) {
    try {
      captured.video = live((await world.capture({ video: videoWish(choices) })).getVideoTracks());
    } catch (error) {
      captured.problems.camera = problemOf(error);
    }
  }
  return captured;
}

/** A device that was pulled out while it was opened is none. */
function live([track]: MediaStreamTrack[]): MediaStreamTrack {
  if (track?.readyState === 'live') return track;
  throw new DOMException('It has ended already.', 'NotFoundError');
}

/** Closes them. */
export function release(captured: { audio: MediaStreamTrack | undefined; video: MediaStreamTrack | undefined } | undefined): void {
  captured?.audio?.stop();
  captured?.video?.stop();
}

function audioWish(choices: Choices): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(choices.microphone ? { deviceId: { ideal: choices.microphone } } : {}),
  };
}

function videoWish(choices: Choices): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30 },
    ...(choices.camera ? { deviceId: { ideal: choices.camera } } : {}),
  };
}

/** The names are those of Media Capture and Streams, §10.2.1 (`getUserMedia`). */
export function problemOf(error: unknown): Problem {
  const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'blocked';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'TypeError':
      return 'insecure';
    default:
      return 'busy';
  }
}
