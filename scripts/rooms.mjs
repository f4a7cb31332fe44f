/**
 * Who may import whom. `may`: anything; `types`: only `import type` (the engine's data types are the words that describing rooms speak);
 * `pure`: no clock, environment, disk, network or randomness, neither itself nor through what it imports. Everybody may import src/errors.ts.
 */
export const rooms = {
  cluster: { pure: true, may: [] },
  render: { pure: true, may: ['cluster'] },
  pki: { pure: true, may: ['cluster', 'render'] },
  artifacts: { may: ['cluster'] },
  components: { pure: true, may: ['cluster', 'render', 'pki', 'artifacts'], types: ['engine'] },
  preflight: { pure: true, may: ['cluster', 'components'], types: ['engine'] },
  upgrade: { pure: true, may: ['cluster', 'pki', 'artifacts', 'components', 'phases', 'backup'], types: ['engine'] },
  phases: { pure: true, may: ['cluster', 'render', 'pki', 'artifacts', 'components'], types: ['engine'] },
  workflows: { pure: true, may: ['cluster', 'components', 'preflight', 'phases'], types: ['engine'] },
  engine: { may: ['cluster', 'render', 'pki', 'host'] },
  host: { may: ['cluster', 'render'] },
  'host/ssh': { may: ['host', 'cluster', 'render'] },
  'host/fake': { may: ['host', 'cluster', 'render'] },
  inventory: { may: ['cluster', 'render', 'artifacts'] },
  lab: { may: ['cluster', 'render', 'host', 'inventory'] },
  backup: { may: ['cluster', 'render'] },
  ui: { may: ['cluster'], types: ['engine'] },
  app: {
    may: [
      'cluster',
      'render',
      'pki',
      'artifacts',
      'components',
      'preflight',
      'upgrade',
      'phases',
      'workflows',
      'engine',
      'host',
      'host/ssh',
      'inventory',
      'backup',
    ],
  },
  commands: {
    may: ['cluster', 'render', 'pki', 'artifacts', 'workflows', 'engine', 'host', 'host/ssh', 'inventory', 'lab', 'app', 'ui', 'backup'],
    types: ['components', 'phases', 'preflight'],
    defaultExports: true,
  },
};

/** Of these rooms only some files are seen from outside. */
export const doors = [{ from: 'engine', to: 'host', files: ['src/host/host.ts'], why: 'the engine sees the port, never an adapter' }];

/** One owner a package, so that replacing it touches one folder; a package without an owner is refused. */
export const owners = {
  '@noble/ciphers': ['backup'],
  '@oclif/core': ['commands'],
  'age-encryption': ['backup'],
  aws4fetch: ['backup'],
  croner: ['backup'],
  'fastest-levenshtein': ['inventory'],
  handlebars: ['render'],
  'ipaddr.js': ['cluster', 'inventory', 'lab', 'pki'],
  listr2: ['ui'],
  'node-forge': ['pki'],
  semver: ['cluster'],
  'smol-toml': ['render'],
  'ssh-config': ['host/ssh'],
  ssh2: ['host/ssh'],
  'string-width': ['ui'],
  tar: ['artifacts'],
  yaml: ['inventory', 'render'],
  zod: ['app', 'artifacts', 'backup', 'inventory'],
};
