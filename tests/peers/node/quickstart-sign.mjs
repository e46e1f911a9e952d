// Signs a JWT over gRPC: the README's quick start. Needs `make run` in another terminal.
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const protos = new URL('../../../protos', import.meta.url).pathname;
const { keyservice } = grpc.loadPackageDefinition(loadSync('keyservice/v1/signing_service.proto', { includeDirs: [protos] }));
const signing = new keyservice.v1.SigningService(process.env.KEYSERVICE_GRPC ?? '127.0.0.1:8081', grpc.credentials.createInsecure());
const claims = { sub: 'alice', exp: Math.floor(Date.now() / 1000) + 600 };
signing.SignJwt({ keySet: 'default', claimsJson: JSON.stringify(claims) }, (error, answer) => {
  if (error) throw error;
  console.log(answer.jwt);
});
