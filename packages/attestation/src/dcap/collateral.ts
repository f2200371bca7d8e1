import { fromHex, ParseError } from '../bytes.ts';
import { type Certificate, parseCertificate, parsePem } from '../x509.ts';

/**
 * What Intel publishes about a processor family, as the evidence brings it along. The names are those that Intel's provisioning
 * service and its caches use. `tcb_info` and `qe_identity` are the signed JSON texts, byte for byte; lists and signatures are hexadecimal.
 */
export interface Collateral {
  readonly tcb_info?: string;
  readonly tcb_info_signature?: string;
  readonly tcb_info_issuer_chain?: string;
  readonly qe_identity?: string;
  readonly qe_identity_signature?: string;
  readonly qe_identity_issuer_chain?: string;
  readonly root_ca_crl?: string;
  readonly pck_crl?: string;
  readonly pck_crl_issuer_chain?: string;
}

/** A text that Intel's signing certificate signed. */
export interface SignedText {
  readonly bytes: Uint8Array;
  /** r and s. */
  readonly signature: Uint8Array;
  readonly chain: readonly Certificate[];
}

/** Status of a TCB level, from best to worst: the worst of several stands. */
export const TCB_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const;
export type TcbStatus = (typeof TCB_STATUSES)[number];

export interface LevelFacts {
  readonly status: TcbStatus;
  /** Milliseconds since 1970: who has this level has the fixes known then. */
  readonly date: number;
  readonly advisories: readonly string[];
}

export interface PlatformLevel extends LevelFacts {
  readonly sgxComponents: readonly number[];
  readonly tdxComponents?: readonly number[];
  readonly pceSvn: number;
}

export interface IsvLevel extends LevelFacts {
  readonly isvSvn: number;
}

interface Window {
  readonly id: string;
  readonly version: number;
  readonly issueDate: number;
  readonly nextUpdate: number;
  readonly evaluationNumber: number;
}

/** TCB info of version 3, for SGX or TDX. */
export interface TcbInfo extends Window {
  readonly fmspc: string;
  readonly pceId: string;
  readonly tcbType: number;
  readonly levels: readonly PlatformLevel[];
  readonly tdxModule?: TdxModule;
  readonly moduleIdentities: readonly ModuleIdentity[];
}

export interface TdxModule {
  readonly mrSigner: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
}

export interface ModuleIdentity extends TdxModule {
  readonly id: string;
  readonly levels: readonly IsvLevel[];
}

export interface QeIdentity extends Window {
  readonly miscSelect: Uint8Array;
  readonly miscSelectMask: Uint8Array;
  readonly attributes: Uint8Array;
  readonly attributesMask: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly levels: readonly IsvLevel[];
}

const MAX_CHARACTERS = 512 * 1024;

/** `text`, its signature and its issuer chain are the collateral's members of that name. Throws a ParseError. */
export function readSignedText(collateral: Collateral, name: 'tcb_info' | 'qe_identity'): SignedText {
  return {
    bytes: new TextEncoder().encode(text(collateral, name)),
    signature: fromHex(text(collateral, `${name}_signature`)),
    chain: parsePem(text(collateral, `${name}_issuer_chain`)).map(parseCertificate),
  };
}

/** The list's DER; undefined where there is none. Throws a ParseError. */
export function readCrlBytes(collateral: Collateral, name: 'root_ca_crl' | 'pck_crl'): Uint8Array | undefined {
  return collateral[name] === undefined ? undefined : fromHex(text(collateral, name));
}

