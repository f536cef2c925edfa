/** Where the kernel shows the machine; tests show it a recorded one. */
export interface SystemRoots {
  readonly sysRoot: string;
  readonly procRoot: string;
  readonly devRoot: string;
}

export function systemRoots(options: Partial<SystemRoots> = {}): SystemRoots {
  return { sysRoot: '/sys', procRoot: '/proc', devRoot: '/dev', ...options };
}
