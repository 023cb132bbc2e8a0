import type { Limits } from '../api/Limits.ts';

/** Why a file cannot be sent, before it is tried: the code that the server would answer. */
export function problemOf(file: Pick<File, 'size'>, limits: Limits | undefined): 'object_empty' | 'object_too_large' | undefined {
  if (file.size === 0) return 'object_empty';
  return limits && file.size > limits.object_bytes ? 'object_too_large' : undefined;
}

/** Those of these files that one message can carry. */
export function fitting<T extends Pick<File, 'size'>>(files: readonly T[], limits: Limits | undefined): T[] {
  return files.filter((file) => problemOf(file, limits) === undefined).slice(0, limits?.objects ?? 32);
}

/** The files of something dragged or pasted; folders cannot be sent, so they are only counted. */
export function filesOf(data: Pick<DataTransfer, 'items' | 'files'> | null): { files: File[]; folders: number } {
  const files: File[] = [];
  let folders = 0;
  for (const item of data?.items ?? []) {
    if (item.kind !== 'file') continue;
    const file = item.getAsFile();
    if (item.webkitGetAsEntry?.()?.isDirectory) folders += 1;
    else if (file) files.push(file);
  }
  return { files, folders };
}

/** A picture out of the clipboard has no name of its own: it gets the time. */
export function named(file: File, now: Date): File {
  if (!/^image\.(\w+)$/.test(file.name)) return file;
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const name = `${day} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}.${file.name.slice(6)}`;
  return new File([file], name, { type: file.type, lastModified: file.lastModified });
}
