import { isSysimageError, type ErrorCode, type FacetName, type SysimageError } from '@sysimage/core/plugin';
import { conformance, type KitSetup, type SkippedCase } from './kit.js';

export interface FailedCase {
  readonly name: string;
  readonly facet?: FacetName;
  /** What the target did instead, as a sentence. */
  readonly why: string;
}

/** What the kit says of a place. */
export interface KitReport {
  readonly passed: readonly string[];
  readonly failed: readonly FailedCase[];
  /** Chosen by the manifest, and what turned out on the way. */
  readonly skipped: readonly SkippedCase[];
  /** Why the run ended early: a place that is away, full, or closed to its user cannot be judged. */
  readonly hindrance?: SysimageError;
}

const hindering: readonly ErrorCode[] = ['unavailable', 'no-space', 'denied', 'credentials', 'media-required'];

export interface RunOptions {
  /** Ends the run between two cases, and calls of scratch places at once. What the last case said is then left out. */
  readonly signal?: AbortSignal;
  /** Told before each case. */
  readonly onCase?: (name: string, index: number, count: number) => void;
}

/** Runs every case that applies, one after the other. Never rejects for what a case says. */
export async function runKit(setup: KitSetup, { signal, onCase }: RunOptions = {}): Promise<KitReport> {
  const { cases, skipped } = conformance(setup);
  const report: { passed: string[]; failed: FailedCase[]; skipped: SkippedCase[] } = {
    passed: [],
    failed: [],
    skipped: [...skipped],
  };
  const isStopped = (): boolean => signal?.aborted === true;
  for (const [index, { name, facet, run }] of cases.entries()) {
    if (isStopped()) break;
    onCase?.(name, index, cases.length);
    try {
      const outcome = await run();
      if (outcome.skipped === undefined) report.passed.push(name);
      else report.skipped.push({ name, why: outcome.skipped });
    } catch (error) {
      if (isStopped()) break;
      if (isSysimageError(error) && hindering.includes(error.code)) return { ...report, hindrance: error };
      report.failed.push({ name, ...(facet === undefined ? {} : { facet }), why: sentence(error) });
    }
  }
  return report;
}

function sentence(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
