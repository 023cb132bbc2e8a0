import type { Plugin } from 'vite';

const STYLE = /\.css(?:$|\?)|[?&]lang\.css/;
const WIDTH = /@media \((max|min)-width: ([\d.]+)px\)/g;
/** Pixels of one rem, as browsers have it. */
const REM = 16;

/**
 * Has the layout follow the reader's text size: whoever reads at twice the size has half the room. Widths in media
 * queries know nothing of it, as their rem is the browser's own; those in container queries take ours (CSS Conditional 5).
 * So `@media (max-width: 599.98px)` becomes a query of the container `page`, which is the body.
 */
export function scaled(): Plugin {
  return {
    name: 'skein-scaled',
    transform(code, id) {
      if (!STYLE.test(id) || !code.includes('@media')) return undefined;
      return { code: code.replace(WIDTH, (_, end: string, px: string) => `@container page (${end}-width: ${Number(px) / REM}rem)`), map: null };
    },
  };
}
