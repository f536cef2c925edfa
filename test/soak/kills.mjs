// Kills backups to every kind of target at random moments, in chains of twenty: each chain begins on an empty target.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const chain = 20;

/** Rows of name, inputs, failures and seconds, one for each kind of target. Needs root, and what `npm test` installs. */
export async function soakKills(kills, seed, isWanted) {
  const { killedChain, startPlaces } = await import('../e2e/dist/src/index.js');
  const { releaseBelow } = await import('../fixtures/dist/src/index.js');
  const rows = [];
  for (const [start, target] of [
    ['folders', 'folder'],
    ['copies', 'copies'],
    ['ntfsVolume', 'volume'],
    ['ntfsImage', 'image'],
    ['share', 'share'],
    ['share', 'share-keeping'],
    ['bucket', 'bucket'],
    ['discs', 'discs'],
  ].filter((place) => isWanted(`kills: ${place[1]}`))) {
    const begun = Date.now();
    let failures = 0;
    for (let done = 0; done < kills; done += chain) {
      const folder = mkdtempSync(join(tmpdir(), 'sysimage-kills-'));
      const places = await startPlaces(folder, [start]);
      const config = join(folder, 'config.json');
      writeFileSync(config, JSON.stringify(places.config));
      mkdirSync(join(folder, 'work'));
      const own = seed + done;
      await killedChain({
        folder: join(folder, 'work'),
        config,
        target,
        kills: Math.min(chain, kills - done),
        seed: own,
      }).catch((error) => {
        failures += 1;
        console.error(`kills of backups to ${target}, seed ${own}:`, error);
      });
      await places.stop();
      await releaseBelow(folder);
      rmSync(folder, { recursive: true, force: true });
    }
    rows.push({ name: `kills: ${target}`, inputs: kills, failures, seconds: Math.round((Date.now() - begun) / 1000) });
  }
  if (isWanted('power cuts: NTFS')) rows.push(await soakPowerCuts(kills, seed));
  return rows;
}

/** Cuts the power after every call of a backup to an NTFS volume, in rounds. */
async function soakPowerCuts(most, seed) {
  const { powerCutsOnNtfs } = await import('../e2e/dist/src/index.js');
  const begun = Date.now();
  let inputs = 0;
  let failures = 0;
  for (let own = seed; inputs < most && failures === 0; own += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'sysimage-cuts-'));
    inputs += await powerCutsOnNtfs({ folder, most: most - inputs, seed: own }).catch((error) => {
      failures += 1;
      console.error(`power cuts of backups to an NTFS volume, seed ${own}:`, error);
      return 0;
    });
    if (failures === 0) rmSync(folder, { recursive: true, force: true });
  }
  return { name: 'power cuts: NTFS', inputs, failures, seconds: Math.round((Date.now() - begun) / 1000) };
}
