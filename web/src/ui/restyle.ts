/** Asks once more for every style sheet that did not arrive: the one who loads a page's parts asks for each only once. */
export function restyle(): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
    if (arrived(link) || link.dataset['again'] !== undefined) continue;
    const next = link.cloneNode() as HTMLLinkElement;
    next.dataset['again'] = '';
    link.replaceWith(next);
  }
}

/** Chromium gives a sheet that failed an object of its own, whose rules nobody may read. */
function arrived(link: HTMLLinkElement): boolean {
  try {
    return link.sheet !== null && link.sheet.cssRules !== null;
  } catch {
    return false;
  }
}
