// `npm run kit-score`: plants every fault into a memory target and says which the kit caught, and by which case.
import { scoreKit } from './dist/src/planted-faults.js';
import { memorySetups } from './dist/test/memory-setups.js';

const { caught, survivors } = await scoreKit(memorySetups);
for (const { fault, by } of caught) console.log(`caught    ${fault}\n          by ${by}`);
for (const fault of survivors) console.log(`SURVIVED  ${fault}`);
console.log(`caught ${caught.length} of ${caught.length + survivors.length}`);
process.exitCode = survivors.length === 0 ? 0 : 1;
