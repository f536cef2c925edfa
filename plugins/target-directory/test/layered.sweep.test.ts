import { test } from '@jest/globals';
import { layeredCases } from '@sysimage/layered-kit';
import { setup } from './setup.js';

test.each(layeredCases({ ...setup, manyObjects: 20 }))('$name', ({ run }) => run());
