import { readFile } from 'node:fs/promises';

/** Beside the bundle, and in a work tree. */
const folders = ['./policies/', '../../../../docs/policies/'];

/** What the page of a rule says below its heading; `undefined` of rules that have none here: those of other packages. */
export async function policyPage(id: string): Promise<string | undefined> {
  for (const folder of folders) {
    const page = new URL(`${folder}${id.replace('/', '-')}.md`, import.meta.url);
    const text = await readFile(page, 'utf8').catch(() => undefined);
    const heading = `# ${id}\n`;
    if (text?.startsWith(heading) === true) return text.slice(heading.length).trim();
  }
  return undefined;
}
