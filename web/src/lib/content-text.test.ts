import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Block } from './api/Block.ts';
import type { Inline } from './api/Inline.ts';
import { wordsOf } from './content.ts';
import { parse, type Named } from './content-parse.ts';
import { editable, print, same } from './content-print.ts';

const people: Named[] = [
  { account: 'b', name: 'Bob Sample' },
  { account: 'b2', name: 'Bob' },
  { account: 'u', name: 'under_score' },
  { name: 'all' },
];

const text = (letters: string): Inline => ({ type: 'text', text: letters });
const paragraph = (...inline: Inline[]): Block => ({ type: 'paragraph', inline });
const link = (address: string, href = address): Inline => ({ type: 'link', href, inline: [text(address)] });
const inline = (typed: string): Inline[] => {
  const [only, ...more] = parse(typed, people);
  if (only?.type !== 'paragraph' || more.length > 0) throw new Error(`${typed} is not one paragraph`);
  return only.inline;
};

/** What people type, and what only tests do. */
const typed = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '*', '_', '~', '`', '```', '````', '\\', '\\*', '\\`', '> ', '>', '- ', '* ', '• ', '1. ', '2. ', '1) ', '\n', '\n\n', '\n  ', ' ', '  ',
        '@', '@Bob', '@Bob Sample', '@all', '@nobody', 'Bob', ' Sample', '\\@Bob', 'https://', 'https://example.org/a_b_(c)', 'http:', 'www.',
        'www.example.org', '\\://', '\\.', '<b>', '&amp;', '(', ')', '.', ',', '!', ':', ':goose:', 'word', 'a', 'é', 'ção', '😀', '你好', 'سلام', '\t', '1', '0',
      ),
      fc.string({ maxLength: 4, unit: 'grapheme' }),
    ),
    { maxLength: 24 },
  )
  .map((pieces) => pieces.join(''));

/** Trees as the composer makes them, out of words with every letter that could be a mark. */
const letters = fc
  .array(fc.constantFrom('word', 'a_b', '*', '_', '~', '`', '\\', '\\*', '@Bob', '@', 'https://', 'www.', '- ', '> ', '1. ', '<i>', '&lt;', ' ', 'é', '😀', '.'), { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join('').trim() || 'x');
const marked = (depth: number, without: string): fc.Arbitrary<Inline> => {
  const kinds = (['bold', 'italic', 'strike'] as const).filter((kind) => !without.includes(kind));
  const inner = (kind: string): fc.Arbitrary<Inline[]> =>
    depth > 1 ? fc.constant([text('x')]) : fc.array(marked(depth + 1, `${without} ${kind}`), { minLength: 1, maxLength: 3 });
  const leaf: fc.Arbitrary<Inline>[] = [
    letters.map(text),
    fc.constantFrom<Inline>({ type: 'mono', text: 'a*b\\' }, { type: 'mention', account: 'b', name: 'Bob Sample' }, { type: 'mention', name: 'all' }, link('https://example.org/a_b_(c)'), link('www.example.org', 'https://www.example.org')),
  ];
  return fc.oneof(...leaf, ...kinds.map((kind) => inner(kind).map((parts): Inline => ({ type: kind, inline: apart(parts) }))));
};
/** Apart by spaces, and neighbouring words as one part, as they would be read. */
const apart = (parts: readonly Inline[]): Inline[] => {
  const all: Inline[] = [];
  for (const part of parts.flatMap((each, index) => (index > 0 ? [text(' '), each] : [each]))) {
    const last = all.at(-1);
    if (part.type === 'text' && last?.type === 'text') all.splice(-1, 1, text(last.text + part.text));
    else all.push(part.type === 'text' ? { ...part } : part);
  }
  return all;
};
const line = fc.array(marked(0, ''), { minLength: 1, maxLength: 4 }).map(apart);
const words = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => paragraph(...lines.flatMap((parts, index) => (index > 0 ? [{ type: 'break' } as const, ...parts] : parts))));
const code: fc.Arbitrary<Block> = fc.constantFrom('let x = `1`;\n```\n  y', 'js', '> no quote\n- no list', '\\*').map((content) => ({ type: 'code', text: content }));
const tree = (depth: number): fc.Arbitrary<Block[]> => {
  const inner = depth > 2 ? words.map((block) => [block]) : fc.array(fc.oneof(words, code), { minLength: 1, maxLength: 2 });
  const deeper = depth > 2 ? [] : [
    (depth > 1 ? inner : tree(depth + 1)).map((blocks): Block => ({ type: 'quote', blocks })),
    fc.tuple(fc.boolean(), fc.array(inner, { minLength: 1, maxLength: 3 })).map(([ordered, items]): Block => ({ type: 'list', ordered, items })),
  ];
  return fc.array(fc.oneof(words, code, ...deeper), { minLength: 1, maxLength: 4 });
};

