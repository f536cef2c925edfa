import type { Fault } from '../fault.js';

const set = 'in-place';
const secondLost = ['restores', 'lost', 'restores'] as const;

/** Faults of records. What else is there stays readable: the newest record that can be read tells of the layers. */
export const recordFaults: readonly Fault[] = [
  {
    name: 'record-flipped',
    set,
    what: 'one bit of a record is another',
    plant: (draft) => draft.flip(draft.record(1), 400),
    outcomes: secondLost,
  },
  {
    name: 'record-digest-flipped',
    set,
    what: 'the digest in a record is another',
    plant: (draft) => draft.flip(draft.record(1), 20),
    outcomes: secondLost,
  },
  {
    name: 'record-cut',
    set,
    what: 'the newest record is cut in the middle',
    plant: (draft) => draft.resize(draft.record(2), 1500),
    outcomes: ['restores', 'restores', 'lost'],
  },
  {
    name: 'record-empty',
    set,
    what: 'the newest record has no bytes',
    plant: (draft) => draft.resize(draft.record(2), 0),
    outcomes: ['restores', 'restores', 'lost'],
  },
  {
    name: 'record-missing',
    set,
    what: 'there is no record of the second version',
    plant: (draft) => draft.remove(draft.record(1)),
    outcomes: secondLost,
  },
  {
    name: 'record-newest-missing',
    set,
    what: 'there is no record of the newest version: its layer is in the folder',
    plant: (draft) => draft.remove(draft.record(2)),
    outcomes: ['restores', 'restores', 'lost'],
  },
  {
    name: 'record-unknown-format',
    set,
    what: 'the format is sysimage-version/2',
    plant: (draft) => draft.reword(draft.record(1), (text) => text.replace('sysimage-version/1', 'sysimage-version/2')),
    outcomes: secondLost,
  },
  {
    name: 'record-grain-size',
    set,
    what: 'grains have 32768 bytes',
    plant: (draft) => draft.reword(draft.record(1), (text) => text.replace('"grainSize": 65536', '"grainSize": 32768')),
    outcomes: secondLost,
  },
  {
    name: 'record-other-id',
    set,
    what: 'the record says that it is that of another version',
    plant: (draft) =>
      draft.reword(draft.record(1), (text) => text.replace(`"id": "${draft.ids[1]}"`, `"id": "${draft.ids[0]}"`)),
    outcomes: secondLost,
  },
  {
    name: 'record-byte-order-mark',
    set,
    what: 'three bytes stand before the text',
    plant: (draft) =>
      draft.set(draft.record(1), Buffer.concat([Buffer.from('efbbbf', 'hex'), draft.bytes(draft.record(1))])),
    outcomes: secondLost,
  },
  {
    name: 'record-path-like-name',
    set,
    what: 'the name of the image leads out of the folder',
    plant: (draft) =>
      draft.reword(draft.record(1), (text) =>
        text.replace(/"name": "[^"]+\/image\.vhd"/u, '"name": "sysimage/../../image.vhd"'),
      ),
    outcomes: secondLost,
  },
  {
    name: 'record-absolute-name',
    set,
    what: 'the name of a map starts with a slash',
    plant: (draft) =>
      draft.reword(draft.record(1), (text) => text.replace(/"name": "(sysimage[^"]+\.allocation)"/u, '"name": "/$1"')),
    outcomes: secondLost,
  },
  {
    name: 'record-no-disks',
    set,
    what: 'the version holds no disk',
    plant: (draft) =>
      draft.reword(draft.record(1), (text) =>
        text.replace(/"disks": \[[^]*\],\n {2}"findings"/u, '"disks": [],\n  "findings"'),
      ),
    outcomes: secondLost,
  },
  {
    name: 'record-unknown-member',
    set,
    what: 'a member that no reader knows: it is ignored',
    plant: (draft) =>
      draft.reword(draft.record(1), (text) => text.replace('"computer"', '"color": "blue",\n  "computer"')),
    outcomes: 'restores',
  },
  {
    name: 'record-no-state',
    set,
    what: 'nothing is said of the state of the image: that is for writers',
    plant: (draft) => draft.reword(draft.record(2), (text) => text.replace(/,\n +"state": "[^"]*"/u, '')),
    outcomes: 'restores',
  },
  {
    name: 'record-beside-others',
    set,
    what: 'a note lies among the records',
    plant: (draft) => draft.set('sysimage/demo/versions/note.json', Buffer.from('{}\n')),
    outcomes: 'restores',
  },
  {
    name: 'computer-flipped',
    set,
    what: 'nobody knows whose folder it is',
    plant: (draft) => draft.flip('sysimage/demo/computer.json', 120),
    outcomes: 'restores',
  },
];
