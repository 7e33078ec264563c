import { buffer } from 'node:stream/consumers';
import { describe, request, require } from './recorded.mjs';

const fields = {};
const files = {};
const reading = [];
const source = request();
// Names are UTF-8, as in every browser's form; busboy's default is the Latin-1 of RFC 822.
const parser = require('busboy')({ headers: source.headers, defParamCharset: 'utf8' });
parser.on('field', (name, value) => { fields[name] = value; });
parser.on('file', (name, stream, { filename, mimeType }) => {
    reading.push(buffer(stream).then((content) => { files[name] = describe(content, filename, mimeType); }));
});
parser.on('close', async () => {
    await Promise.all(reading);
    console.log(JSON.stringify({ fields, files }));
});
source.pipe(parser);
