import { defineConfig } from '@playwright/test';
import { launchOptions } from './support/browser';

export default defineConfig({
  testDir: 'specs',
  outputDir: 'output/results',
  globalSetup: './support/global_setup.ts',
  // One at a time: two browsers and a transfer keep a small machine busy, and timings stay honest.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
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
