import { defineConfig } from '@playwright/test';
import { full, launchOptions } from './support/browser';

/** Specs whose assertions are about speed. */
const MEASURING = /hidden_tab\.spec\.ts$/;

export default defineConfig({
  testDir: 'specs',
  outputDir: 'output/results',
  globalSetup: './support/global_setup.ts',
  // Most specs wait for more of the time than they compute, so two go side by side. Those that measure speeds have the machine to themselves.
  workers: 2,
  fullyParallel: false,
  projects: [
    { name: 'side by side', testIgnore: MEASURING },
    // The machine to themselves means one beside another: paced as they are, two leave most of it idle. What is measured for minutes is held to more.
    { name: 'alone', testMatch: MEASURING, workers: full ? 1 : 2, fullyParallel: true, dependencies: ['side by side'] },
  ],
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: 'output/results.json' }]],
  use: {
    browserName: 'chromium',
    launchOptions,
    acceptDownloads: true,
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    viewport: { width: 1280, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'off',
  },
});
