/** Gives a `<video>` or `<audio>` its stream, and asks it to play. */
import type { Attachment } from 'svelte/attachments';

/** `refused`: the browser wants a gesture first. */
export function playing(stream: MediaStream | undefined, refused: (again: boolean) => void = () => {}): Attachment<HTMLMediaElement> {
  return (element) => {
    element.srcObject = stream ?? null;
    if (stream) {
      element.play().then(
        () => refused(false),
        (error: unknown) => {
          if (error instanceof DOMException && error.name === 'NotAllowedError') refused(true);
        },
      );
    }
    return () => {
      element.srcObject = null;
    };
  };
}
