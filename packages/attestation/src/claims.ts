/** Brings what each kind of evidence states into one form. */
import { toHex } from './bytes.ts';
import type { DcapClaims } from './dcap/verify-dcap.ts';
import type { NitroClaims } from './nitro/verify-nitro.ts';
import type { Claims } from './policy.ts';
import type { SevSnpClaims } from './sev-snp/verify-sev-snp.ts';

export function dcapClaims({ version, body, fmspc, ppid, tcb, evaluationNumber, validUntil }: DcapClaims): Claims {
  const common = {
    tee: body.tee,
    reportData: toHex(body.reportData),
    ...(ppid === undefined ? {} : { machine: ppid }),
    ...(tcb ? { tcb } : {}),
    ...(validUntil ? { validUntil } : {}),
  };
  const details = {
    quote_version: String(version),
    ...(fmspc === undefined ? {} : { fmspc }),
    ...(evaluationNumber === undefined ? {} : { tcb_evaluation_data_number: String(evaluationNumber) }),
  };
  if (body.tee === 'sgx') {
    return {
      ...common,
      registers: { mrenclave: toHex(body.mrEnclave), mrsigner: toHex(body.mrSigner) },
      details: { ...details, attributes: toHex(body.attributes), isvprodid: String(body.isvProdId), isvsvn: String(body.isvSvn) },
    };
  }
  const [rtmr0, rtmr1, rtmr2, rtmr3] = body.rtmrs;
  return {
    ...common,
    registers: {
      mrtd: toHex(body.mrTd),
      rtmr0: toHex(rtmr0),
      rtmr1: toHex(rtmr1),
      rtmr2: toHex(rtmr2),
      rtmr3: toHex(rtmr3),
      mr_config_id: toHex(body.mrConfigId),
      mr_owner: toHex(body.mrOwner),
      mr_owner_config: toHex(body.mrOwnerConfig),
      ...(body.mrServiceTd ? { mr_service_td: toHex(body.mrServiceTd) } : {}),
    },
    details: {
      ...details,
      mrseam: toHex(body.mrSeam),
      td_attributes: toHex(body.tdAttributes),
      xfam: toHex(body.xfam),
      tee_tcb_svn: toHex(body.teeTcbSvn),
    },
  };
}

export function sevSnpClaims(claims: SevSnpClaims): Claims {
  const { version, product, signingKey, measurement, reportData, hostData, chipId, vmpl, guestSvn, guestPolicy } = claims;
  const { idKeyDigest, authorKeyDigest, familyId, imageId, reportedTcb } = claims;
  return {
    tee: 'sev-snp',
    reportData,
    registers: { measurement, host_data: hostData, id_key_digest: idKeyDigest, author_key_digest: authorKeyDigest },
    // A key that machines share cannot prove which of them it is.
    ...(signingKey !== 'VCEK' || /^0*$/.test(chipId) ? {} : { machine: chipId }),
    details: {
      report_version: String(version),
      product: product ?? 'unknown',
      signing_key: signingKey ?? 'none',
      policy: `0x${guestPolicy.toString(16)}`,
      vmpl: String(vmpl),
      guest_svn: String(guestSvn),
      family_id: familyId,
      image_id: imageId,
      ...Object.fromEntries(Object.entries(reportedTcb ?? {}).map(([part, level]) => [`tcb_${part}`, String(level)])),
    },
  };
}

export function nitroClaims({ moduleId, timestamp, pcrs, userData, nonce, publicKey }: NitroClaims): Claims {
  return {
    tee: 'nitro',
    ...(userData?.length ? { reportData: toHex(userData) } : {}),
    registers: Object.fromEntries(Array.from(pcrs, ([index, value]) => [`pcr${index}`, value])),
    machine: moduleId,
    details: {
      module_id: moduleId,
      timestamp: timestamp.toISOString(),
      ...(nonce ? { nonce: toHex(nonce) } : {}),
      ...(publicKey ? { public_key: toHex(publicKey) } : {}),
    },
  };
}
