/** RFC 7644 §3.12, table 9. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive';

export const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

type Status = 400 | 401 | 403 | 404 | 409 | 412 | 413 | 429 | 500 | 501 | 503;

/** A refusal in the words of RFC 7644 §3.12. The detail says what to do and never repeats what was sent. */
export class ScimError extends Error {
  override readonly name = 'ScimError';
  readonly status: Status;
  readonly scimType: ScimType | undefined;

  constructor(status: Status, detail: string, scimType?: ScimType) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }

  toBody(): { schemas: string[]; status: string; detail: string; scimType?: ScimType } {
    const { status, scimType, message } = this;
    return { schemas: [ERROR], ...(scimType ? { scimType } : {}), detail: message, status: String(status) };
  }
}
