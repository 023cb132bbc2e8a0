import { readdirSync, readFileSync } from 'node:fs';

import { FluentBundle, FluentResource } from '@fluent/bundle';
import { describe, expect, it } from 'vitest';

import { ADVICE, CAUSES } from '../../lib/call/card.ts';
import { LANGUAGES } from '../../lib/languages.ts';

/** Keys that are put together where they are used. */
const MADE: Record<string, readonly string[]> = {
  'call-way-': ['direct', 'relay', 'server'],
  'call-verdict-': ['good', 'gaps', 'hard'],
  'call-quality-': ['good', 'gaps', 'hard'],
  'call-advice-': ADVICE,
  'call-cost-': CAUSES,
  'call-echo-': ['greeting', 'listening', 'playing', 'done'],
  'call-problem-': ['microphone', 'camera'].flatMap((kind) => ['blocked', 'none', 'busy', 'insecure'].map((problem) => `${kind}-${problem}`)),
  'call-problem-microphone-': [],
  'call-problem-camera-': [],
  'call-missing-': ['devices', 'server', 'addresses', 'path', 'seal', 'sound'],
  'call-device-': ['camera', 'microphone', 'speaker'],
  'call-past-': ['out', 'in'],
  'call-past-lost-': ['out', 'in'],
  'call-fact-': ['score', 'path', 'rtt', 'lost', 'jitter', 'concealed', 'recovered', 'sent', 'received', 'level', 'codec', 'frames', 'video-codec', 'clock', 'ended', 'agent'],
  'call-seq-': ['invite', 'ring', 'ringing', 'accept', 'signals', 'decline', 'connected', 'first_check', 'valid_pair', 'sealed', 'first_audio', 'first_video', 'path_changed', 'hold', 'resume', 'screen', 'screen_end', 'leave', 'end', 'report', 'other'],
  'call-news-microphone-': ['gone', 'back', 'changed'],
  'call-news-camera-': ['gone', 'back', 'changed'],
  'call-news-speaker-': ['gone', 'back'],
  'call-cause-': ['lost', 'concealed', 'rtt', 'jitter'],
  'call-': ['answered-elsewhere', 'declined-elsewhere', 'other-ended', 'moved'],
};

const files = readdirSync('src/ui/call').filter((name) => name.endsWith('.svelte') || (name.endsWith('.ts') && !name.endsWith('.test.ts')));
const source = files.map((name) => readFileSync(`src/ui/call/${name}`, 'utf8')).join('\n');
const literal = [...source.matchAll(/'(call-[a-z_-]+)'/g)].map(([, key]) => key ?? '');
const made = Object.entries(MADE).flatMap(([prefix, ends]) => ends.map((end) => prefix + end));

function bundle(language: string): FluentBundle {
  const made = new FluentBundle(language);
  for (const file of ['main', 'call']) made.addResource(new FluentResource(readFileSync(`../locales/${language}/${file}.ftl`, 'utf8')));
  return made;
}

describe.each(LANGUAGES)('the words of calls in %s', (language) => {
  it('has every key that the screens ask for, and no other', () => {
    const words = bundle(language);
    const wanted = new Set([...literal, ...made]);
    expect([...wanted].filter((key) => !words.hasMessage(key))).toEqual([]);
    const kept = [...readFileSync(`../locales/${language}/call.ftl`, 'utf8').matchAll(/^(call-[a-z_-]+) =/gm)].map(([, key]) => key ?? '');
    expect(kept.filter((key) => !wanted.has(key))).toEqual([]);
  });

  it('knows every prefix that the screens put together', () => {
    const prefixes = [...source.matchAll(/`(call-[a-z_-]*)\$\{/g)].map(([, prefix]) => prefix ?? '');
    expect(prefixes.filter((prefix) => !(prefix in MADE))).toEqual([]);
  });

  it('counts devices', () => {
    const words = bundle(language);
    const say = (devices: number): string => {
      const pattern = words.getMessage('call-ringing')?.value;
      return pattern ? words.formatPattern(pattern, { devices }).replace(/[⁨⁩]/g, '') : '';
    };
    expect(say(1)).not.toBe(say(2).replace('2', '1'));
  });
});
