import { test } from '@jest/globals';
import { conformance } from '@sysimage/target-kit';
import { setup } from './setup.js';

test.each(conformance(setup).cases)('$name', ({ run }) => run());
