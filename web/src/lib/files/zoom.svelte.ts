/** How much larger than the window a picture is drawn at most. */
export const LARGEST = 6;
const STEP = 1.5;
/** What is nearly whole is whole. */
const NEARLY = 1.05;

/** How large a picture is looked at: 1 is the whole of it. */
export class Zoom {
  scale = $state(1);

  in(): void {
    this.to(this.scale * STEP);
  }

  out(): void {
    this.to(this.scale / STEP);
  }

  whole(): void {
    this.scale = 1;
  }

  to(scale: number): void {
    this.scale = scale < NEARLY || !Number.isFinite(scale) ? 1 : Math.min(scale, LARGEST);
  }
}
