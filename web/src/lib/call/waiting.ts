/** Two calls of one person: what the devices need when they go from one to the other. */
import type { Media } from '../api/Media.ts';
import { acquire, type Captured } from './capture.ts';
import type { Choices, World } from './world.ts';

/**
 * The devices for a call that wants `media`, out of those that another call leaves: what both use stays open, what is too
 * much is closed, what is missing is opened. A microphone that is closed in the new call is not opened for it.
 */
export async function between(world: World, choices: Choices, left: Captured | undefined, media: Media): Promise<Captured> {
  const usable = (track: MediaStreamTrack | undefined): MediaStreamTrack | undefined => (track?.readyState === 'ended' ? undefined : track);
  const audio = usable(left?.audio);
  let video = usable(left?.video);
  if (!media.video) {
    video?.stop();
    video = undefined;
  }
  if (audio) audio.enabled = media.audio;
  const missing = { audio: media.audio && !audio, video: media.video && !video };
  const got = missing.audio || missing.video ? await acquire(world, choices, missing) : undefined;
  return { audio: audio ?? got?.audio, video: video ?? got?.video, problems: got?.problems ?? {} };
}
