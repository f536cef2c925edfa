// Jest's environment for Node, without the two things that made tests wait most.
import asyncHooks from 'node:async_hooks';
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const { createContext } = vm;
const storages = new Set();

// The runner keeps an AsyncLocalStorage for each test file and never gives it back: every promise of all later files in the same
// process would be told to each of them.
asyncHooks.AsyncLocalStorage = class AsyncLocalStorage extends asyncHooks.AsyncLocalStorage {
  constructor(...options) {
    super(...options);
    storages.add(this);
  }
};

export default class Environment extends TestEnvironment {
  /** In a context with a global of its own. In one that stands for another object each use of `Math`, `Error`… is a call of that. */
  constructor(...options) {
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...options);
    } finally {
      vm.createContext = createContext;
    }
  }

  async teardown() {
    await super.teardown();
    for (const storage of storages) storage.disable();
    storages.clear();
  }
}
