import { expect, test } from 'vitest';
import { readTsmReport, TSM_FOLDER } from './configfs-tsm.ts';
import { ImitatedConfigfs, systemError } from './imitations.fixture.ts';

const inblob = new Uint8Array(64).fill(3);
const echo = async (bytes: Uint8Array) => ({ report: Uint8Array.of(...bytes, 1), auxiliary: Uint8Array.of(2) });

test('a report is over the bytes that were written, and its entry is gone afterwards', async () => {
  const configfs = new ImitatedConfigfs('sev_guest', echo);
  const { report, auxiliary } = await readTsmReport('sev_guest', inblob, { configfs });
  expect(report).toEqual(Uint8Array.of(...inblob, 1));
  expect(auxiliary).toEqual(Uint8Array.of(2));
  expect(configfs.entries.size).toBe(0);
});

test('reports asked for at once have entries of their own', async () => {
  const configfs = new ImitatedConfigfs('tdx_guest', echo);
  const asked = Array.from({ length: 20 }, (_, index) => new Uint8Array(64).fill(index));
  const reports = await Promise.all(asked.map((bytes) => readTsmReport('tdx_guest', bytes, { configfs })));
  expect(reports.map(({ report }) => report[0])).toEqual(asked.map(([first]) => first));
  expect(configfs.made).toBe(20);
});

test('a report during which somebody else wrote is thrown away and asked for again', async () => {
  const configfs = new ImitatedConfigfs('tdx_guest', echo);
  let times = 0;
  configfs.onRead = (name, entry) => {
    if (name !== 'outblob' || times++ > 0) return;
    entry.inblob = new Uint8Array(64).fill(0xee);
    entry.generation++;
  };
  expect((await readTsmReport('tdx_guest', inblob, { configfs })).report[0]).toBe(3);
  expect(configfs.made).toBe(2);
});

test('who always writes in between gets no report out of it', async () => {
  const configfs = new ImitatedConfigfs('tdx_guest', echo);
  configfs.onRead = (name, entry) => {
    if (name === 'outblob') entry.generation++;
  };
  await expect(readTsmReport('tdx_guest', inblob, { configfs })).rejects.toThrow(/EAGAIN/);
  expect(configfs.made).toBe(3);
  expect(configfs.entries.size).toBe(0);
});

test('a busy machine is asked again, a broken one is named', async () => {
  let calls = 0;
  const busy = new ImitatedConfigfs('tdx_guest', (bytes) => (calls++ === 0 ? Promise.reject(systemError('EBUSY')) : echo(bytes)));
  expect((await readTsmReport('tdx_guest', inblob, { configfs: busy })).report).toHaveLength(65);
  const broken = new ImitatedConfigfs('tdx_guest', () => Promise.reject(systemError('EIO')));
  await expect(readTsmReport('tdx_guest', inblob, { configfs: broken })).rejects.toThrow(/EIO.*Linux 6\.7/);
  expect(broken.entries.size).toBe(0);
});

test('another kind of machine is refused with its driver’s name', async () => {
  const configfs = new ImitatedConfigfs('sev_guest', echo);
  await expect(readTsmReport('tdx_guest', inblob, { configfs })).rejects.toThrow(/sev_guest and not from tdx_guest.*PRIVEXBOT_TEE/);
});

test('a machine without that interface is told what it lacks', async () => {
  await expect(readTsmReport('tdx_guest', inblob, { folder: '/nowhere/tsm/report' })).rejects.toThrow(/\/nowhere\/tsm\/report \(ENOENT\)/);
  expect(TSM_FOLDER).toBe('/sys/kernel/config/tsm/report');
});
