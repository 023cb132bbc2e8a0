/** How often a style sheet is asked for anew, and the pause before each time but the first, in ms. */
const TIMES = 3;
const PAUSE = 300;

/** Asks anew for every style sheet that did not arrive: the one who loads a page's parts asks for each only once. */
export function restyle(): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
    if (!arrived(link) && link.dataset['again'] === undefined) ask(link, 1);
  }
}

/** Puts a new link in the place of one that broke; what is on its way already breaks by itself, or arrives. */
function ask(link: HTMLLinkElement, time: number): void {
  const next = link.cloneNode() as HTMLLinkElement;
  next.dataset['again'] = String(time);
  if (time < TIMES) next.addEventListener('error', () => setTimeout(() => ask(next, time + 1), PAUSE), { once: true });
  link.replaceWith(next);
}

/** Chromium gives a sheet that failed an object of its own, whose rules nobody may read. */
function arrived(link: HTMLLinkElement): boolean {
  try {
    return link.sheet !== null && link.sheet.cssRules !== null;
  } catch {
    return false;
  }
}
