import { copyFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashFile, makeScratch, run, sambaPassword, startSamba, type Samba } from '@sysimage/fixtures';
import { runInGuest } from '@sysimage/vm';
import { applyChange, demoDisk, installProduct, listAt, succeed, textAt, unpackDisk } from '../src/index.js';

// What the guide tells those to do whose server wants SMB 3: mount the share, and take the target `dir`.

const scratch = await makeScratch();
/** In one process: under an emulator Node takes long to start. */
const job = `import { runBundle } from './node_modules/@sysimage/cli/bin/load-bundle.js';
const { main } = runBundle();
const target = 'dir:/share/backups';
for (const words of [
  ['backup', '--disk', '/dev/vdb', '--to', target, '--computer', 'guest'],
  ['backup', '--disk', '/dev/vdc', '--to', target, '--computer', 'guest'],
  ['restore', 'latest', '--from', target, '--disk', '/tmp/restored.img'],
]) {
  const exitCode = await main(words);
  if (exitCode !== 0) process.exit(exitCode);
}
`;
let samba: Samba;
let nativeModules: readonly string[];

beforeAll(async () => {
  samba = await startSamba({ global: '  server smb encrypt = required\n  server min protocol = SMB3_11' });
  nativeModules = await installProduct(scratch.at('product'), ['@sysimage/target-directory']);
  await writeFile(scratch.at('product', 'job.mjs'), job);
  await run('mke2fs', '-q', '-t', 'ext4', '-d', scratch.at('product'), scratch.at('product.img'), '128M');
  await unpackDisk(scratch.at('before.img'));
  await copyFile(scratch.at('before.img'), scratch.at('after.img'));
  await applyChange(scratch.at('after.img'));
}, 60_000);
afterAll(async () => {
  await samba.stop();
  await scratch.remove();
});

test('two versions on a share that the kernel has mounted, encrypted', async () => {
  const script = `
mount -o ro /dev/vda /mnt
mkdir /share
mount -t cifs -o "ip=10.0.2.2,port=${samba.port},user=${samba.user},pass=${sambaPassword},vers=3.1.1,seal" //10.0.2.2/data /share
'${process.execPath}' /mnt/job.mjs > /dev/ttyS0 2>&1
sha256sum < /tmp/restored.img
umount /share`;
  const { exitCode, output, serial } = await runInGuest({
    script,
    modules: ['cifs', 'cmac', 'ccm', 'gcm', 'ctr', 'ghash-generic', 'sha512_generic', 'ecb', 'nls_utf8'],
    tools: [process.execPath, ...nativeModules],
    network: true,
    memory: 1024,
    timeLimit: 180_000,
    disks: ['product.img', 'before.img', 'after.img'].map((name) => ({ path: scratch.at(name), format: 'raw' })),
  });
  expect({ exitCode, said: exitCode === 0 ? '' : output + serial }).toEqual({ exitCode: 0, said: '' });

  // The same folder, as the server has it.
  const target = `dir:${samba.folder}/backups`;
  const { result } = await succeed('versions', '--from', target, '--json');
  const restored: string[] = [];
  for (const version of listAt(result, 'versions')) {
    const path = scratch.at(`restored-${restored.length}.img`);
    await succeed('restore', textAt(version, 'id'), '--from', target, '--disk', path);
    restored.push(await hashFile(path));
  }
  expect(restored).toEqual([demoDisk.sha256.before, output.slice(0, 64)]);
}, 240_000);