/** Intel SGX and TDX Provisioning Certification Service, "Get TCB Info". Throws a ParseError. */
export function parseTcbInfo(bytes: Uint8Array): TcbInfo {
  const json = parseObject(bytes);
  const module = json.tdxModule;
  return {
    ...readWindow(json),
    fmspc: string(json, 'fmspc').toLowerCase(),
    pceId: string(json, 'pceId').toLowerCase(),
    tcbType: number(json, 'tcbType'),
    levels: objects(json, 'tcbLevels').map((level) => {
      const tcb = object(level.tcb);
      const tdx = tcb.tdxtcbcomponents === undefined ? {} : { tdxComponents: components(tcb, 'tdxtcbcomponents') };
      return { ...readLevel(level), sgxComponents: components(tcb, 'sgxtcbcomponents'), ...tdx, pceSvn: number(tcb, 'pcesvn') };
    }),
    ...(module === undefined ? {} : { tdxModule: readModule(object(module)) }),
    moduleIdentities: (json.tdxModuleIdentities === undefined ? [] : objects(json, 'tdxModuleIdentities')).map((identity) => ({
      id: string(identity, 'id'),
      ...readModule(identity),
      levels: readIsvLevels(identity),
    })),
  };
}

/** The same service, "Get Quoting Enclave Identity" and "Get TD Quoting Enclave Identity". Throws a ParseError. */
export function parseQeIdentity(bytes: Uint8Array): QeIdentity {
  const json = parseObject(bytes);
  return {
    ...readWindow(json),
    miscSelect: hex(json, 'miscselect', 4),
    miscSelectMask: hex(json, 'miscselectMask', 4),
    attributes: hex(json, 'attributes', 16),
    attributesMask: hex(json, 'attributesMask', 16),
    mrSigner: hex(json, 'mrsigner', 32),
    isvProdId: number(json, 'isvprodid'),
    levels: readIsvLevels(json),
  };
}

type Json = { readonly [key: string]: unknown };

function parseObject(bytes: Uint8Array): Json {
  try {
    return object(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (error) {
    throw new ParseError('Not a JSON object', { cause: error });
  }
}

function readWindow(json: Json): Window {
  return {
    id: string(json, 'id'),
    version: number(json, 'version'),
    issueDate: date(json, 'issueDate'),
    nextUpdate: date(json, 'nextUpdate'),
    evaluationNumber: number(json, 'tcbEvaluationDataNumber'),
  };
}

function readLevel(json: Json): LevelFacts {
  const status = TCB_STATUSES.find((known) => known === json.tcbStatus);
  if (!status) throw new ParseError('A TCB level has an unknown status');
  const advisories = json.advisoryIDs ?? [];
  if (!Array.isArray(advisories) || !advisories.every((id) => typeof id === 'string'))
    throw new ParseError('advisoryIDs is not a list of names');
  return { status, date: date(json, 'tcbDate'), advisories };
}

function readIsvLevels(json: Json): IsvLevel[] {
  return objects(json, 'tcbLevels').map((level) => ({ ...readLevel(level), isvSvn: number(object(level.tcb), 'isvsvn') }));
}

function readModule(json: Json): TdxModule {
  return { mrSigner: hex(json, 'mrsigner', 48), attributes: hex(json, 'attributes', 8), attributesMask: hex(json, 'attributesMask', 8) };
}

function components(json: Json, name: string): number[] {
  const svns = objects(json, name).map((component) => number(component, 'svn'));
  if (svns.length !== 16) throw new ParseError(`${name} has ${svns.length} entries instead of 16`);
  return svns;
}

function text(collateral: Collateral, name: keyof Collateral): string {
  const value: unknown = collateral[name];
  if (typeof value !== 'string' || value.length > MAX_CHARACTERS) throw new ParseError(`${name} is missing, not a text or too long`);
  return value;
}

function object(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ParseError('Not an object');
  return value as Json; // Its members stay unknown, and each is looked at before use.
}

function objects(json: Json, name: string): Json[] {
  const value = json[name];
  if (!Array.isArray(value)) throw new ParseError(`${name} is not a list`);
  return value.map(object);
}

function string(json: Json, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw new ParseError(`${name} is not a text`);
  return value;
}

function number(json: Json, name: string): number {
  const value = json[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new ParseError(`${name} is not a whole number`);
  return value;
}

function date(json: Json, name: string): number {
  const value = string(json, name);
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw new ParseError(`${name} is not a time`);
  return at;
}

function hex(json: Json, name: string, length: number): Uint8Array {
  const bytes = fromHex(string(json, name));
  if (bytes.length !== length) throw new ParseError(`${name} has ${bytes.length} bytes instead of ${length}`);
  return bytes;
}
