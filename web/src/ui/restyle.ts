/** Asks once more for every style sheet that did not arrive: the one who loads a page's parts asks for each only once. */
export function restyle(): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
    if (link.sheet || link.dataset['again'] !== undefined) continue;
    const next = link.cloneNode() as HTMLLinkElement;
    next.dataset['again'] = '';
    link.replaceWith(next);
  }
}
