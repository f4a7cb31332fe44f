import process from 'node:process';
import { createS3Stub } from '../../backup/support/s3-stub.ts';

/** A store of its own process, so that it can run in the network of a lab host: `s3-store.ts PORT ID SECRET REGION`. Tells every request in a line. */
const [port = '9000', id = '', secret = '', region = ''] = process.argv.slice(2);
const stub = createS3Stub({ id, secret, region }, (line) => process.stdout.write(`${line}\n`));
stub.server.listen(Number(port), '0.0.0.0', () => process.stdout.write('listening\n'));
