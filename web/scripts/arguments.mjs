import { parseArgs } from 'node:util';
import { Failure } from './failure.mjs';

const COMMON = {
  url: { type: 'string' },
  timeout: { type: 'string', default: '300' },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

/** The longest a timer can be set for: about 24 days. */
const LONGEST_S = 2_147_483;

/** Reads a command line: the options every script has, and `options` besides. */
export function readArguments(argv, options) {
  const { values, positionals } = parsed(argv, { ...COMMON, ...options });
  return { ...values, timeout: seconds(values.timeout), positionals };
}

function parsed(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    if (!error.code?.startsWith('ERR_PARSE_ARGS')) throw error;
    const [sentence] = error.message.split(/\. |\n/);
    throw badArguments(sentence);
  }
}

/** An error in the command line. */
export function badArguments(sentence) {
  return new Failure('INVALID_REQUEST', `${sentence.replace(/\.$/, '')}. --help shows how it goes.`);
}

function seconds(text) {
  const number = Number(text);
  if (number > 0 && number <= LONGEST_S) return number;
  throw badArguments(`--timeout takes seconds, more than 0 and at most ${LONGEST_S}, not "${text}"`);
}
