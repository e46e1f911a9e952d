// Signs over TLS with a client certificate, with grpc-js. Prints the kid, or the status and reason of a refusal.
// usage: node mtls.mjs HOST:PORT CA_FILE KEY_SET [CERTIFICATE_FILE KEY_FILE] [token TOKEN]
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const [address, ca, keySet, ...credentials] = process.argv.slice(2);
const tokenAt = credentials.indexOf('token');
const token = tokenAt < 0 ? undefined : credentials[tokenAt + 1];
const [certificate, key] = tokenAt < 0 ? credentials : credentials.slice(0, tokenAt);

const protos = new URL('../../../protos', import.meta.url).pathname;
const { keyservice } = grpc.loadPackageDefinition(loadSync('keyservice/v1/signing_service.proto', { includeDirs: [protos] }));
const channel = grpc.credentials.createSsl(readFileSync(ca), key && readFileSync(key), certificate && readFileSync(certificate));
const signing = new keyservice.v1.SigningService(address, channel);
const metadata = new grpc.Metadata();
if (token) metadata.set('authorization', `Bearer ${token}`);

signing.Sign({ keySet, message: Buffer.from('some bytes') }, metadata, { deadline: Date.now() + 20_000 }, (error, answer) => {
  if (error) {
    const details = error.metadata.get('grpc-status-details-bin')[0]?.toString('latin1') ?? '';
    console.log(grpc.status[error.code], /UNAUTHENTICATED|PERMISSION_DENIED|CALLER_THROTTLED/.exec(details)?.[0] ?? error.details);
  } else {
    console.log('signed', answer.kid);
  }
  process.exit();
});
