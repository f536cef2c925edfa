import { importsOf, roomsOf, type Room } from './rooms.js';
import { type Rule } from './tree.js';

/** Arrows point only down: what each layer's source may import of other rooms. */
export const arrows: Rule = (tree) => {
  const rooms = roomsOf(tree);
  return rooms.flatMap((room) => [
    ...(room.layer === undefined && room.name !== '@sysimage/tooling'
      ? [`${room.folder}/package.json: has no sysimage.layer`]
      : []),
    ...importsOf(tree, room).flatMap(({ path, line, specifier }) => {
      const complaint = complaintAbout(room, path, specifier, rooms);
      return complaint === undefined ? [] : [`${path}:${line}: imports ${specifier}: ${complaint}`];
    }),
  ]);
};

function complaintAbout(room: Room, path: string, specifier: string, rooms: readonly Room[]): string | undefined {
  if (specifier.startsWith('.')) {
    const file = new URL(specifier, `file:///${path}`).pathname.slice(1);
    return file.startsWith(`${room.folder}/`) ? undefined : 'a path must not leave its room';
  }
  if (!specifier.startsWith('@sysimage/')) return undefined;
  const [scope, name] = specifier.split('/');
  const imported = rooms.find((candidate) => candidate.name === `${scope}/${name}`);
  if (imported === undefined) return 'no such room';
  if (imported === room) return 'a room imports itself by path';
  if (room.layer === 'test') return undefined;
  if (typeof imported.layer !== 'number' || typeof room.layer !== 'number') return 'only tests import test rooms';
  if (imported.layer > room.layer) return `layer ${room.layer} must not know layer ${imported.layer}`;
  if (room.folder.startsWith('plugins/')) return complaintAboutPlugin(imported, specifier);
  if (imported.layer < room.layer) return undefined;
  if (imported.folder.startsWith('plugins/')) return 'nothing in its own layer imports a plugin';
  return room.layer === 1 ? 'there is one core' : undefined;
}

function complaintAboutPlugin(imported: Room, specifier: string): string | undefined {
  if (imported.layer === 1) {
    return specifier === '@sysimage/core/plugin' ? undefined : 'all that a plugin may know is @sysimage/core/plugin';
  }
  return imported.folder.startsWith('plugins/') ? 'a plugin must not know another' : undefined;
}
