/** Installed when the inventory names no version. */
export const defaultKubernetesVersion = '1.37.1';

/** Minors kcluster knows flags, defaults and checksums of, oldest first. */
export const supportedMinors = ['1.35', '1.36', '1.37'] as const;
