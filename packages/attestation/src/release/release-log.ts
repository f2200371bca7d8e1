import { fromBase64url, ParseError } from '../bytes.ts';
import { asObject, listOf, requireMembers, textOf, wholeNumberOf } from '../canonical-json.ts';
import { KEY_NAME, type NoteKey } from './note.ts';

/** A log of releases that somebody trusts, and who must have watched it. */
export interface ReleaseLog extends NoteKey {
  readonly witnesses?: readonly NoteKey[];
  /** How many of them must have signed lately. Default one, or none where there are no witnesses. */
  readonly minWitnesses?: number;
}

/** PrivexBot's own logs. There is none yet: until then companies sign their own. */
export const RELEASE_LOGS: readonly ReleaseLog[] = [];

const MAX_WITNESSES = 16;
const KEY_BYTES = 32;

/** `releaseLog` of a key configuration: `{name, key, witnesses?, minWitnesses?}`, keys in base64url. Throws a ParseError. */
export function readReleaseLog(value: unknown): ReleaseLog {
  const json = asObject(value, 'releaseLog');
  requireMembers(json, 'releaseLog', 'name', 'key', 'witnesses?', 'minWitnesses?');
  const witnesses =
    json.witnesses === undefined
      ? []
      : listOf(json, 'witnesses', MAX_WITNESSES, (item) => {
          const witness = asObject(item, 'A witness');
          requireMembers(witness, 'A witness', 'name', 'key');
          return readKey(witness);
        });
  return {
    ...readKey(json),
    witnesses,
    ...(json.minWitnesses === undefined ? {} : { minWitnesses: wholeNumberOf(json, 'minWitnesses') }),
  };
}

function readKey(json: Parameters<typeof textOf>[0]): NoteKey {
  const key = fromBase64url(textOf(json, 'key'));
  if (key.length !== KEY_BYTES) throw new ParseError('A key has not 32 bytes');
  return { name: textOf(json, 'name', KEY_NAME), key };
}
