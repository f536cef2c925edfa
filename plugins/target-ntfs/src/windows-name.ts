/** What Windows takes for a device wherever it stands, whatever follows the first dot (Microsoft, "Naming Files, Paths, and Namespaces"). */
const devices = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[1-9¹²³])$/iu;
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u001f]/u;
const forbidden = /["*:<>?\\|]/u;

/** Why Windows cannot open a file or folder of this name, which drivers of other systems make all the same; `undefined` when it can. */
export function whyNotOnWindows(name: string): string | undefined {
  if (control.test(name)) return 'it allows no control characters in a name';
  const [character] = forbidden.exec(name) ?? [];
  if (character !== undefined) return `it allows no "${character}" in a name`;
  if (/[. ]$/u.test(name)) return 'it drops dots and spaces at the end of a name';
  const [base = ''] = name.split('.');
  return devices.test(base.trimEnd()) ? 'it takes that for a device' : undefined;
}
