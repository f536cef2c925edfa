import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isSysimageError, objectName } from '@sysimage/core/plugin';
import { chunksOf, joined, namesOf, openOn, text } from './fixture.js';
import { freePort, sambaPassword, startSamba, type Samba } from '@sysimage/fixtures';

const name = objectName('a', 'object');
let samba: Samba;
beforeAll(async () => {
  samba = await startSamba({ shares: '[sealed]\n  path = /tmp\n  smb encrypt = required' });
});
afterAll(() => samba.stop());

async function refusal(...call: Parameters<typeof openOn>): Promise<unknown> {
  const error: unknown = await openOn(...call).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  // Whatever went wrong, no error tells the password.
  const told = isSysimageError(error) ? JSON.stringify([error.message, error.context, error.remedy, error.stack]) : '';
  expect(told).not.toContain(sambaPassword);
  return error;
}

test('a wrong password and an unknown user are refused as credentials', async () => {
  expect(await refusal(samba, { password: 'wrong' })).toMatchObject({ code: 'credentials', operation: 'open' });
  expect(await refusal(samba, { user: 'nobody-here' })).toMatchObject({ code: 'credentials' });
});

test('a share that is not there is not-found, and so is a folder when it is to be read', async () => {
  expect(await refusal(samba, { share: 'missing' })).toMatchObject({ code: 'not-found' });
  expect(await refusal(samba, { path: 'not/there' }, 'read')).toMatchObject({ code: 'not-found' });
  const target = await openOn(samba, { path: 'not/there' });
  expect(await namesOf(target.list(''))).toEqual([]);
  await target.close();
  expect(await refusal(samba, { path: 'not/there' }, 'read')).toMatchObject({ code: 'not-found' });
});

test('a file in the place of the folder is refused', async () => {
  const target = await openOn(samba);
  await target.put(objectName('plain'), 1, chunksOf(text('x')));
  await target.close();
  expect(await refusal(samba, { path: 'plain' })).toMatchObject({ code: 'invalid' });
});

test('nobody at the address is unavailable, at once', async () => {
  const start = performance.now();
  expect(await refusal({ port: await freePort(), user: samba.user })).toMatchObject({
    code: 'unavailable',
    retry: 'later',
  });
  expect(await refusal(samba, { host: 'no-such-host.invalid' })).toMatchObject({ code: 'unavailable' });
  expect(performance.now() - start).toBeLessThan(5000);
});

test('a share that demands encryption is denied, and the remedy says so', async () => {
  expect(await refusal(samba, { share: 'sealed' })).toMatchObject({
    code: 'denied',
    remedy: expect.stringContaining('encryption'),
  });
});

test('a share for reading can be read, and says denied to the rest', async () => {
  const writer = await openOn(samba);
  await writer.put(name, 3, chunksOf(text('one')));
  await writer.close();
  const target = await openOn(samba, { share: 'readonly' }, 'read');
  expect((await joined(target.get(name, { start: 0, end: 3 }))).toString()).toBe('one');
  expect(await namesOf(target.list(objectName('a')))).toEqual([name]);
  const file = await target.facets.random.open(name, { exclusive: false });
  await file.read(0, new Uint8Array(3));
  await expect(file.write(0, text('x'))).rejects.toMatchObject({ code: 'denied' });
  await file.flush();
  await file.close();
  await expect(target.put(name, 3, chunksOf(text('two')))).rejects.toMatchObject({ code: 'denied' });
  await expect(target.remove(name)).rejects.toMatchObject({ code: 'denied' });
  await expect(target.facets.random.open(name, { exclusive: true })).rejects.toMatchObject({ code: 'denied' });
  await target.close();
});

test.each([
  ['demands encryption', 'smb encrypt = required', 'unsupported', /encryption/u],
  ['speaks SMB 3 only', 'server min protocol = SMB3', 'unsupported', /SMB 3 only/u],
  ['speaks SMB 1 only', 'server min protocol = NT1\n  server max protocol = NT1', 'unavailable', /./u],
])('a server that %s is refused, with the reason', async (_, global, code, message) => {
  await using strict = await startSamba({ global });
  expect(await refusal(strict)).toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a guest is not let in, because nobody can sign for one', async () => {
  await using open = await startSamba({
    global: 'map to guest = Bad User',
    shares: '[pub]\n  path = /tmp\n  guest ok = yes',
  });
  expect(await refusal(open, { user: 'nobody-here', share: 'pub' })).toMatchObject({
    code: 'credentials',
    message: expect.stringContaining('guest'),
  });
});
