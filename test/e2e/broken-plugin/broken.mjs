// A target with faults, as a third party might publish one: a folder whose lists are short, and whose open objects forget the end.
import { plugin as sound } from '@sysimage/target-directory';

const [directory] = sound.targets;
const placeIn = ({ url }) => ({ options: { path: url.slice('broken:'.length) } });

async function openBroken(place, host, purpose) {
  const parts = await directory.open(placeIn(place), host, purpose);
  const { random } = parts.facets;
  return {
    ...parts,
    facets: {
      ...parts.facets,
      random: {
        async open(name, options) {
          const file = await random.open(name, options);
          return Object.assign(Object.create(file), {
            ...file,
            async truncate(size) {
              if (size < (await file.size())) await file.truncate(size);
            },
          });
        },
      },
    },
    async *list(prefix, options) {
      let count = 0;
      for await (const stat of parts.list(prefix, options)) {
        count += 1;
        if (count > 1000) return;
        yield stat;
      }
    },
  };
}

export const plugin = {
  meta: { name: 'broken', version: '1.0.0', api: 1 },
  targets: [
    { ...directory, kind: 'broken', description: 'Loses things', check: async () => undefined, open: openBroken },
  ],
};
