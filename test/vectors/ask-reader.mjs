// What the reference reader makes of folders: node ask-reader.mjs READER, and on standard input as JSON a list of
// { folder, versions: [id] }. The answer, in the same order: for each version the SHA-256 of disk 0, or why it is refused.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { readDisk } = await import(pathToFileURL(process.argv[2] ?? '').href);

function ask(folder, version) {
  const pieces = [];
  try {
    const size = readDisk(folder, 'demo', version, 0, (at, bytes) => pieces.push([at, bytes]));
    const disk = Buffer.alloc(size);
    for (const [at, bytes] of pieces) disk.set(bytes, at);
    return { sha256: createHash('sha256').update(disk).digest('hex') };
  } catch (error) {
    return { refused: error.message };
  }
}

const questions = JSON.parse(readFileSync(0, 'utf8'));
const answers = questions.map(({ folder, versions }) => versions.map((version) => ask(folder, version)));
process.stdout.write(JSON.stringify(answers));
