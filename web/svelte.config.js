/** Compiler warnings (accessibility among them) are errors: `npm run check` fails on the first one. */
export default {
  compilerOptions: {
    runes: true,
    // No style is written into the page by a script: the content security policy has no 'unsafe-inline'.
    css: 'external',
  },
};
