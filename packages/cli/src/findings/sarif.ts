import type { Finding, Policy, Severity } from '@sysimage/core';

type Json = Readonly<Record<string, unknown>>;

/**
 * Findings as a SARIF 2.1.0 log (OASIS, 2020), for code scanning services. What a finding is about is no file, so it is a logical
 * location (§3.33). Outcomes are kinds of results (§3.27.9): `violation` fail, `unknown` open, `pass` pass; a suppression is
 * recorded as such (§3.35).
 */
export function toSarif(findings: readonly Finding[], policies: readonly Policy[], version: string): Json {
  const rules = policies.map(({ meta }) => meta.id);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'sysimage', version, rules: policies.map(toRule) } },
        invocations: [{ executionSuccessful: true }],
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => toResult(finding, rules.indexOf(finding.policy))),
      },
    ],
  };
}

function toRule({ meta }: Policy): Json {
  const { id, description, severity, floor, source, docs, remedies } = meta;
  const help = Object.values<string | undefined>(remedies ?? {}).filter((text) => text !== undefined);
  return {
    id,
    shortDescription: { text: description },
    ...(help.length === 0 ? {} : { help: { text: help.join('\n') } }),
    // Only a URL will do here (§3.49.12).
    ...(docs !== undefined && /^https?:\/\//u.test(docs) ? { helpUri: docs } : {}),
    defaultConfiguration: { enabled: severity !== 'off', level: levels[severity] },
    properties: { severity, ...(floor === undefined ? {} : { floor }), source },
  };
}

const levels: Readonly<Record<Severity, string>> = {
  off: 'none',
  info: 'note',
  warn: 'warning',
  error: 'error',
  block: 'error',
};
const kinds = { violation: 'fail', suppressed: 'fail', unknown: 'open', pass: 'pass' } as const;

function toResult(finding: Finding, ruleIndex: number): Json {
  const { policy, severity, outcome, subject, message, remedy, suppression } = finding;
  const kind = kinds[outcome];
  return {
    ruleId: policy,
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    kind,
    // A level says how bad a failure is, so whatever is none has none (§3.27.10).
    level: kind === 'fail' ? levels[severity] : 'none',
    message: { text: message },
    locations: [{ logicalLocations: [{ fullyQualifiedName: subject, kind: 'resource' }] }],
    ...(suppression === undefined
      ? {}
      : {
          suppressions: [
            {
              kind: 'external',
              status: 'accepted',
              justification: suppression.reason,
              properties: { expires: suppression.expires },
            },
          ],
        }),
    properties: { severity, outcome, ...(remedy === undefined ? {} : { remedy }) },
  };
}
