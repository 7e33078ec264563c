// A recorded request: what every parser here is given.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';

const [, , tools, headPath, bodyPath] = process.argv;

export const require = createRequire(`${tools}/package.json`);

/** The request as a stream with headers in lower case, as node's own http server gives it. */
export function request() {
    const body = readFileSync(bodyPath);
    const lines = readFileSync(headPath, 'latin1').split('\r\n').slice(1).filter((line) => line !== '');
    const stream = Readable.from([body]);
    stream.headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    return stream;
}

/** A file as all parsers describe it. */
export function describe(content, filename, mimeType) {
    return { filename, mimeType, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
