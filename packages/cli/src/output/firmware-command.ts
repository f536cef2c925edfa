import type { FirmwareEntryRecord } from '@sysimage/core';
import { printable } from './format.js';

/** Bytes for a program that a command line may hold. */
const mostData = 1024;

/** The command that makes an entry of the firmware again, for a POSIX shell. `disk`: path of the device that holds its partition now. */
export function firmwareCommand({ title, partition, file, data = '' }: FirmwareEntryRecord, disk: string): string {
  const words = ['--create', '--disk', disk, '--part', String(partition), '--label', title];
  const command = ['efibootmgr', ...words, ...(file === undefined ? [] : ['--loader', file])].map(quoted).join(' ');
  const bytes = Buffer.from(data, 'hex');
  if (bytes.length === 0) return command;
  const text = textOf(bytes);
  if (text !== undefined) return `${command} --unicode ${quoted(text)}`;
  if (bytes.length > mostData) return command;
  const octal = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return `printf '${octal}' | ${command} --append-binary-args -`;
}

/** UTF-16 without anything that no terminal shows. */
function textOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('utf16le');
  const isText = Buffer.from(text, 'utf16le').equals(bytes) && /^[\x20-\x7e\u00a0-\ud7ff\uf900-\ufffc]+$/u.test(text);
  return isText ? text : undefined;
}

function quoted(word: string): string {
  return /^[\w./-]+$/u.test(word) ? word : `'${printable(word).replaceAll("'", String.raw`'\''`)}'`;
}
