// RFC 3986, as far as sign-in texts need it: whether something is an authority or an absolute URI.
const UNRESERVED = String.raw`\w.~\-`;
const ESCAPED = '%[0-9A-Fa-f]{2}';
const SUB_DELIMS = "!$&'()*+,;=";
const PCHAR = `(?:[${UNRESERVED}${SUB_DELIMS}:@]|${ESCAPED})`;

const USERINFO = `(?:[${UNRESERVED}${SUB_DELIMS}:]|${ESCAPED})*@`;
/** §3.2.2 `IP-literal`: what is between the brackets is read by `isIpv6`. */
const IP_LITERAL = String.raw`\[[0-9A-Fa-f:.]+\]`;
const REG_NAME = `(?:[${UNRESERVED}${SUB_DELIMS}]|${ESCAPED})`;
const PORT = ':[0-9]*';

const AUTHORITY = new RegExp(`^(?:${USERINFO})?(?:${IP_LITERAL}|${REG_NAME}+)(?:${PORT})?$`);
const ABSOLUTE = new RegExp(`^[A-Za-z][A-Za-z0-9+.-]*:(?:${PCHAR}|/|\\[|\\])+(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?$`);
const OF_ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:(?:\/\/([^/?#]*))?([^?#]*)/;
const CHARACTERS = new RegExp(`^${PCHAR}*$`);

/** §3.2 `authority`, which here must name a host. */
export function isAuthority(text: string): boolean {
  if (!AUTHORITY.test(text)) return false;
  const [, literal] = /\[([^\]]*)\]/.exec(text) ?? [];
  return literal === undefined || isIpv6(literal);
}

/** §3 `URI`: with a scheme; brackets only around the address of a host. */
export function isUri(text: string): boolean {
  if (!ABSOLUTE.test(text)) return false;
  const [, authority, path = ''] = OF_ABSOLUTE.exec(text) ?? [];
  if (/[[\]]/.test(path)) return false;
  return authority === undefined ? path !== '' : isAuthority(authority);
}

/** §3.3 `*pchar`. */
export function isPathCharacters(text: string): boolean {
  return CHARACTERS.test(text);
}

/** §3.2.2 `IPv6address`. */
function isIpv6(text: string): boolean {
  const [, head = text, last] = /^(.*:)((?:\d{1,3}\.){3}\d{1,3})$/.exec(text) ?? [];
  if (last?.split('.').some((part) => Number(part) > 255)) return false;
  const groups = (last ? `${head}0:0` : head).split('::');
  if (groups.length > 2) return false;
  const parts = groups.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!parts.every((part) => /^[0-9A-Fa-f]{1,4}$/.test(part))) return false;
  return groups.length === 2 ? parts.length <= 7 : parts.length === 8;
}
