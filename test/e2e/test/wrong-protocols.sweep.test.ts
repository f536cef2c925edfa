import { afterAll, expect, test } from '@jest/globals';
import { makeScratch } from '@sysimage/fixtures';
import { patchCore, sweepFlow, wrongProtocols } from '../src/index.js';

const scratch = await makeScratch();
afterAll(() => scratch.remove());

test.each(wrongProtocols)(
  'the sweep catches it when $name',
  async ({ name, flow, fault, between, patch }) => {
    const engine = patch === undefined ? undefined : await patchCore(scratch.at(name), patch);
    await expect(sweepFlow(flow, [fault], { keeps: ['none', 3], seed: 3, between, engine })).rejects.toThrow(
      /^Error: (?:version .* (?:does not restore|differs)|there is damage) (?:at once|after)/u,
    );
  },
  60_000,
);
