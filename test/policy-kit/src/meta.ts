import { planParts, type Policy, type Severity } from '@sysimage/core/plugin';

const severities: readonly Severity[] = ['off', 'info', 'warn', 'error', 'block'];

/** What is wrong with what a rule says of itself, in words. */
export function complaintsAboutMeta<M extends string>(meta: Policy<M>['meta']): readonly string[] {
  const { id, description, severity, floor, messages, remedies, needs = [], source, docs } = meta;
  const complaints: string[] = [];
  const must = (isKept: boolean, sentence: string): void => void (isKept || complaints.push(sentence));
  must(/^[a-z0-9-]+\/[a-z0-9-]+$/u.test(id), 'its id must be a room and a name, like target/same-disk');
  must(isText(description), 'it must have a description');
  must(isText(source), 'it must say where it comes from');
  must(docs === undefined || isText(docs), 'its page must not be empty');
  must(
    needs.every((part) => planParts.includes(part)),
    `what it needs must be of ${planParts.join(', ')}`,
  );
  must(severities.includes(severity), `its severity must be one of ${severities.join(', ')}`);
  must(floor === undefined || severities.includes(floor), `its floor must be one of ${severities.join(', ')}`);
  must(
    floor === undefined || severities.indexOf(floor) <= severities.indexOf(severity),
    'its floor must not be above its severity',
  );
  must(Object.keys(messages).length > 0, 'it must have a message');
  for (const [key, text] of Object.entries(messages)) must(isText(text), `the message ${key} must not be empty`);
  for (const [key, text] of Object.entries(remedies ?? {})) {
    must(Object.hasOwn(messages, key), `the remedy ${key} belongs to no message`);
    must(isText(text), `the remedy ${key} must not be empty`);
  }
  for (const [name, { description: what, value, least, most }] of Object.entries(meta.options ?? {})) {
    must(/^[a-zA-Z]+$/u.test(name), `the name of the option ${name} must be of letters`);
    must(isText(what), `the option ${name} must have a description`);
    must([value, least, most].every(Number.isFinite), `the option ${name} must have a value, a least and a most`);
    must(least <= value && value <= most, `the value of the option ${name} must not be out of its range`);
  }
  return complaints;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
