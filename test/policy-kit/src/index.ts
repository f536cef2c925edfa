export {
  diskFacts,
  planFacts,
  sourceDisk,
  targetDisk,
  volumeFacts,
  type Changes,
  type PlanChanges,
  type TargetChanges,
} from './plan-facts.js';
export {
  policyCases,
  type ExpectedFinding,
  type FindingExample,
  type PolicyCase,
  type PolicyExamples,
  type SilentExample,
} from './policy-cases.js';
