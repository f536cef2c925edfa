import { findBootConfigurations } from '@sysimage/installed-systems';
import type { BootConfigurationRecord, VersionRecord } from '../model/version-record.js';
import { candidatesOn } from './candidate-volumes.js';
import type { EngineServices } from './engine.js';
import { firmwareEntriesOf } from './firmware-entries.js';
import type { InspectedDisk } from './inspect-disk.js';

/** What starts from the disks of a run, by which identity of them: what the record of the version says of it. */
export async function inspectStart(
  inspected: readonly InspectedDisk[],
  { machine }: Pick<EngineServices, 'machine'>,
): Promise<Pick<VersionRecord, 'bootConfigurations' | 'firmwareEntries'>> {
  const bootConfigurations = await configurationsOn(inspected);
  const disks = inspected.map(({ layout }, index) => ({ index, layout }));
  const firmwareEntries = firmwareEntriesOf(await machine.firmwareVariables?.(), disks);
  return {
    ...(bootConfigurations.length === 0 ? {} : { bootConfigurations }),
    ...(firmwareEntries.length === 0 ? {} : { firmwareEntries: [...firmwareEntries] }),
  };
}

async function configurationsOn(inspected: readonly InspectedDisk[]): Promise<BootConfigurationRecord[]> {
  const { volumes } = await candidatesOn(inspected);
  return (await findBootConfigurations(volumes)).map(
    ({ volume: { disk, partition }, file, configuration, isDirty }): BootConfigurationRecord => {
      const place = { disk, partition, file };
      if (configuration === undefined) return { ...place, state: 'broken', shown: [], entries: [] };
      const { manager, first, shown, entries } = configuration;
      const said = { manager, first, shown: [...shown], entries: entries.map((entry) => ({ ...entry })) };
      return { ...place, state: isDirty ? 'dirty' : 'clean', ...said };
    },
  );
}
