const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Failures of the connection, as Node and its HTTP client name them. */
const transientCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_SOCKET',
]);

/** A server that may answer better in a moment. */
export function isTransientStatus(status: number): boolean {
  return transientStatuses.has(status);
}

/** A connection that may work in a moment: looks through the causes, since fetch wraps the real error. */
export function isTransientError(error: unknown): boolean {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    if ('code' in current && typeof current.code === 'string' && transientCodes.has(current.code)) return true;
    if (current instanceof AggregateError && current.errors.some(isTransientError)) return true;
  }
  return false;
}
