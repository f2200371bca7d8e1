import { expect, test } from 'vitest';
import { parseRootKey } from './root-key-setting.ts';

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

test.each([
  ['file:/etc/root.key', { kind: 'file', path: '/etc/root.key' }],
  ['tpm:/dev/tpmrm0?pcrs=7,0,11', { kind: 'tpm', device: '/dev/tpmrm0', pcrs: [0, 7, 11], index: 0x01504200 }],
  ['tpm:/dev/tpm0?pcrs=7&index=0x01600000', { kind: 'tpm', device: '/dev/tpm0', pcrs: [7], index: 0x01600000 }],
  [
    'pkcs11:token=My%20Token?module-path=/usr/lib/softhsm/libsofthsm2.so',
    { kind: 'pkcs11', token: 'My Token', module: '/usr/lib/softhsm/libsofthsm2.so', object: 'privexbot' },
  ],
  ['pkcs11:token=t;object=acme?module-path=/m.so', { kind: 'pkcs11', token: 't', module: '/m.so', object: 'acme' }],
  ['vault:https://vault.example:8200#acme', { kind: 'vault', url: 'https://vault.example:8200/v1/transit', key: 'acme' }],
  ['vault:http://127.0.0.1:8200/v1/keys/#acme', { kind: 'vault', url: 'http://127.0.0.1:8200/v1/keys', key: 'acme' }],
  [
    `aws-kms:${ARN}`,
    { kind: 'aws-kms', arn: ARN, region: 'eu-central-1', endpoint: 'https://kms.eu-central-1.amazonaws.com', wrapped: '/srv/data.epochs' },
  ],
  [`aws-kms:${ARN}?endpoint=http://127.0.0.1:8000`, { kind: 'aws-kms', endpoint: 'http://127.0.0.1:8000' }],
  ['dstack', { kind: 'dstack', socket: '/var/run/dstack.sock', wrapped: '/srv/data.epochs' }],
  ['dstack:/run/d.sock', { kind: 'dstack', socket: '/run/d.sock' }],
])('%s is read', (text, expected) => {
  expect(parseRootKey(text, '/srv/data')).toMatchObject(expected);
});

test.each([
  ['', 'file:PATH'],
  ['/etc/root.key', 'file:PATH'],
  ['file:', 'file:PATH'],
  ['yubikey:1', 'dstack'],
  ['constructor:x', 'file:PATH'],
  ['tpm:/dev/tpmrm0', 'tpm:DEVICE'],
  ['tpm:dev?pcrs=7', 'tpm:DEVICE'],
  ['tpm:/dev/tpmrm0?pcrs=24', 'tpm:DEVICE'],
  ['tpm:/dev/tpmrm0?pcrs=7,7', 'tpm:DEVICE'],
  ['tpm:/dev/tpmrm0?pcrs=7,', 'tpm:DEVICE'],
  ['tpm:/dev/tpmrm0?pcrs=7&pcrs=8', 'tpm:DEVICE'],
  ['tpm:/dev/tpmrm0?pcrs=7&bank=sha1', 'tpm:DEVICE'],
  ['tpm:/dev/tpmrm0?pcrs=7&index=1', 'tpm:DEVICE'],
  ['pkcs11:token=t', 'module-path'],
  ['pkcs11:?module-path=/m.so', 'module-path'],
  ['pkcs11:token=t?module-path=m.so', 'module-path'],
  ['pkcs11:token=t;pin-value=hunter2?module-path=/m.so', 'module-path'],
  ['vault:https://vault.example', 'vault:https'],
  ['vault:http://vault.example#k', 'vault:https'],
  ['vault:https://user:hunter2@vault.example#k', 'vault:https'],
  ['vault:https://vault.example/ui#k', 'vault:https'],
  ['vault:https://vault.example#../k', 'vault:https'],
  ['aws-kms:alias/x', 'aws-kms:arn'],
  [`aws-kms:${ARN}?endpoint=http://kms.example`, 'aws-kms:arn'],
])('%s is refused with what was expected, and not repeated', (text, expected) => {
  const problem = parseRootKey(text, '/srv/data');
  expect(problem).toMatchObject({ expected: expect.stringContaining(expected) });
  expect(JSON.stringify(problem)).not.toContain('hunter2');
});
