const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  testEnvironment: 'node',
  injectGlobals: false,
};

export default {
  maxWorkers: 2,
  // What a file leaves behind stays in its worker, gigabytes after a hundred of them: a new worker costs a second.
  workerIdleMemoryLimit: '1.5GB',
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'local',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/test/servers/', '/test/corpus/'],
    },
    { ...shared, displayName: 'servers', testMatch: ['<rootDir>/test/servers/**/*.test.ts'] },
    { ...shared, displayName: 'corpus', testMatch: ['<rootDir>/test/corpus/**/*.test.ts'] },
  ],
};
