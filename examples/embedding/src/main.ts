// tsyringe wants this before anything else.
import 'reflect-metadata';
import { tokens, type Engine, type Registry } from '@sysimage/core';
import { container } from 'tsyringe';
import { registerSysimage } from './register-sysimage.js';

const [disk = '', place = '', restored = ''] = process.argv.slice(2);

registerSysimage(container);
const registry = container.resolve<Registry>(tokens.registry.id);
const engine = container.resolve<Engine>(tokens.engine.id);

const target = await registry.open(place, 'write');
try {
  // Back up: everything that happens is reported as an event; findings of the policies are among them.
  const { version } = await engine.backup(
    { disks: [disk], target, computer: 'office', tool: 'example 1.0', policies: registry.policies },
    (event) => {
      if (event.event === 'finding') console.log(`${event.finding.severity}: ${event.finding.message}`);
    },
  );
  console.log(`backed up ${version.id}`);

  // List: a catalog is what a target holds of one computer.
  const catalog = await engine.computer(target, 'office');
  for (const { id, createdAt, consistency } of catalog.versions) console.log(`${id} ${createdAt} ${consistency}`);

  // Restore: disk 0 of the version to a new file, so there is nothing that somebody would have to confirm.
  const disks = await engine.restore(
    {
      target,
      catalog,
      version: engine.version(catalog, 'latest'),
      disks: new Map([[0, restored]]),
      recreateDisks: false,
      confirm: () => Promise.resolve(false),
    },
    () => undefined,
  );
  for (const { path, bytes } of disks) console.log(`restored ${bytes} bytes to ${path}`);
} finally {
  await target.close();
}
