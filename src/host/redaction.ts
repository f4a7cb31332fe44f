export interface Redactor {
  /** From now on this text, and the encodings it travels in, is hidden; text under 4 characters is too common to hide. */
  add(secret: string): void;
  /** For logs and messages only: never for what goes to a host. */
  redact(text: string): string;
}

const mask = '[redacted]';
const minSecretLength = 4;
/** Shorter lines of a PEM or a multi-line secret would hide ordinary words. */
const minLineLength = 12;

/** Knows secrets in clear, base64 (at any alignment), base64url, URL-encoded and JSON form, and multi-line ones line by line. */
export function createRedactor(): Redactor {
  const forms = new Set<string>();
  const compiled: { pattern?: RegExp } = {};
  return {
    add(secret) {
      if (secret.trim().length < minSecretLength) return;
      for (const form of formsOf(secret)) forms.add(form);
      delete compiled.pattern;
    },
    redact(text) {
      if (forms.size === 0) return text;
      compiled.pattern ??= patternOf(forms);
      return text.replace(compiled.pattern, mask);
    },
  };
}

/** Longest first, so that no part of a longer form is left standing. */
function patternOf(forms: ReadonlySet<string>): RegExp {
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return new RegExp(ordered.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
}

function formsOf(secret: string): readonly string[] {
  const lines = secret
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('-----'));
  const secrets = [secret, secret.trim(), ...(lines.length > 1 ? lines.filter((line) => line.length >= minLineLength) : [])];
  return secrets.flatMap((text) => [text, ...encodingsOf(text)]).filter((form) => form.length >= minSecretLength);
}

function encodingsOf(text: string): readonly string[] {
  return [...base64Forms(text), ...base64Forms(`${text}\n`), encodeURIComponent(text), JSON.stringify(text).slice(1, -1)];
}

/** Whole, and as it appears inside a longer base64 text at each of the three alignments, less the characters its neighbours decide. */
function base64Forms(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const embedded = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const from = Math.ceil((shift * 4) / 3);
    const isAligned = (bytes.length + shift) % 3 === 0;
    return encoded.slice(from, isAligned ? undefined : -1);
  });
  const forms = [bytes.toString('base64'), ...embedded.filter((form) => form.length >= 8)];
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')]);
}