describe('what is typed', () => {
  it.each<[string, Inline[]]>([
    ['*bold* _italic_ ~gone~ `code`', [{ type: 'bold', inline: [text('bold')] }, text(' '), { type: 'italic', inline: [text('italic')] }, text(' '), { type: 'strike', inline: [text('gone')] }, text(' '), { type: 'mono', text: 'code' }]],
    ['*_both_*!', [{ type: 'bold', inline: [{ type: 'italic', inline: [text('both')] }] }, text('!')]],
    ['<b>x</b> &lt; &#39; <3', [text('<b>x</b> &lt; &#39; <3')]],
    ['<at id="8:nobody">x</at> <img src=x onerror=alert(1)>', [text('<at id="8:nobody">x</at> <img src=x onerror=alert(1)>')]],
    ['*', [text('*')]],
    ['a * b * c, 2*3*4, snake_case_word', [text('a * b * c, 2*3*4, snake_case_word')]],
    ['a*b* c_d_ e~f~', [text('a*b* c_d_ e~f~')]],
    ['\\*not bold\\*', [text('*not bold*')]],
    ['\\\\server\\share', [text('\\\\server\\share')]],
    ['see https://example.org/a_b_c?x=*1*.', [text('see '), link('https://example.org/a_b_c?x=*1'), text('*.')]],
    ['(https://example.org/x_(y))', [text('('), link('https://example.org/x_(y)'), text(')')]],
    ['www.example.org, ok', [link('www.example.org', 'https://www.example.org'), text(', ok')]],
    ['javascript:alert(1) https:// http:///x', [text('javascript:alert(1) https:// http:///x')]],
    ['@Bob Sample and @Bobby, a@Bob', [{ type: 'mention', account: 'b', name: 'Bob Sample' }, text(' and @Bobby, a@Bob')]],
    ['@all @under_score!', [{ type: 'mention', name: 'all' }, text(' '), { type: 'mention', account: 'u', name: 'under_score' }, text('!')]],
    ['10:30:45 >_< -1 1.5', [text('10:30:45 >_< -1 1.5')]],
    ['`a*b*` \\`x`', [{ type: 'mono', text: 'a*b*' }, text(' `x`')]],
  ])('%j is one line', (source, wanted) => {
    expect(inline(source)).toEqual(wanted);
    expect(inline(print([paragraph(...wanted)], people))).toEqual(wanted);
  });

  it('has quotes, lists and code', () => {
    expect(parse('Hi\n> one\n> two\n\n- a\n- b\n  - c\n1. x\n2. y\n```js\nlet a;\n\nb\n```\nend', people)).toEqual([
      paragraph(text('Hi')),
      { type: 'quote', blocks: [paragraph(text('one'), { type: 'break' }, text('two'))] },
      paragraph(),
      { type: 'list', ordered: false, items: [[paragraph(text('a'))], [paragraph(text('b')), { type: 'list', ordered: false, items: [[paragraph(text('c'))]] }]] },
      { type: 'list', ordered: true, items: [[paragraph(text('x'))], [paragraph(text('y'))]] },
      { type: 'code', text: 'let a;\n\nb' },
      paragraph(text('end')),
    ]);
    expect(parse('2024. A good year')).toEqual([paragraph(text('2024. A good year'))]);
    expect(parse('```never closed')).toEqual([paragraph(text('```never closed'))]);
    expect(parse(' \n \n')).toEqual([]);
  });

  it.each([
    'Hello', 'a*b', '*', 'a * b', '2024. A good year', 'one\ntwo\n\nthree\n\n\n\nfour', '- a\n- b\n  - c', '> x\n> > y', '1. a\n2. b\n1. c', '¯\\\\_(ツ)\\_/¯ is hard',
    'https://example.org/a_b_c', '\\*kept\\*', 'snake_case *bold* `co*de`', '@Bob Sample: hi', 'C:\\dir\\file', '>_<', 'x\n\n> y\n\nz', '```\nx\n```\n\nnext', '\\> no quote',
    'never ``` closed', '<b>x</b> &amp; "y"', '5. five\n6. six', '1\\. no list', 'a\n\n- b', '\\@Bob is a name', 'https\\://no.link',
  ])('%j comes back as it was typed', (source) => {
    expect(print(parse(source, people), people)).toBe(source);
  });

  it('makes the same tree again, whatever was typed', () => {
    fc.assert(fc.property(typed, (source) => {
      const made = parse(source, people);
      expect(parse(print(made, people), people)).toEqual(made);
    }), { numRuns: 3_000, seed: 7 });
  });

  it('makes the same tree again of every tree it can make', () => {
    let makeable = 0;
    fc.assert(fc.property(tree(0), (blocks) => {
      const made = parse(print(blocks, people), people);
      // What it makes of it is a tree it can make, whatever it was.
      expect(parse(print(made, people), people)).toEqual(made);
      if (same(made, blocks)) makeable += 1;
    }), { numRuns: 1_500, seed: 11 });
    expect(makeable).toBeGreaterThan(500);
  });

  it('escapes words exactly once, whatever they are', () => {
    fc.assert(fc.property(fc.oneof(letters, typed), (source) => {
      const flat = source.replace(/\s+/gu, ' ').trim();
      if (flat === '') return;
      const wanted = parse(flat.replace(/\\/gu, ''), []);
      const letters = wordsOf({ type: 'text', blocks: wanted }).replace(/\n/gu, ' ').trim();
      if (letters === '') return;
      const plain = paragraph(text(letters));
      expect(parse(print([plain], people), people)).toEqual([plain]);
    }), { numRuns: 2_000, seed: 13 });
  });

  it('takes time in proportion to a text whose marks nothing closes', () => {
    // In proportion to its square it would not end before the test does.
    expect(parse('*a _b ~c '.repeat(20_000))).toHaveLength(1);
  });
});

