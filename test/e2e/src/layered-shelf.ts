import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The target `shelf` in a folder, which keeps versions by layers whatever its file system can do: what every command must be told. */
export function layeredShelf(folder: string): readonly ['--config', string] {
  const path = join(folder, 'config.json');
  const shelf = { plugin: 'dir', path: join(folder, 'backups'), reflinks: false };
  writeFileSync(path, JSON.stringify({ targets: { shelf } }));
  return ['--config', path];
}
