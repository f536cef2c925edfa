import { completeTarget, objectName } from '@sysimage/core/plugin';
import { openFolder } from '../src/index.js';
import { host, text } from './fixture.js';

// Runs as a process of its own, to be killed: holds a lock, or stays in the middle of a put.
const [, , kind = '', folder = '', path = ''] = process.argv;
const target = completeTarget<'random' | 'capacity'>(await openFolder({ kind: 'dir', path: folder }, host, 'write'));
const name = objectName(...path.split('/'));
const forever = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2 ** 30));

if (kind === 'lock') {
  const file = await target.facets.random.open(name, { create: true, exclusive: true });
  process.send?.('locked');
  await forever();
  // What nobody holds any more is closed as rubbish, and the lock is gone.
  await file.close();
} else {
  await target.put(name, 2 ** 21, async function* chunks() {
    yield new Uint8Array(2 ** 20);
    process.send?.('half');
    await forever();
    yield text('never');
  });
}
