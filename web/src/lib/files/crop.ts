/** A cut of a picture: what shows in a frame. Lengths are in px of the frame. */
export type Cut = {
  /** How much larger than needed to fill the frame. */
  zoom: number;
  /** Where the beginning of the picture lies, at or before that of the frame. */
  x: number;
  y: number;
};

export type Size = { width: number; height: number };

export const MOST_ZOOM = 5;

/** Px of the frame for one of the picture. */
export function scaleOf(picture: Size, frame: Size, zoom: number): number {
  return Math.max(frame.width / picture.width, frame.height / picture.height) * zoom;
}

/** The middle of a picture. */
export function middle(picture: Size, frame: Size): Cut {
  const scale = scaleOf(picture, frame, 1);
  return { zoom: 1, x: (frame.width - picture.width * scale) / 2, y: (frame.height - picture.height * scale) / 2 };
}

/** Moved, but never so far that the frame would show something else. */
export function moved(cut: Cut, by: { x: number; y: number }, picture: Size, frame: Size): Cut {
  const scale = scaleOf(picture, frame, cut.zoom);
  const within = (at: number, room: number, size: number): number => Math.min(0, Math.max(at, room - size * scale));
  return { zoom: cut.zoom, x: within(cut.x + by.x, frame.width, picture.width), y: within(cut.y + by.y, frame.height, picture.height) };
}

/** Larger or smaller about the middle of the frame. */
export function zoomed(cut: Cut, zoom: number, picture: Size, frame: Size): Cut {
  const to = Math.min(MOST_ZOOM, Math.max(1, zoom));
  const by = to / cut.zoom;
  const about = (at: number, room: number): number => room / 2 - (room / 2 - at) * by;
  return moved({ zoom: to, x: about(cut.x, frame.width), y: about(cut.y, frame.height) }, { x: 0, y: 0 }, picture, frame);
}

/** The part of the picture that shows, in its own px. */
export function shown(cut: Cut, picture: Size, frame: Size): { x: number; y: number } & Size {
  const scale = scaleOf(picture, frame, cut.zoom);
  return { x: 0 - cut.x / scale, y: 0 - cut.y / scale, width: frame.width / scale, height: frame.height / scale };
}
