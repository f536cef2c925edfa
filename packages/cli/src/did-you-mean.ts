import { closestMatch } from 'leven';

/** The word that was probably meant, or `undefined` when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const letters = Math.max(1, Math.round(word.length * 0.4));
  return closestMatch(word, candidates, { maxDistance: letters });
}

/** `; did you mean "shelf"?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}
