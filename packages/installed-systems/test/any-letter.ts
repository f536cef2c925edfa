import fc from 'fast-check';

/** What programs stumble over: ends, controls, marks that turn or join what is beside them, what is longer than it looks. */
const nasty = [
  '\0',
  '\t',
  '\n',
  '\r',
  '\u001b',
  '\u007f',
  '\u0085',
  '\u0301',
  '\u200d',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ufffe',
  '😀',
];

/**
 * Any letter at all, halves of surrogate pairs too. Instead of `unit: 'binary'`, which lists every letter there is before the first
 * text is made: that takes a second.
 */
export const anyLetter: fc.Arbitrary<string> = fc.oneof(
  fc.nat(0xff).map((code) => String.fromCharCode(code)),
  fc.nat(0x10_ffff).map((code) => String.fromCodePoint(code)),
  fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code)),
  fc.constantFrom(...nasty),
);
