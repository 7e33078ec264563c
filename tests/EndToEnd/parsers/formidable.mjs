import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, request, require } from './recorded.mjs';

const { formidable } = await import(pathToFileURL(require.resolve('formidable')));
const contents = new Map();
const form = formidable({
    allowEmptyFiles: true,
    minFileSize: 0,
    fileWriteStreamHandler: (file) => {
        const pieces = [];
        contents.set(file, pieces);
        return new Writable({ write(piece, _, done) { pieces.push(Buffer.from(piece)); done(); } });
    },
});
const [fields, files] = await form.parse(request());
console.log(JSON.stringify({
    fields: Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, values.join('\n')])),
    files: Object.fromEntries(Object.entries(files).map(([name, [file]]) =>
        [name, describe(Buffer.concat(contents.get(file)), file.originalFilename, file.mimetype)])),
}));
