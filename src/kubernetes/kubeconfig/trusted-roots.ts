import { readFileSync } from 'node:fs';
import tls from 'node:tls';

/** Where systems keep the certificates they trust. @see crypto/x509 of Go, whose list kubectl uses */
const FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The trusted root certificates where the kubeconfig names none: those of the system, as in kubectl, and those that
 * Node includes.
 */
export function trustedRoots(env: NodeJS.ProcessEnv): (string | Buffer)[] {
  const files = env['SSL_CERT_FILE'] ? [env['SSL_CERT_FILE']] : FILES;
  for (const file of files) {
    try {
      return [...tls.rootCertificates, readFileSync(file)];
    } catch {
      // Each system has one of them.
    }
  }
  return [...tls.rootCertificates];
}
