import { butFacet, type PlantedFault } from './spoil.js';

const asTheyWere = 'history: a state holds the objects as they were, whatever becomes of them';
const listed = 'history: list tells the states of an object and of no other, until they are dropped';
const restored = 'history: restoring puts the bytes of the state back, and keeps the state';

export const historyFaults: readonly PlantedFault[] = [
  {
    name: 'history: a state is the object as it is now',
    caughtBy: asTheyWere,
    spoil: (target) => butFacet(target, 'history', (history) => ({ ...history, open: async () => target })),
  },
  {
    name: 'history: list tells only the newest state',
    caughtBy: listed,
    spoil: (target) =>
      butFacet(target, 'history', (history) => ({
        ...history,
        list: async function* list(...call) {
          const states = [];
          for await (const state of history.list(...call)) states.push(state);
          yield* states.slice(-1);
        },
      })),
  },
  {
    name: 'history: drop does nothing',
    caughtBy: listed,
    spoil: (target) => butFacet(target, 'history', (history) => ({ ...history, drop: () => Promise.resolve() })),
  },
  {
    name: 'history: drop drops all states of the object',
    caughtBy: listed,
    spoil: (target) =>
      butFacet(target, 'history', (history) => {
        const ids: string[] = [];
        return {
          ...history,
          capture: async (...call) => {
            const state = await history.capture(...call);
            ids.push(state.id);
            return state;
          },
          drop: async () => {
            for (const id of ids.splice(0, 2)) await history.drop(id);
          },
        };
      }),
  },
  {
    name: 'history: restoring uses the state up',
    caughtBy: restored,
    spoil: (target) =>
      butFacet(target, 'history', (history) => ({
        ...history,
        restore: async (name, state, options) => {
          await history.restore(name, state, options);
          await history.drop(state);
        },
      })),
  },
  {
    name: 'history: restoring does nothing',
    caughtBy: restored,
    spoil: (target) => butFacet(target, 'history', (history) => ({ ...history, restore: () => Promise.resolve() })),
  },
];
