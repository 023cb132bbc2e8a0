/** Puts all icons in the place of the first ones. */
export async function allIcons(page: Document): Promise<void> {
  const { default: symbols } = await import('virtual:icons');
  const sprite = new DOMParser().parseFromString(`<svg xmlns="http://www.w3.org/2000/svg"><defs>${symbols}</defs></svg>`, 'image/svg+xml');
  page.querySelector('.sprite')?.replaceChildren(page.importNode(sprite.documentElement.firstElementChild!, true));
}
