import process from 'node:process';
import type { Questions } from '../../host/ssh/credentials.ts';
import { askSecret } from '../../ui/ask-secret.ts';

/** What a person may be asked for while connecting; nobody is asked without a terminal. */
export const questions: Questions = process.stdin.isTTY
  ? {
      passphrase: (keyFile, attempt) => askSecret(attempt === 1 ? `passphrase of ${keyFile}: ` : `wrong; passphrase of ${keyFile}: `),
      password: (login) => askSecret(`password of ${login}: `),
      sudoPassword: () => askSecret('password for sudo on the nodes: '),
    }
  : {};
