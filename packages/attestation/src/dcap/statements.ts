/** What Intel says about the processor and the quoting enclave: signed texts and the levels in them. */
import { ParseError } from '../bytes.ts';
import { verifyChain } from '../chain.ts';
import type { CheckId, Report } from '../checks.ts';
import { verifySignature } from '../signatures.ts';
import type { Certificate } from '../x509.ts';
import { type Collateral, parseQeIdentity, parseTcbInfo, type QeIdentity, readSignedText, type TcbInfo } from './collateral.ts';
import type { Quote } from './quote.ts';
import type { PckSigner, Trust } from './signers.ts';
import { appraiseModule, type FoundLevel, findIsvLevel, findPlatformLevel, qeMismatch, type TcbAppraisal, worstOf } from './tcb-level.ts';

export interface Statement<Content> {
  readonly content: Content;
  readonly signer: Certificate;
  /** Its signature, signer and window are right. */
  readonly isGenuine: boolean;
}

/** Check `tcb-info`, for the right kind of TEE and this very processor family. */
export async function checkTcbInfo(
  quote: Quote,
  pck: PckSigner | undefined,
  collateral: Collateral | undefined,
  trust: Trust,
  report: Report,
): Promise<Statement<TcbInfo> | undefined> {
  const statement = await checkStatement('tcb-info', 'tcb_info', parseTcbInfo, collateral, trust, report);
  if (!statement) return undefined;
  const { content } = statement;
  const wanted = { id: quote.body.tee === 'tdx' ? 'TDX' : 'SGX', version: 3, tcbType: 0 };
  const isKind = content.id === wanted.id && content.version === wanted.version && content.tcbType === wanted.tcbType;
  report.expect('tcb-info', isKind, {
    expected: `${wanted.id} version ${wanted.version} type ${wanted.tcbType}`,
    actual: `${content.id} version ${content.version} type ${content.tcbType}`,
    explain: 'The statement is about another kind of protection.',
  });
  if (!pck) return statement;
  const isFamily = report.expect('tcb-info', content.fmspc === pck.facts.fmspc && content.pceId === pck.facts.pceId, {
    expected: `FMSPC ${pck.facts.fmspc}, PCE ${pck.facts.pceId}`,
    actual: `FMSPC ${content.fmspc}, PCE ${content.pceId}`,
    explain: 'The statement is about another processor family.',
  });
  return { ...statement, isGenuine: statement.isGenuine && isKind && isFamily };
}

/** Check `qe-identity`: the statement, and that the quote's quoting enclave is the one it describes. */
export async function checkQeIdentity(
  quote: Quote,
  collateral: Collateral | undefined,
  trust: Trust,
  report: Report,
): Promise<Statement<QeIdentity> | undefined> {
  const statement = await checkStatement('qe-identity', 'qe_identity', parseQeIdentity, collateral, trust, report);
  if (!statement) return undefined;
  const { content } = statement;
  const wanted = quote.body.tee === 'tdx' ? 'TD_QE' : 'QE';
  const isKind = report.expect('qe-identity', content.id === wanted && content.version === 2, {
    expected: `${wanted} version 2`,
    actual: `${content.id} version ${content.version}`,
    explain: 'The statement is about another quoting enclave.',
  });
  const mismatch = qeMismatch(content, quote.qeReport);
  report.expect('qe-identity', mismatch === undefined, {
    explain: `The quoting enclave is not the one that Intel published: ${mismatch}.`,
  });
  return { ...statement, isGenuine: statement.isGenuine && isKind };
}

async function checkStatement<Content extends { issueDate: number; nextUpdate: number }>(
  id: CheckId,
  name: 'tcb_info' | 'qe_identity',
  parse: (bytes: Uint8Array) => Content,
  collateral: Collateral | undefined,
  { at, anchors }: Trust,
  report: Report,
): Promise<Statement<Content> | undefined> {
  if (!collateral || collateral[name] === undefined) {
    report.add(id, 'unknown', { explain: 'The vendor’s statement is missing, so nothing can be said about its security updates.' });
    return undefined;
  }
  try {
    const { bytes, signature, chain } = readSignedText(collateral, name);
    const [signer] = chain;
    if (!signer) throw new ParseError('The statement names no signer');
    const path = await verifyChain(chain, anchors, at);
    const isTrusted = report.expect(id, path.ok, path.ok ? {} : { explain: path.problem });
    // The root itself issues the signer, so that no processor and no processor CA can speak for Intel.
    const isDirect = report.expect(id, chain.length === 2, { explain: 'The signer of the statement is not directly below the root.' });
    const isSigned = await verifySignature('ecdsa-p256-sha256-raw', signer.spki, signature, bytes);
    report.expect(id, isSigned, { explain: 'The statement was altered, or signed by someone else.' });
    const content = parse(bytes);
    const isCurrent = report.expect(id, at >= content.issueDate && at <= content.nextUpdate, {
      expected: `${new Date(content.issueDate).toISOString()} to ${new Date(content.nextUpdate).toISOString()}`,
      actual: Number.isFinite(at) ? new Date(at).toISOString() : 'no time',
      explain: 'The statement is not of this time: it has run out, or a clock is wrong.',
    });
    return { content, signer, isGenuine: isTrusted && isDirect && isSigned && isCurrent };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.add(id, 'failed', { explain: `The statement is malformed: ${error.message}` });
    return undefined;
  }
}

/** The level of processor, module and quoting enclave together; a text says what is below every level that Intel still names. */
export function appraise(quote: Quote, pck: PckSigner, tcbInfo: TcbInfo, qeIdentity: QeIdentity): TcbAppraisal | string {
  const { body, qeReport } = quote;
  const platform = findPlatformLevel(tcbInfo.levels, pck.facts, body);
  if (!platform) return 'The processor’s firmware is older than any that Intel still names.';
  const qe = findIsvLevel(qeIdentity.levels, qeReport.isvSvn);
  if (!qe) return 'The quoting enclave is older than any that Intel still names.';
  const found: FoundLevel[] = [platform, qe];
  if (body.tee === 'tdx') {
    const module = appraiseModule(tcbInfo, body);
    if (!module.isKnown) return 'The processor’s TDX module is not one that Intel published, or older than any that it still names.';
    if (module.level) found.push(module.level);
  }
  return worstOf(found);
}
