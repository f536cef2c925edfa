/** Fails a case with a sentence. The kit brings its own checks, so that it runs under any test runner, and under none. */
export function check(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new Error(sentence);
}
