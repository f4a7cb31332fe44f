/** TLS 1.2 suites with forward secrecy and authenticated encryption; TLS 1.3 has no others. CIS 1.2.29 and 4.2.12 accept these names. */
export const strongSuites = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
] as const;

/** Flags of every Kubernetes server. */
export const tlsFlags = { 'tls-cipher-suites': strongSuites.join(','), 'tls-min-version': 'VersionTLS12' } as const;
