/** Whether *Before the call* is shown first. `echo` is itself a look. */
import type { Media } from '../api/Media.ts';
import type { Choices, World } from './world.ts';

/** Remembers that the screen was seen on this device. */
const SEEN = 'call.seen';

export function seen(world: World): void {
  world.remember(SEEN, 'yes');
}

/** The first time, and when a chosen device is gone. */
export async function wantsLook(world: World, choices: Choices, media: Media): Promise<boolean> {
  if (world.recall(SEEN) === undefined) return true;
  const chosen = [media.audio ? choices.microphone : undefined, media.video ? choices.camera : undefined].filter((id) => id !== undefined);
  if (chosen.length === 0) return false;
  const present = (await world.devices()).map((device) => device.deviceId).filter((id) => id !== '');
  // Before the first permission the browser names no device.
  return present.length > 0 && chosen.some((id) => !present.includes(id));
}
