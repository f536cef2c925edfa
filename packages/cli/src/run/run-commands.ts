/** The commands that are told of as runs: with events, hooks, notifications and lines in the log. All others only look. */
export const runCommands = ['backup', 'restore', 'verify', 'export', 'delete', 'prune', 'compact', 'overdue'] as const;
export type RunCommand = (typeof runCommands)[number];

export function isRunCommand(command: string): command is RunCommand {
  return runCommands.some((each) => each === command);
}
