/** The languages Skein speaks, English first. */
export const LANGUAGES = ['en', 'pt-BR', 'pt-PT'] as const;

export type Language = (typeof LANGUAGES)[number];

/** Each language as it calls itself. */
export const OWN_NAMES: Record<Language, string> = {
  en: 'English',
  'pt-BR': 'Português (Brasil)',
  'pt-PT': 'Português (Portugal)',
};

/** The best of our languages for what the reader's browser asks for, in its order. */
export function choose(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const lower = tag.toLowerCase();
    const exact = LANGUAGES.find((language) => language.toLowerCase() === lower);
    if (exact) return exact;
    const [primary] = lower.split('-');
    // Portuguese without a country is the form most people write; the other countries write the European one.
    if (primary === 'pt') return lower === 'pt' ? 'pt-BR' : 'pt-PT';
    if (primary === 'en') return 'en';
  }
  return 'en';
}
