import { opener, putText } from './surroundings.js';

// Runs as a process of its own, to be killed: holds a volume, with a file open and a put that never ends.
const [, , runFolder = '', path = ''] = process.argv;
const target = await opener(runFolder)({ path });
await putText(target, 'of the child');
process.send?.('put');
await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
await target.close();
