import { describe, expect, it } from 'vitest';

import type { Block } from './api/Block.ts';
import type { Inline } from './api/Inline.ts';
import { beginning, calm, firstWords, isLong, paragraphs, plainOf } from './content.ts';

describe('content', () => {
  it('has the words of every kind of block and inline', () => {
    const blocks: Block[] = [
      {
        type: 'paragraph',
        inline: [
          { type: 'text', text: 'a ' },
          { type: 'bold', inline: [{ type: 'italic', inline: [{ type: 'strike', inline: [{ type: 'text', text: 'b' }] }] }] },
          { type: 'break' },
          { type: 'mono', text: 'c' },
          { type: 'link', href: 'https://example.org', inline: [{ type: 'text', text: 'd' }] },
          { type: 'mention', account: '1', name: 'ada' },
          { type: 'emoticon', name: 'goose' },
        ],
      },
      { type: 'quote', blocks: [{ type: 'code', text: 'x\ny' }] },
      { type: 'list', ordered: true, items: [paragraphs('one'), paragraphs('two')] },
    ];
    expect(plainOf(blocks)).toBe('a b\ncd@ada:goose:\nx\ny\none\ntwo');
  });

  it('goes back to the text that made it', () => {
    expect(plainOf(paragraphs('one\n\ntwo'))).toBe('one\n\ntwo');
  });

  it('is not dragged down by trees of any depth', () => {
    let inline: Inline[] = [{ type: 'text', text: 'deep' }];
    for (let depth = 0; depth < 5_000; depth += 1) inline = [{ type: 'bold', inline }];
    let blocks: Block[] = [{ type: 'paragraph', inline }];
    for (let depth = 0; depth < 5_000; depth += 1) blocks = [{ type: 'quote', blocks }];
    expect(plainOf(blocks)).toBe('');
    expect(plainOf([{ type: 'paragraph', inline }])).toBe('');
  });

  it('gives the first words on one line, without cutting a letter in two', () => {
    const line = firstWords({ type: 'text', blocks: paragraphs(`a\n  b${'😀'.repeat(400)}`) });
    expect(line.startsWith('a b😀')).toBe(true);
    expect([...line].length).toBeLessThanOrEqual(200);
    expect(line).not.toMatch(/\p{Cs}/u);
    expect(firstWords({ type: 'system', line: 'became_contacts' })).toBe('');
  });

  it('cuts a long text to its beginning, by lines and by letters', () => {
    expect(beginning(paragraphs('line\n'.repeat(2_000)))).toHaveLength(30);
    const [only, ...rest] = beginning(paragraphs('😀'.repeat(5_000)));
    expect(rest).toEqual([]);
    expect(plainOf(only ? [only] : [])).toBe('😀'.repeat(1_500));
    expect(plainOf(beginning([{ type: 'code', text: 'x\n'.repeat(500) }])).split('\n')).toHaveLength(30);
    const short = paragraphs('one\ntwo');
    expect(beginning(short)).toEqual(short);
  });

  it('draws the first eight marks of a letter', () => {
    expect(calm(`a${'\u0301'.repeat(5_000)}b`)).toBe(`a${'\u0301'.repeat(8)}b`);
    expect(calm('ção, नमस्ते, שָׁלוֹם, ﷽')).toBe('ção, नमस्ते, שָׁלוֹם, ﷽');
  });

  it('knows long texts by lines and by letters', () => {
    expect(isLong('line\n'.repeat(29))).toBe(false);
    expect(isLong('line\n'.repeat(31))).toBe(true);
    expect(isLong('x'.repeat(3_001))).toBe(true);
    expect(isLong(`Z${'\u0301'.repeat(5_000)}`)).toBe(false);
  });
});
