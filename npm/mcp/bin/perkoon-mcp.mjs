#!/usr/bin/env node
import { run } from 'perkoon/run';

run('mcp', ...process.argv.slice(2));
