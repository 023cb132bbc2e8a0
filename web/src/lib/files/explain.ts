import { explainCode } from '../explain.ts';
import { sizeAbove, sizeOf } from '../size.ts';
import { words } from '../words.svelte.ts';

/** Why a file was not taken and what to do, in the reader's language. */
export function explainFile(refused: { code: string; limit?: number | undefined }, file: { name: string; size: number } | undefined, tag: string): string {
  const { code, limit } = refused;
  const key = `file-error-${code}`;
  if (!words.has(key)) return explainCode(code, tag);
  const bytes = file?.size ?? 0;
  const size = sizeOf(bytes, tag);
  const sizes = limit === undefined ? { size, limit: size } : sizeAbove(bytes, limit, tag);
  return words.t(key, { file: file?.name ?? '', ...sizes, count: limit ?? 0 });
}
