/** Up to two letters for somebody without a picture: of the first two words, of capitalised ones where there are two. */
export function initials(name: string): string {
  const letters = name
    .split(/[\s._-]+/u)
    .map((word) => firstLetter(word))
    .filter((letter) => letter !== '');
  const capitals = letters.filter((letter) => /\p{Lu}/u.test(letter));
  const [first, second] = capitals.length > 1 ? capitals : letters;
  if (first === undefined) return '?';
  if (second !== undefined) return (first + second).toUpperCase();
  return [...name].filter((letter) => /[\p{L}\p{N}]/u.test(letter)).slice(0, 2).join('').toUpperCase();
}

function firstLetter(word: string): string {
  return [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? '';
}

/** One of the six tints, by a hash (FNV-1a) of the account name: the same on every device. */
export function tint(name: string): 1 | 2 | 3 | 4 | 5 | 6 {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return ((hash % 6) + 1) as 1 | 2 | 3 | 4 | 5 | 6;
}
