/** How easily a password is guessed, as far as a page can tell; the server knows the long lists and is the judge. */
export type Strength = 'short' | 'weak' | 'fair' | 'strong' | 'best';

/** What people try first, in our languages. Each counts as one letter wherever it stands. */
const COMMON = [
  'password', 'passwort', 'palavrapasse', 'senha', 'qwerty', 'qwertz', 'azerty', 'asdfgh', 'zxcvbn', 'letmein', 'welcome',
  'iloveyou', 'teamo', 'euteamo', 'admin', 'login', 'abc', 'monkey', 'dragon', 'football', 'futebol', 'benfica',
  'flamengo', 'corinthians', 'porto', 'brasil', 'portugal', 'skein', 'skype', 'master', 'secret', 'segredo', 'sunshine',
  'princess', 'princesa', 'jesus', 'amor', 'love', 'hello', 'test', 'teste', 'qazwsx', 'trustno', 'shadow', 'michael',
];

/** Bits below which a step is not reached. */
const STEPS: readonly (readonly [Strength, number])[] = [
  ['best', 64],
  ['strong', 46],
  ['fair', 32],
];

/**
 * Rates a password; `shortest` is the server's bound in code points, `about` what belongs to the person and is guessed
 * first. Symbols are never demanded: length counts.
 */
export function strength(password: string, shortest: number, about: readonly string[] = []): Strength {
  const letters = [...password];
  if (letters.length < shortest) return 'short';
  const bits = surprising(password, about) * bitsPerLetter(letters);
  return STEPS.find(([, least]) => bits >= least)?.[0] ?? 'weak';
}

/** Steps of four that the meter fills. */
export function filled(rating: Strength): number {
  return { short: 0, weak: 1, fair: 2, strong: 3, best: 4 }[rating];
}

/** How many of the letters say something new: known words count once, runs and repeats hardly. */
function surprising(password: string, about: readonly string[]): number {
  let rest = plain(password);
  const known = [...about.flatMap((text) => [plain(text), ...text.split(/\s+/).map(plain)]), ...COMMON];
  let count = 0;
  for (const word of known) {
    if (word.length < 3) continue;
    const parts = rest.split(word);
    count += parts.length - 1;
    rest = parts.join('\u0000');
  }
  const letters = [...rest].filter((letter) => letter !== '\u0000');
  const seen = new Map<string, number>();
  for (const [index, letter] of letters.entries()) {
    const before = letters[index - 1];
    const step = before === undefined ? 9 : Math.abs((letter.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0));
    const often = seen.get(letter) ?? 0;
    seen.set(letter, often + 1);
    // The same letter again, or the next one of the alphabet, is what a guesser tries first.
    count += step <= 1 ? 0.2 : often > 2 ? 0.5 : 1;
  }
  return count;
}

/** Lower case, without accents and spaces, and with the letters that digits stand for. */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[\s._-]/gu, '')
    .replaceAll('@', 'a')
    .replace(/0(?=[a-z])/g, 'o')
    .replace(/3(?=[a-z])/g, 'e')
    .replace(/(?<=[a-z])1(?=[a-z])/g, 'i')
    .replaceAll('$', 's');
}

/** Bits of one letter: in words less than by the alphabet, as language repeats itself. */
function bitsPerLetter(letters: readonly string[]): number {
  const text = letters.join('');
  let bits = 2.9;
  if (/[A-Z]/.test(text.slice(1))) bits += 0.4;
  if (/\d/.test(text)) bits += 0.5;
  if (/[^\p{L}\d\s]/u.test(text)) bits += 0.5;
  return bits;
}
