// Reads files of manifests, holds each to the types of Kubernetes 1.30, where unknown members are errors, too, and prints all as JSON.
// usage: node manifests.mjs FILE...     prints {"FILE": [manifest, ...], ...}; exit code 1 with what does not fit
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));

/** Where the type of a manifest is: "apps/v1" and "v1" are groups of Kubernetes', with the core's in a folder of its own. */
function typeOf({ apiVersion, kind }) {
  if (apiVersion === 'monitoring.coreos.com/v1') return { module: `@kubernetes-models/prometheus-operator/${apiVersion}/${kind}`, name: `I${kind}` };
  const group = apiVersion === 'v1' ? 'core/v1' : apiVersion.replace('.k8s.io', '');
  return { module: `kubernetes-types/${group}`, name: kind };
}

const files = process.argv.slice(2);
const manifests = Object.fromEntries(files.map((file) => [basename(file), parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1', strict: true })
  .map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  })
  .filter((manifest) => manifest !== null)]));

// One line a manifest: an error's line leads back to it.
const all = Object.entries(manifests).flatMap(([file, list]) => list.map((manifest) => ({ file, manifest })));
const source = all.map(({ manifest }, index) => {
  const { module, name } = typeOf(manifest);
  return `export const m${index}: import(${JSON.stringify(module)}).${name} = ${JSON.stringify(manifest)};`;
}).join('\n');

const options = { strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
const host = ts.createCompilerHost(options);
const virtual = join(here, 'checked.ts');
const read = host.getSourceFile;
host.getSourceFile = (name, ...rest) => (name === virtual ? ts.createSourceFile(name, source, options.target) : read(name, ...rest));
host.fileExists = ((exists) => (name) => name === virtual || exists(name))(host.fileExists);
const problems = ts.getPreEmitDiagnostics(ts.createProgram([virtual], options, host));
for (const problem of problems) {
  const { file, manifest } = problem.file?.fileName === virtual ? all[problem.file.getLineAndCharacterOfPosition(problem.start).line] : { file: problem.file?.fileName, manifest: {} };
  console.error(`${file}: ${manifest.kind}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`);
}
if (problems.length > 0) process.exit(1);
console.log(JSON.stringify(manifests));
