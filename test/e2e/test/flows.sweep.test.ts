import { expect, test } from '@jest/globals';
import { faultKinds } from '@sysimage/faults';
import { flows, sweepFlow } from '../src/index.js';

const names = flows.map(({ name }) => name);
/** Swept without gaps; of the others some calls, and `npm run soak` tries others for as long as it is asked to. */
const whole = ['third backup', 'roll-back of the newest two', 'single version in place'];

test.each(names)(
  'the power goes at any call: %s',
  async (name) => {
    const most = whole.includes(name) ? Infinity : 8;
    const tried = await sweepFlow(name, ['disappear'], { keeps: ['none', 1, 2], seed: 1, most });
    expect(tried).toBeGreaterThan(4);
  },
  120_000,
);

test.each(names)(
  'anything else happens at any call: %s',
  async (name) => {
    const others = faultKinds.filter((kind) => kind !== 'disappear');
    expect(await sweepFlow(name, others, { keeps: [2], seed: 2, most: 1 })).toBeGreaterThan(2);
  },
  120_000,
);
