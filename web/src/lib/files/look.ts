import type { Message } from '../api/Message.ts';
import type { ObjectInfo } from '../api/ObjectInfo.ts';

/** The largest picture in the log, in px. */
const WIDEST = 400;
const HIGHEST = 320;
/** The smallest, so that a finger hits it. */
const LEAST = 44;

/** The place of a picture in the log: its width in px, and its ratio. What is very long or very wide is cut there. */
export function place({ width = HIGHEST, height = HIGHEST }: Pick<ObjectInfo, 'width' | 'height'>): { width: number; ratio: string } {
  const ratio = Math.min(3, Math.max(1 / 3, width / Math.max(1, height)));
  const wide = Math.min(width, WIDEST, HIGHEST * ratio);
  return { width: Math.max(LEAST, Math.round(wide)), ratio: ratio.toFixed(4) };
}

/** Types that browsers know by another name. */
const ALSO: Record<string, string> = { 'audio/m4a': 'audio/mp4', 'audio/x-flac': 'audio/flac', 'audio/x-wav': 'audio/wav' };

/** Whether this browser may play it, and how. */
export function playable({ mime = '' }: Pick<ObjectInfo, 'mime'>): 'audio' | 'video' | undefined {
  const kind = (['audio', 'video'] as const).find((each) => mime.startsWith(`${each}/`));
  return kind && document.createElement(kind).canPlayType(ALSO[mime] ?? mime) !== '' ? kind : undefined;
}

/** The pictures of these messages, oldest first. */
export function picturesOf(messages: readonly Message[]): ObjectInfo[] {
  return messages.flatMap(({ body, deleted }) =>
    body.type === 'objects' && !deleted ? body.objects.filter(({ picture, state }) => picture && state === 'ready') : [],
  );
}