describe('an edit', () => {
  const foreign: Block[] = [
    { type: 'quote', author: 'b', message: 'm1', blocks: [paragraph(text('their words'))] },
    paragraph(link('the map', 'https://example.org/map'), text(' '), { type: 'emoticon', name: 'goose' }),
    paragraph({ type: 'bold', inline: [text('two'), { type: 'break' }, text('lines')] }),
  ];

  it('gives back what is not touched, and the tree itself where nothing is', () => {
    const edit = editable(foreign, people);
    expect(edit.text).toBe('> their words\nthe map (https://example.org/map) :goose:\n\n*two\nlines*');
    expect(edit.back(edit.text)).toEqual(foreign);
    const changed = edit.back(`${edit.text}\n\nPS *new*`);
    expect(changed[0]).toEqual(foreign[0]);
    expect(changed[1]).toEqual(foreign[1]);
    expect(changed.at(-1)).toEqual(paragraph(text('PS '), { type: 'bold', inline: [text('new')] }));
  });

  it('knows the people it names, though they are gone', () => {
    const blocks = [paragraph({ type: 'mention', account: 'gone', name: 'Zoe Old' }, text(' hi'))];
    const edit = editable(blocks, people);
    expect(edit.text).toBe('@Zoe Old hi');
    expect(edit.back('@Zoe Old hi there')).toEqual([paragraph({ type: 'mention', account: 'gone', name: 'Zoe Old' }, text(' hi there'))]);
  });

  it('is readable and stays so for trees of any shape', () => {
    let deep: Block[] = [paragraph(text('deep'))];
    for (let depth = 0; depth < 3_000; depth += 1) deep = [{ type: 'quote', blocks: deep }];
    expect(editable(deep).back(editable(deep).text)).toEqual(deep);
  });
});
