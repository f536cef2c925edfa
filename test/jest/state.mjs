// What commands remember of their runs stays out of the state of the machine that runs the tests.
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.env['XDG_STATE_HOME'] ??= join(tmpdir(), `sysimage-test-state-${process.getuid?.()}`);
