/** What only this page knows of the microphone, for the sound test. */
import type { Signal } from '../api/Signal.ts';

/** Names under which systems offer what the machine plays as if it were a microphone. */
const PLAYED = /^monitor (of|de)\b|stereo mix|mixagem estéreo|mistura estéreo|what u hear|wave out|loopback|blackhole|soundflower|\bvb-?(audio|cable)|cable output/iu;

/** `undefined` where there is nothing to say. `open` is whether the person has the microphone on in this call. */
export function sourceOf(track: Pick<MediaStreamTrack, 'label' | 'muted'> | undefined, open: boolean): Signal | undefined {
  if (!track) return undefined;
  // The system, a switch on the device or the browser itself may hold a track silent (Media Capture and Streams, §4.3.1).
  const muted = track.muted || !open;
  const monitor = PLAYED.test(track.label);
  return muted || monitor ? { type: 'source', muted, monitor, one_sided: false } : undefined;
}
