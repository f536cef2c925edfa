import type { VolumeRole, VolumeRoles } from '@sysimage/core';

/** `boot, critical`, `ESP, system, critical`, `root, critical`; `unknown` when nobody could look; nothing for what has no role. */
export function rolesInWords({ roles, critical, unknown }: VolumeRoles): string {
  const words = new Set(roles.map((role) => roleInWords(role, roles)));
  if (critical === true) words.add('critical');
  if (unknown !== undefined && critical !== true) words.add('unknown');
  return [...words].join(', ');
}

/** Linux has words of its own. */
function roleInWords({ role, family }: VolumeRole, all: readonly VolumeRole[]): string {
  if (role === 'efi-system') return 'ESP';
  if (family !== 'linux') return role;
  if (role === 'boot') return 'root';
  if (role !== 'system') return role;
  return all.some((other) => other.role === 'efi-system') ? 'ESP' : '/boot';
}
