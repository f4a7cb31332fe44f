import { Flags } from '@oclif/core';
import { parseVersion, type Version } from '../../cluster/version.ts';
import { ConfigurationError } from '../../errors.ts';

/** A release of Kubernetes such as `1.37.1`. */
export const versionFlag = Flags.custom<Version>({
  helpValue: 'VERSION',
  parse: (text) => {
    const version = parseVersion(text);
    if (version !== undefined) return Promise.resolve(version);
    return Promise.reject(new ConfigurationError(`"${text}" is no release`, { remedy: 'give all three numbers: 1.37.1' }));
  },
});
