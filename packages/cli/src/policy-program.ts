import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  findingFormats,
  policyCheckCommand,
  policyExplainCommand,
  policyListCommand,
  type PolicyCheckOptions,
  type PolicyOptions,
} from './commands/policy.js';
import { withJob, type GivenBackup } from './config/job.js';
import { backupOptions, common, givenBackup, machine, profile } from './options.js';
import type { ProgramHooks } from './program-hooks.js';

/** `sysimage policy …`. */
export function addPolicyCommands(program: Command, hooks: ProgramHooks): void {
  const policy = program.command('policy').description('the checks of a plan: what they are, and what they say');
  common(policy.command('list'))
    .description('all rules, with the severities that they have here')
    .addOption(profile())
    .action((options: PolicyOptions) => hooks.run(options, (context) => policyListCommand(context, options)));
  common(policy.command('explain'))
    .description('what a rule checks, what it says, and what can be done')
    .argument('<id>', 'for example target/free-space')
    .addOption(profile())
    .action((id: string, options: PolicyOptions) =>
      hooks.run(options, (context) => policyExplainCommand(context, id, options)),
    );
  backupOptions(common(policy.command('check')))
    .description('what the rules say of a backup; fails with exit code 13')
    .addOption(
      new Option('-f, --format <format>', 'of what is found (default: text)')
        .choices([...findingFormats])
        .env('SYSIMAGE_POLICY_FORMAT'),
    )
    .addOption(
      new Option('-o, --output <file>', 'where to write it, instead of standard output').env('SYSIMAGE_POLICY_OUTPUT'),
    )
    .addOption(
      new Option('--fail-on <severity>', 'fail on violations of this severity, or a graver one')
        .choices(['info', 'warn', 'error', 'block'])
        .default('block')
        .env('SYSIMAGE_FAIL_ON'),
    )
    .addOption(
      new Option('--max-warnings <number>', 'fail on more violations of severity "warn" than this')
        .argParser(countOf)
        .env('SYSIMAGE_MAX_WARNINGS'),
    )
    .addOption(
      new Option('--show-passed', 'tell of the rules that passed, too').default(false).env('SYSIMAGE_SHOW_PASSED'),
    )
    .addOption(machine())
    .action((job: string | undefined, options: GivenBackup['options'] & PolicyCheckOptions, command: Command) =>
      hooks.run(options, (context) =>
        policyCheckCommand(context, withJob(context.loaded, job, givenBackup(command, options)), options),
      ),
    );
}

function countOf(text: string): number {
  if (!/^\d{1,9}$/u.test(text)) throw new InvalidArgumentError('It must be a number, 0 or more.');
  return Number(text);
}
