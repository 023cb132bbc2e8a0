/** What a call of the past was, in words and as a picture. */
import type { CallRecord } from '../../lib/api/CallRecord.ts';
import { t } from '../../lib/words.svelte.ts';
import type { IconName } from '../icons.ts';
import { lasted } from './format.ts';

/** ms of talking; absent if nobody talked. */
export function talked(record: CallRecord): number | undefined {
  return record.answered === undefined || record.ended === undefined ? undefined : Math.max(0, record.ended - record.answered);
}

export function isMissed(record: CallRecord): boolean {
  return !record.outgoing && (record.outcome === 'missed' || record.outcome === 'missed_busy');
}

export function iconOf(record: CallRecord): IconName {
  if (isMissed(record)) return 'phone-missed';
  if (record.video) return 'video';
  return record.outgoing ? 'phone-outgoing' : 'phone-incoming';
}

/** For a row of the history: "You called · 12 min 4 s". */
export function outcomeWords(record: CallRecord): string {
  const time = lasted(talked(record) ?? 0);
  const who = record.outgoing ? 'out' : 'in';
  switch (record.outcome) {
    case 'open':
      return t('call-past-open');
    case 'completed':
      return t(`call-past-${who}`, { time });
    case 'lost':
      return talked(record) === undefined ? t('call-past-failed') : t(`call-past-lost-${who}`, { time });
    case 'failed':
      return t('call-past-failed');
    case 'not_answered':
      return t('call-past-not-answered');
    case 'cancelled':
      return t(record.outgoing ? 'call-past-cancelled' : 'call-past-missed');
    case 'declined':
      return t('call-past-declined');
    case 'missed':
      return t('call-past-missed');
    case 'missed_busy':
      return t('call-past-missed-busy');
  }
}
