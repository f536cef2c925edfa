// `npm run kit-score`: plants every fault into a memory target and says which the kit caught, and by which case.
import { memorySetups } from './dist/test/memory-setups.js';
import { scoreKit } from './dist/test/planted-faults.js';

const { caught, survivors, idle } = await scoreKit(memorySetups);
for (const { fault, by, saying } of caught)
  console.log(`caught    ${fault}\n          by ${by}\n          saying ${saying}`);
for (const fault of survivors) console.log(`SURVIVED  ${fault}`);
for (const name of idle) console.log(`IDLE      no fault is caught by the case ${name}`);
console.log(`caught ${caught.length} of ${caught.length + survivors.length}`);
process.exitCode = survivors.length + idle.length === 0 ? 0 : 1;
