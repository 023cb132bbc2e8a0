/** Lengths and figures of calls in the reader's own form. */
import { t } from '../../lib/words.svelte.ts';

/** 04:12, or 1:04:12: for a running timer. */
export function timer(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** 12 min 4 s, or 38 s: as people say it. */
export function lasted(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours > 0) return t('call-hours', { hours, minutes });
  if (minutes > 0) return t('call-minutes', { minutes, seconds: seconds % 60 });
  return t('call-seconds', { seconds });
}

/** 27 ms. */
export function millis(ms: number, tag: string, digits = 0): string {
  return t('call-ms', { value: new Intl.NumberFormat(tag, { maximumFractionDigits: digits }).format(ms) });
}

/** 0.2 %. */
export function percent(share: number, tag: string): string {
  return new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 1 }).format(share);
}

export function whole(value: number, tag: string): string {
  return new Intl.NumberFormat(tag, { maximumFractionDigits: 0 }).format(value);
}

export function decibels(value: number, tag: string): string {
  return t('call-dbfs', { value: new Intl.NumberFormat(tag, { maximumFractionDigits: 0 }).format(value) });
}

export function hertz(value: number, tag: string): string {
  return t('call-hz', { value: whole(value, tag) });
}

/** Of a mean opinion: 4.2, −0.6. */
export function points(value: number, tag: string): string {
  return new Intl.NumberFormat(tag, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
}
