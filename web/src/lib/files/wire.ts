import type { ApiError } from '../api/ApiError.ts';
import type { ObjectId } from '../api/ObjectId.ts';
import { PREFIX, type Fetch } from '../http.ts';
import type { Answer } from './upload.ts';

/** Longest wait for the answer to a piece, in ms: longer than the server itself waits for one. */
const PATIENCE = 130_000;

/** Sends pieces over HTTP and understands what comes back, whoever it is from. */
export function patcher(fetch: Fetch) {
  return async (object: ObjectId, offset: number, bytes: Uint8Array, signal: AbortSignal): Promise<Answer> => {
    const response = await fetch(`${PREFIX}/objects/${encodeURIComponent(object)}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/octet-stream', 'upload-offset': String(offset) },
      body: bytes as BodyInit,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
    const body = understood(await response.text());
    const header = response.headers.get('upload-offset');
    const kept = header === null ? body?.['offset'] : Number(header);
    return {
      status: response.status,
      ...(typeof kept === 'number' && Number.isSafeInteger(kept) && kept >= 0 ? { offset: kept } : {}),
      ...(typeof body?.['code'] === 'string' && typeof body['kind'] === 'string' ? { error: body as unknown as ApiError } : {}),
    };
  };
}

/** An object of JSON; a page of a proxy is none. */
function understood(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
