import { t } from './words.svelte.ts';

/** The reader's own form of times: their browser's country, if it speaks the language of the page. */
export function locale(language: string, wanted: readonly string[]): string {
  const [primary] = language.split('-');
  return wanted.find((tag) => tag === language || (primary === 'en' && tag.startsWith('en'))) ?? language;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${tag} ${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(tag, options);
    formats.set(key, made);
  }
  return made;
}

/** 14:32, or 2:32 PM. */
export function clockTime(at: number, tag: string): string {
  return format(tag, { hour: 'numeric', minute: '2-digit' }).format(at);
}

/** Whether two moments are on one day, where the reader is. */
export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

function daysBetween(at: number, now: number): number {
  const midnight = (time: number): number => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}

/** For a list: the time today, then "Yesterday", the day of the week, the date. */
export function shortTime(at: number, now: number, tag: string): string {
  const days = daysBetween(at, now);
  if (days <= 0) return clockTime(at, tag);
  if (days === 1) return t('time-yesterday');
  if (days < 7) return format(tag, { weekday: 'short' }).format(at);
  return dateOnly(at, now, tag);
}

/** For a line between two days. */
export function dayName(at: number, now: number, tag: string): string {
  const days = daysBetween(at, now);
  if (days === 0) return t('day-today');
  if (days === 1) return t('time-yesterday');
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: 'numeric' } as const);
  return format(tag, { weekday: 'long', day: 'numeric', month: 'long', ...year }).format(at);
}

/** Inside a sentence: "today 14:32", "yesterday 9:10", "3 March, 14:32". */
export function dayAndTime(at: number, now: number, tag: string): string {
  const time = clockTime(at, tag);
  const days = daysBetween(at, now);
  if (days === 0) return t('time-today-at', { time });
  if (days === 1) return t('time-yesterday-at', { time });
  return t('time-day-at', { day: dateOnly(at, now, tag), time });
}

/** 3 March, with the year if it is another one. */
export function dateOnly(at: number, now: number, tag: string): string {
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: 'numeric' } as const);
  return format(tag, { day: 'numeric', month: 'short', ...year }).format(at);
}

/** How long to wait, in one unit: "40 seconds", "3 minutes". */
export function duration(ms: number, tag: string): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  const [value, unit] =
    seconds < 100
      ? ([seconds, 'second'] as const)
      : seconds < 5_400
        ? ([Math.ceil(seconds / 60), 'minute'] as const)
        : ([Math.ceil(seconds / 3_600), 'hour'] as const);
  return new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}
