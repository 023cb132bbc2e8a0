import { describe, expect, it } from 'vitest';

import { asked, excerpt, hasAll, pieces, type Piece } from './found.ts';

/** Hits in brackets. */
const shown = (all: readonly Piece[]): string => all.map(({ text, hit }) => (hit ? `[${text}]` : text)).join('');

describe('what was found', () => {
  it('is marked whatever the case and the accents', () => {
    for (const [text, question, wanted] of [
      ['São Paulo', 'sao', '[São] Paulo'],
      ['SA\u0303O', 'são', '[SA\u0303O]'],
      ['SA\u0303O', 'sa', '[SA\u0303]O'],
      ['die Straße', 'STRASSE', 'die [Straße]'],
      ['Łódź', 'lodz', '[Łódź]'],
      ['Ærøskøbing', 'aeros', '[Ærøs]købing'],
      ['Οδυσσεύς', 'οδυσσευσ', '[Οδυσσεύς]'],
      ['ＡＢＣ１', 'abc', '[ＡＢＣ]１'],
      ['مَرْحَبًا', 'مرحبا', '[مَرْحَبًا]'],
    ] as const) {
      expect(shown(pieces(text, asked(question))), question).toBe(wanted);
    }
  });

  it('is a word from its beginning on, not the middle of one', () => {
    expect(shown(pieces('the lake, lakeside and a snowflake', asked('lake')))).toBe('the [lake], [lake]side and a snowflake');
    expect(shown(pieces('5.5 km', asked('5')))).toBe('[5].[5] km');
    expect(shown(pieces('東京へ', asked('京')))).toBe('東[京]へ');
  });

  it('takes every word of a question, the longer one where two begin alike', () => {
    expect(shown(pieces('boats by the boathouse', asked('boat boath')))).toBe('[boat]s by the [boath]ouse');
    expect(asked('a b c d e f g h i jj')).toHaveLength(8);
    expect(asked('a b c d e f g h i jj')[0]).toBe('jj');
    expect(asked('?! 🦆')).toEqual([]);
  });

  it('loses nothing of the text', () => {
    for (const text of ['', 'x', '🦆 duck 🦆', 'a\nb', 'SA\u0303O e\u0301te', '  ', '((lake))']) {
      expect(pieces(text, asked('lake duck ete sao')).map((piece) => piece.text).join('')).toBe(text);
    }
  });

  it('stays in sight where a long text is cut', () => {
    const long = `${'word '.repeat(60)}the lake ${'tail '.repeat(60)}`;
    const cut = shown(excerpt(long, asked('lake')));
    expect(cut).toMatch(/^…word .*the \[lake\] tail .*…$/);
    expect(cut.length).toBeLessThanOrEqual(146);
    expect(shown(excerpt('short\n\n lake', asked('lake')))).toBe('short [lake]');
    // No half letter at an end.
    const ducks = `${'🦆'.repeat(90)} lake ${'🦆'.repeat(90)}`;
    expect(shown(excerpt(ducks, asked('lake')))).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/);
  });

  it('finds names by the same rules', () => {
    expect(hasAll('Zoë Exemplo', asked('zoe ex'))).toBe(true);
    expect(hasAll('Zoë Exemplo', asked('xemplo'))).toBe(false);
  });
});
