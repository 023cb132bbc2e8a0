import type { ObjectId } from '../api/ObjectId.ts';
import { PREFIX } from '../http.ts';

/** The address of an object's bytes; whoever opens it shows with a cookie that they may. */
export function objectAt(object: ObjectId, part: 'content' | 'preview'): string {
  return `${PREFIX}/objects/${encodeURIComponent(object)}/${part}`;
}
