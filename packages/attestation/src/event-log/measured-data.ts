import { equalBytes } from '../bytes.ts';
import { sha384 } from './replay.ts';
import type { LoggedEvent } from './tcg.ts';

/** `proven`: the digest is that of the data; `false`: it isn't, though it should be; `opaque`: what was measured isn't in the log. */
export type DataProof = 'proven' | 'false' | 'opaque';

type Candidates = (data: Uint8Array) => Uint8Array[];

const itself: Candidates = (data) => [data];

/**
 * What the measured bytes can be, by event type: TCG PC Client Platform Firmware Profile §10.4.1. The others hold only a name or
 * an address of what was measured (firmware volumes, images, files), and their text proves nothing.
 */
const MEASURED: ReadonlyMap<number, Candidates> = new Map([
  [0x00000004, itself], // EV_SEPARATOR
  [0x00000005, itself], // EV_ACTION
  [0x80000001, itself], // EV_EFI_VARIABLE_DRIVER_CONFIG
  [0x80000006, itself], // EV_EFI_GPT_EVENT
  [0x80000007, itself], // EV_EFI_ACTION
  [0x800000e0, itself], // EV_EFI_VARIABLE_AUTHORITY
  [0x8000000c, itself], // EV_EFI_VARIABLE_BOOT2
  [0x80000002, (data) => [...variableContent(data), data]], // EV_EFI_VARIABLE_BOOT: firmware measures the value alone, older rules the whole
  [0x0000000d, grubCommand], // EV_IPL
]);

/** Computes the digest anew where the format holds what was measured. */
export async function proveData({ type, digest, data }: LoggedEvent): Promise<DataProof> {
  const candidates = MEASURED.get(type)?.(data) ?? [];
  for (const candidate of candidates) if (equalBytes(await sha384(candidate), digest)) return 'proven';
  return candidates.length > 0 ? 'false' : 'opaque';
}

/** UEFI_VARIABLE_DATA: GUID, length of the name in UTF-16 units, length of the value, name, value. */
function variableContent(data: Uint8Array): Uint8Array[] {
  if (data.length < 32) return [];
  const units = new DataView(data.buffer, data.byteOffset).getUint32(16, true);
  return [data.subarray(Math.min(32 + 2 * units, data.length))];
}

/** GRUB measures the command or command line, and logs it behind a prefix, ended by a zero. Names of files have no prefix. */
function grubCommand(data: Uint8Array): Uint8Array[] {
  const text = new TextDecoder('latin1').decode(data);
  const prefix = ['grub_cmd: ', 'kernel_cmdline: ', 'module_cmdline: '].find((start) => text.startsWith(start));
  if (prefix === undefined) return [];
  const end = data.at(-1) === 0 ? data.length - 1 : data.length;
  return [data.subarray(prefix.length, end)];
}
