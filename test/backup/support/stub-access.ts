import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { S3Access } from '../../../src/backup/s3-request.ts';
import { createS3Stub, type S3Stub } from './s3-stub.ts';

export interface RunningStub extends AsyncDisposable {
  readonly stub: S3Stub;
  readonly access: S3Access;
}

/** A store on loopback, and the way to it. */
export async function runStub(): Promise<RunningStub> {
  const credentials = { id: 'AKIDEXAMPLE', secret: 'wJalr/XUtn+FEMI=K7', region: 'lab-1' };
  const stub = createS3Stub(credentials);
  stub.server.listen(0, '127.0.0.1');
  await once(stub.server, 'listening');
  const { port } = stub.server.address() as AddressInfo;
  const access = {
    endpoint: `http://127.0.0.1:${port}`,
    region: credentials.region,
    accessKeyId: credentials.id,
    secretAccessKey: credentials.secret,
    source: 'the test',
  };
  const dispose = async (): Promise<void> => {
    stub.server.closeAllConnections();
    stub.server.close();
  };
  return { stub, access, [Symbol.asyncDispose]: dispose };
}
