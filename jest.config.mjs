const shared = {
  runtime: '<rootDir>/test/jest/runtime.cjs',
  testEnvironment: '<rootDir>/test/jest/environment.cjs',
  transform: {},
  injectGlobals: false,
};

export default {
  maxWorkers: 2,
  testTimeout: 60_000,
  globalTeardown: '<rootDir>/test/jest/teardown.cjs',
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
